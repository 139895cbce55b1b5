# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests of every manager but NetworkManager: how each is configured, what its admin would type, and
the stage that the same cases are played on, whoever it is.

A guest's name is its release and its manager, as in registry.MANAGER_GUESTS.
"""
import time
from dataclasses import dataclass
from typing import Callable

from tests.lab import plain_profiles
from tests.lab.channel import CommandError
from tests.lab.guest import PRIMARY_MAC
from tests.vm.expect import STANDBY
from tests.vm.manager import Manager
from tests.vm.registry import RELEASES
from tests.vm.stage import Stage

QUIET_SECONDS = 1
RESTART_SECONDS = 60  # what a manager puts back may come without the standby at first
TOOL_SECONDS = 180  # netplan and ifupdown2 are Python, and the guest emulated
INTERFACES_FOLDERS = ("/etc/network",)
IFSTATE = "cat /run/network/ifstate /run/ifstate /var/tmp/network/ifstatenew 2>/dev/null"


@dataclass(frozen=True, kw_only=True)
class Plain(Manager):
    """told: the manager that our replies name. write: makes its files. tool: what its admin types
    to have port $port configured anew; restart: and the manager. joins: has $port join the bond if
    nobody did (empty: the manager does, of its own accord). by_mac: its files name MACs. slow: the
    tool takes half a minute, and is not used where only the MAC differs."""

    variant: str
    told: str
    write: Callable
    folders: tuple
    tool: str
    restart: str
    joins: str = ""
    unit: str = ""
    snapshot: str = ":"
    activation: str = r"(?!)"
    by_mac: bool = False
    slow: bool = False

    def files(self, _primary, **_options):
        """They name the NIC of the standard state."""
        return self.write()

    def is_clean(self, _guest):
        return True

    def has_primary_option(self, _files):
        return True

    def join(self, guest, interface, _whole_bond):
        guest.wait_for(lambda: interface in guest.interfaces(), f"{interface} to be there")
        if self.joins:
            guest.sh(f"udevadm settle; port={interface}\n{self.joins}", TOOL_SECONDS)
        guest.wait_bond(lambda bond: interface in bond.ports, f"{interface} to join its bond")

    def fits(self, interface, mac):
        """Whether its files say anything of that NIC."""
        return mac == PRIMARY_MAC if self.by_mac else interface == plain_profiles.PRIMARY


NETWORKD = {
    "variant": "networkd", "told": "networkd", "unit": "systemd-networkd",
    "folders": ("/etc/systemd/network",),
    "tool": "networkctl reconfigure $port", "restart": "systemctl restart systemd-networkd",
    "snapshot": "networkctl --no-legend list; ls -l /run/systemd/network 2>/dev/null",
    "activation": r"Configuring with|DHCP",
}
NETPLAN = NETWORKD | {
    "variant": "netplan", "folders": ("/etc/netplan",), "tool": "netplan apply",
    "restart": "systemctl restart systemd-networkd", "slow": True,
}
IFUPDOWN = {
    "told": "ifupdown", "folders": INTERFACES_FOLDERS, "tool": "ifdown $port && ifup $port",
    "restart": "systemctl restart networking", "snapshot": IFSTATE, "unit": "networking",
}
BY_HAND = "ip link set $port down; ip addr flush dev $port; ip link set $port master bond0"
# Without supervision of its own there is nothing to restart but the engine itself.
KILL_ENGINE = "pkill -x qga-net-failove"
MANAGERS = {
    "networkd": Plain(write=plain_profiles.networkd, **NETWORKD),
    "networkd-by-mac": Plain(write=plain_profiles.networkd_by_mac, by_mac=True, **NETWORKD),
    "netplan": Plain(write=plain_profiles.netplan, **NETPLAN),
    "ifupdown-auto": Plain(variant="ifupdown", write=plain_profiles.ifupdown,
                           joins="ifup --force $port", **IFUPDOWN),
    "ifupdown-hotplug": Plain(variant="ifupdown", write=plain_profiles.ifupdown_hotplug,
                              **IFUPDOWN),
    "ifupdown2": Plain(variant="ifupdown2", write=plain_profiles.ifupdown2, joins="ifup bond0",
                       slow=True, **IFUPDOWN),
    # Its ifdown takes the port down and leaves it counted as in use by bond0; without force, its ifup
    # then does nothing, in a guest where nothing of ours has run, too.
    "ifupdown-ng": Plain(variant="ifupdown-ng", write=plain_profiles.ifupdown_ng, joins=BY_HAND,
                         **IFUPDOWN | {"tool": "ifdown $port && ifup --force $port"}),
    "ifcfg": Plain(variant="ifcfg", told="ifcfg", unit="network", write=plain_profiles.ifcfg,
                   folders=("/etc/sysconfig/network-scripts",), joins="ifcfg up $port",
                   tool="ifcfg down $port && ifcfg up $port", restart="systemctl restart network"),
    "bare": Plain(variant="bare", told="none", write=plain_profiles.bare,
                  folders=("/etc/rc.network",), tool=f"ip link set $port nomaster; {BY_HAND}",
                  restart=KILL_ENGINE, joins=BY_HAND),
}


class ManagerStage(Stage):
    """A guest whose network that manager configured. known: by the names of guests."""

    known = MANAGERS

    def __init__(self, name, kind, progress):
        super().__init__(name, kind, progress)
        self.manager = self.known[self._parts()[1]]

    def _parts(self):
        """("debian-12", "networkd") of "debian-12-networkd"."""
        release = next(release for release in RELEASES if self.name.startswith(f"{release}-"))
        return release, self.name.removeprefix(f"{release}-")

    @property
    def release(self):
        return RELEASES[self._parts()[0]]

    def make(self):
        return self.lab.guest(self.disk, files=self.files)

    def begin(self):
        """A guest with the bond whole and nothing pending; its NIC may be where the last case left
        it. Who needs the standard state asks for it."""
        self.rows = []
        if self.guest is None:
            self.boot()
        else:
            self.settle("cancel", self.request("cancel"))

    # -- what its admin does -----------------------------------------------------------------

    def use_tool(self, interface, mac):
        """Have the admin's tool configure the port anew. Where the manager's files do not say
        anything of it, it may refuse."""
        script = f"port={interface}\n{self.manager.tool}"
        self.guest.sh(script, TOOL_SECONDS, check=self.manager.fits(interface, mac))

    def wait_whole(self, interface):
        """Until both ports have a link, the bond sends through the interface, and answers."""
        self.guest.wait_bond(
            lambda bond: sorted(bond.ports) == sorted([interface, STANDBY])
            and all(port.up for port in bond.ports.values()) and bond.active == interface,
            f"{interface} to be a port, with a link, and active")
        self.guest.wait_for(self.lab.network.ping, "the bond to answer")

    def restart_manager(self):
        """Restart it, and wait until its bond answers again, and what it put back is out again,
        stays out, and is told to be."""
        self.guest.sh(self.manager.restart, TOOL_SECONDS)
        self.guest.wait_for(self.lab.network.ping, "the bond to answer")
        for _ in range(2):
            self.guest.wait_for(lambda: self._is_out() and self._is_told_out(),
                                "the NIC to be out of the bond, and told to be", RESTART_SECONDS)
            time.sleep(QUIET_SECONDS)

    def _is_out(self):
        bond = self.guest.bond()
        return list(bond.ports) == [STANDBY] and bond.active == STANDBY and bond.up

    def _is_told_out(self):
        try:
            device = self.query()["operation"]["devices"][0]
        except CommandError:  # what was restarted may be the engine
            return False
        return device["state"] == "detached" and "reason" not in device
