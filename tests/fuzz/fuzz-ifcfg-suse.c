/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target of ifcfg-backend/ifcfg-suse.c and what it is made of: any bytes as SUSE's ifcfg
 * files.
 */
#include "ifcfg-backend/ifcfg-suse.h"

#include "tests/fuzz/readers.h"
#include "tests/fuzz/statements.h"
#include "tests/fuzz/target.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ConfigPlace place = {GNF_IFCFG_SUSE_FOLDER, "ifcfg-eth0"};

    fuzz_statements(data, size);
    fuzz_reader(&place, gnf_ifcfg_suse_read, data, size);
    return 0;
}
