/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Acting by netlink; see by-netlink.h. Each is one or two requests to the kernel, and ends at once.
 * Non-logging.
 */
#include "failover/by-netlink.h"

#include "failover/error.h"
#include "netlink/address.h"

/* Always FALSE. */
static gboolean
explain(const GnfTarget *target, GError **error)
{
    GnfReasonCode code = gnf_netlink_error_is_gone(*error) ? GNF_REASON_CODE_NO_SUCH_DEVICE
                                                           : GNF_REASON_CODE_MANAGER_FAILED;

    gnf_error_wrap(error, code, "%s", target->interface);
    return FALSE;
}

gboolean
gnf_by_netlink_detach(GnfNetlink *netlink, const GnfTarget *target, GError **error)
{
    return gnf_link_set_controller(netlink, target->ifindex, 0, error) || explain(target, error);
}

GnfLink *
gnf_by_netlink_look(GnfNetlink *netlink, const GnfTarget *target, GError **error)
{
    GnfLink *link = gnf_link_get(netlink, target->ifindex, error);

    if (!link)
        explain(target, error);
    return link;
}

gboolean
gnf_by_netlink_attach(GnfNetlink *netlink,
                      const GnfTarget *target,
                      gboolean *ret_already,
                      GError **error)
{
    g_autoptr(GnfLink) link = gnf_by_netlink_look(netlink, target, error);

    if (!link)
        return FALSE;
    *ret_already = link->controller == target->bond_ifindex;
    return *ret_already ||
           (gnf_address_flush(netlink, target->ifindex, error) &&
            gnf_link_set_controller(netlink, target->ifindex, target->bond_ifindex, error)) ||
           explain(target, error);
}
