# SPDX-License-Identifier: GPL-2.0-or-later
"""The bond of profiles.py as every other manager's admin would write it: guest files of networkd,
netplan, ifupdown, ifupdown2, ifupdown-ng, network-scripts, and of no manager at all.

Always the same: bond0, active-backup, looks each 100 ms, its primary option names the pass-through
NIC, static addresses. Each function gives {path: (text, mode)}.
"""
from tests.lab.guest import PRIMARY_MAC, STANDBY_MAC
from tests.lab.network import GUEST_IPV4, GUEST_IPV6
from tests.lab.profiles import BOND

PRIMARY, STANDBY = "enp1s0", "enp4s0"
INTERFACES = "/etc/network/interfaces"


def _public(texts, mode=0o644):
    return {path: (text, mode) for path, text in texts.items()}


# -- systemd-networkd, netplan ------------------------------------------------------------------

NETDEV = f"""[NetDev]
Name={BOND}
Kind=bond

[Bond]
Mode=active-backup
MIIMonitorSec=100ms
"""
BOND_NETWORK = f"""[Match]
Name={BOND}

[Network]
Address={GUEST_IPV4}/24
Address={GUEST_IPV6}/64
"""
PORT_NETWORK = """[Match]
{match}

[Network]
Bond={bond}
{primary}"""


def _networkd(primary, standby):
    folder = "/etc/systemd/network"
    ports = {"20-primary": (primary, "PrimarySlave=yes\n"), "20-standby": (standby, "")}
    texts = {f"{folder}/10-{BOND}.netdev": NETDEV, f"{folder}/10-{BOND}.network": BOND_NETWORK}
    texts |= {f"{folder}/{name}.network": PORT_NETWORK.format(match=match, bond=BOND, primary=option)
              for name, (match, option) in ports.items()}
    return _public(texts)


def networkd():
    """The ports by name."""
    return _networkd(f"Name={PRIMARY}", f"Name={STANDBY}")


def networkd_by_mac():
    """The ports by the MAC that they were made with."""
    return _networkd(f"PermanentMACAddress={PRIMARY_MAC}", f"PermanentMACAddress={STANDBY_MAC}")


def netplan():
    text = f"""network:
  version: 2
  renderer: networkd
  ethernets:
    {PRIMARY}: {{}}
    {STANDBY}: {{}}
  bonds:
    {BOND}:
      interfaces: [{PRIMARY}, {STANDBY}]
      addresses: [{GUEST_IPV4}/24, "{GUEST_IPV6}/64"]
      parameters:
        mode: active-backup
        mii-monitor-interval: 100
        primary: {PRIMARY}
"""
    return _public({"/etc/netplan/10-bond.yaml": text}, 0o600)


# -- the family of interfaces(5) ------------------------------------------------------------------

# The bond comes first, and without a port it would wait for the end of its address's DAD in vain.
IFENSLAVE = """auto lo
iface lo inet loopback

{auto} {primary}
iface {primary} inet manual
    bond-master {bond}
    bond-primary {primary}

{auto} {standby}
iface {standby} inet manual
    bond-master {bond}
    bond-primary {primary}

auto {bond}
iface {bond} inet static
    address {ipv4}/24
    bond-slaves none
    bond-mode active-backup
    bond-miimon 100
    bond-primary {primary}

iface {bond} inet6 static
    address {ipv6}/64
    dad-attempts 0
"""
IFUPDOWN2 = """auto lo
iface lo inet loopback

auto {primary}
iface {primary}

auto {standby}
iface {standby}

auto {bond}
iface {bond}
    address {ipv4}/24
    address {ipv6}/64
    bond-slaves {primary} {standby}
    bond-mode active-backup
    bond-miimon 100
    bond-primary {primary}
"""
IFUPDOWN_NG = """auto lo
iface lo inet loopback

auto {primary}
iface {primary}

auto {standby}
iface {standby}

auto {bond}
iface {bond}
    use bond
    bond-members {primary} {standby}
    bond-mode active-backup
    bond-miimon 100
    bond-primary {primary}
    address {ipv4}/24
    address {ipv6}/64
"""


def _interfaces(text, auto="auto"):
    return _public({INTERFACES: text.format(auto=auto, bond=BOND, primary=PRIMARY, standby=STANDBY,
                                            ipv4=GUEST_IPV4, ipv6=GUEST_IPV6)})


def ifupdown():
    """With ifenslave; all at boot."""
    return _interfaces(IFENSLAVE)


def ifupdown_hotplug():
    """With ifenslave; the ports when udev says that they are there."""
    return _interfaces(IFENSLAVE, "allow-hotplug")


def ifupdown2():
    return _interfaces(IFUPDOWN2)


def ifupdown_ng():
    return _interfaces(IFUPDOWN_NG)


# -- no daemon ------------------------------------------------------------------------------------

IFCFG_BOND = f"""DEVICE={BOND}
TYPE=Bond
BONDING_MASTER=yes
BONDING_OPTS="mode=active-backup miimon=100 primary={PRIMARY}"
BOOTPROTO=none
IPADDR={GUEST_IPV4}
PREFIX=24
IPV6INIT=yes
IPV6ADDR={GUEST_IPV6}/64
ONBOOT=yes
NM_CONTROLLED=no
"""
IFCFG_PORT = """DEVICE={name}
TYPE=Ethernet
BOOTPROTO=none
MASTER={bond}
SLAVE=yes
ONBOOT=yes
NM_CONTROLLED=no
"""
SCRIPT = f"""#!/bin/sh -e
# The network of this guest, made once.
ip link add {BOND} type bond mode active-backup miimon 100
for port in {PRIMARY} {STANDBY}; do
    ip link set $port master {BOND}
done
ip addr add {GUEST_IPV4}/24 dev {BOND}
ip addr add {GUEST_IPV6}/64 dev {BOND}
ip link set {BOND} up
echo {PRIMARY} >/sys/class/net/{BOND}/bonding/primary
"""


def ifcfg():
    """As Red Hat's network-scripts have them."""
    folder = "/etc/sysconfig/network-scripts"
    texts = {f"{folder}/ifcfg-{BOND}": IFCFG_BOND}
    texts |= {f"{folder}/ifcfg-{name}": IFCFG_PORT.format(name=name, bond=BOND)
              for name in (PRIMARY, STANDBY)}
    return _public(texts)


def bare():
    """A script that runs once at boot."""
    return _public({"/etc/rc.network": SCRIPT}, 0o755)
