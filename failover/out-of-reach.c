/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions out of reach; see out-of-reach.h.
 */
#include "failover/out-of-reach.h"

#include "failover/error.h"

/* vfio-pci and its variants, uio_pci_generic, igb_uio: what DPDK binds a NIC to. */
static gboolean
is_user_space_driver(const char *driver)
{
    return strstr(driver, "vfio") || strstr(driver, "uio");
}

/* They keep a function from other drivers, and do nothing with it. */
static gboolean
is_keeper(const char *driver)
{
    return g_str_equal(driver, "pci-stub") || g_str_has_suffix(driver, "pciback");
}

GError *
gnf_out_of_reach_reason(const GnfDevice *function)
{
    const char *address = function->pci_address;
    const char *driver = function->driver;

    if (!driver || is_keeper(driver))
        return gnf_reason(GNF_REASON_CODE_NO_DRIVER,
                          "%s is bound to %s: load or bind its network driver, and put its "
                          "interface into a bond",
                          address,
                          driver ? driver : "no driver");
    if (is_user_space_driver(driver))
        return gnf_reason(GNF_REASON_CODE_USER_SPACE_DRIVER,
                          "%s is bound to %s, so that a program has it: that program has to let go "
                          "of it before the unplug",
                          address,
                          driver);
    return gnf_reason(GNF_REASON_CODE_OTHER_NAMESPACE,
                      "%s (%s) has no interface in this network namespace: whoever has it in "
                      "another one, perhaps a container, has to give it back before the unplug",
                      address,
                      driver);
}

void
gnf_out_of_reach_explain(const char *pci_address, GError **error)
{
    g_autoptr(GPtrArray) functions = gnf_device_list_without_interface(NULL);

    for (guint i = 0; error && functions && i < functions->len; i++) {
        const GnfDevice *function = g_ptr_array_index(functions, i);
        if (pci_address ? g_strcmp0(function->pci_address, pci_address) != 0 : functions->len > 1)
            continue;
        g_clear_error(error);
        *error = gnf_out_of_reach_reason(function);
        return;
    }
}
