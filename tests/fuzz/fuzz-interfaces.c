/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target of ifcfg-backend/interfaces.c and what it is made of: any bytes as the files of
 * /etc/network. Built once for each dialect, which GNF_FUZZ_DIALECT says.
 */
#include "ifcfg-backend/interfaces.h"

#include "tests/fuzz/readers.h"
#include "tests/fuzz/target.h"

#ifndef GNF_FUZZ_DIALECT
#define GNF_FUZZ_DIALECT GNF_DIALECT_IFUPDOWN
#endif

static GnfMembership *
read_interfaces(const char *root)
{
    return gnf_interfaces_read(root, GNF_FUZZ_DIALECT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ConfigPlace place = {"/etc/network", "interfaces"};

    fuzz_reader(&place, read_interfaces, data, size);
    return 0;
}
