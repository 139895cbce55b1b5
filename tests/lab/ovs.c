/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab-ovs: a switch of the kernel's Open vSwitch module, without Open vSwitch's own programs.
 *
 *   lab-ovs add SWITCH INTERFACE    makes the switch, with the interface as its only port
 *   lab-ovs delete SWITCH
 *
 * Generic netlink by hand: one request at a time, each acknowledged. What the kernel would hand to
 * ovs-vswitchd (packets of unknown flows) goes to nobody, so the switch forwards nothing.
 */
#include <errno.h>
#include <error.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <net/if.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOBODY 0u /* a port id that the kernel sends no packet to */

typedef struct {
    union {
        struct nlmsghdr header;
        char bytes[4096];
    };
} Message;

static void
begin(Message *message, uint16_t family, uint8_t command, uint8_t version)
{
    memset(message, 0, sizeof *message);
    message->header.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
    message->header.nlmsg_type = family;
    message->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct genlmsghdr *generic = NLMSG_DATA(&message->header);
    generic->cmd = command;
    generic->version = version;
}

/* Open vSwitch's own header: the switch by the ifindex of the interface of its name; or 0, where
 * an attribute names it. */
static void
add_switch_index(Message *message, int ifindex)
{
    struct ovs_header switch_header = {.dp_ifindex = ifindex};

    memcpy(message->bytes + message->header.nlmsg_len, &switch_header, sizeof switch_header);
    message->header.nlmsg_len += sizeof switch_header;
}

static void
add(Message *message, uint16_t type, const void *data, size_t length)
{
    struct nlattr attribute = {.nla_len = (uint16_t)(NLA_HDRLEN + length), .nla_type = type};
    size_t end = message->header.nlmsg_len;

    if (end + NLA_HDRLEN + NLA_ALIGN(length) > sizeof message->bytes)
        error(1, 0, "an attribute of %zu bytes is too long", length);
    memcpy(message->bytes + end, &attribute, sizeof attribute);
    memcpy(message->bytes + end + NLA_HDRLEN, data, length);
    message->header.nlmsg_len = (uint32_t)(end + NLA_HDRLEN + NLA_ALIGN(length));
}

static void
add_string(Message *message, uint16_t type, const char *text)
{
    add(message, type, text, strlen(text) + 1);
}

static void
add_number(Message *message, uint16_t type, uint32_t number)
{
    add(message, type, &number, sizeof number);
}

/* Sends, and reads the answer, if there is one, and the acknowledgement. Ends the program with the
 * kernel's refusal. The answer stays in the message. */
static void
ask(int fd, Message *message, const char *what)
{
    Message reply;

    if (send(fd, message, message->header.nlmsg_len, 0) < 0)
        error(1, errno, "%s: sending", what);
    do {
        memset(&reply, 0, sizeof reply);
        if (recv(fd, &reply, sizeof reply, 0) < (ssize_t)sizeof reply.header)
            error(1, errno, "%s: receiving", what);
        if (reply.header.nlmsg_type != NLMSG_ERROR)
            *message = reply;
    } while (reply.header.nlmsg_type != NLMSG_ERROR);
    const struct nlmsgerr *verdict = NLMSG_DATA(&reply.header);
    if (verdict->error != 0)
        error(1, -verdict->error, "%s", what);
}

/* A generic netlink family's number. */
static uint16_t
find_family(int fd, const char *name)
{
    Message message;

    begin(&message, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
    add_string(&message, CTRL_ATTR_FAMILY_NAME, name);
    ask(fd, &message, name);
    for (size_t at = NLMSG_LENGTH(GENL_HDRLEN); at + NLA_HDRLEN <= message.header.nlmsg_len;) {
        struct nlattr attribute;
        uint16_t number = 0;
        memcpy(&attribute, message.bytes + at, sizeof attribute);
        memcpy(&number, message.bytes + at + NLA_HDRLEN, sizeof number);
        if (attribute.nla_type == CTRL_ATTR_FAMILY_ID)
            return number;
        at += NLA_ALIGN(attribute.nla_len);
    }
    error(1, 0, "the kernel knows no %s", name);
    return 0;
}

static void
make_switch(int fd, const char *name)
{
    Message message;

    begin(&message, find_family(fd, OVS_DATAPATH_FAMILY), OVS_DP_CMD_NEW, OVS_DATAPATH_VERSION);
    add_switch_index(&message, 0);
    add_string(&message, OVS_DP_ATTR_NAME, name);
    add_number(&message, OVS_DP_ATTR_UPCALL_PID, NOBODY);
    ask(fd, &message, name);
}

static void
delete_switch(int fd, const char *name)
{
    Message message;

    begin(&message, find_family(fd, OVS_DATAPATH_FAMILY), OVS_DP_CMD_DEL, OVS_DATAPATH_VERSION);
    add_switch_index(&message, 0);
    add_string(&message, OVS_DP_ATTR_NAME, name);
    ask(fd, &message, name);
}

static void
add_port(int fd, const char *name, const char *interface)
{
    Message message;

    begin(&message, find_family(fd, OVS_VPORT_FAMILY), OVS_VPORT_CMD_NEW, OVS_VPORT_VERSION);
    add_switch_index(&message, (int)if_nametoindex(name));
    add_string(&message, OVS_VPORT_ATTR_NAME, interface);
    add_number(&message, OVS_VPORT_ATTR_TYPE, OVS_VPORT_TYPE_NETDEV);
    add_number(&message, OVS_VPORT_ATTR_UPCALL_PID, NOBODY);
    ask(fd, &message, interface);
}

int
main(int argc, char **argv)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

    if (fd < 0)
        error(1, errno, "opening generic netlink");
    if (argc == 4 && strcmp(argv[1], "add") == 0) {
        make_switch(fd, argv[2]);
        add_port(fd, argv[2], argv[3]);
    } else if (argc == 3 && strcmp(argv[1], "delete") == 0) {
        delete_switch(fd, argv[2]);
    } else {
        error(2, 0, "usage: lab-ovs add SWITCH INTERFACE | lab-ovs delete SWITCH");
    }
    close(fd);
    return 0;
}
