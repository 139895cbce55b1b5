# SPDX-License-Identifier: GPL-2.0-or-later
"""The wire: a bridge in a network namespace of its own, a tap for each NIC, probes from there.

The bridge learns like a switch and nothing flushes it on purpose; a test may pin a MAC to a tap.
Its own MAC is fixed, because a bridge otherwise takes the lowest MAC of its ports and changes it
when a tap comes or goes.
"""

import os
import secrets

from tests.lab.base import LabError, run

HOST_IPV4 = "10.77.0.1"
HOST_IPV6 = "fd77::1"
GUEST_IPV4 = "10.77.0.2"
GUEST_IPV6 = "fd77::2"
OTHER_IPV4 = "10.77.0.3"
BRIDGE = "br0"
BRIDGE_MAC = "02:77:00:00:00:01"
OTHER_MAC = "02:77:00:00:00:02"


class Network:
    """One namespace with one bridge, called br0, that has an address on the guests' network."""

    def __init__(self):
        self.namespace = f"gnf-{os.getpid()}-{secrets.token_hex(2)}"
        self.taps = set()

    def start(self):
        run(["ip", "netns", "add", self.namespace])
        try:
            self._make_bridge()
        except BaseException:
            self.stop()
            raise

    def _make_bridge(self):
        self.ip("link", "set", "lo", "up")
        self.ip("link", "add", BRIDGE, "address", BRIDGE_MAC, "type", "bridge",
                "forward_delay", "0", "stp_state", "0", "mcast_snooping", "0")
        self.ip("addr", "add", f"{HOST_IPV4}/24", "dev", BRIDGE)
        self.ip("addr", "add", f"{HOST_IPV6}/64", "dev", BRIDGE, "nodad")
        self.ip("link", "set", BRIDGE, "up")

    def stop(self):
        run(["ip", "netns", "del", self.namespace])

    def beyond(self):
        """Another host's network on the same wire: a bridge in a namespace of its own, and a cable
        between the two. Its stop() takes the cable along."""
        other = Network()
        run(["ip", "netns", "add", other.namespace])
        try:
            other.ip("link", "set", "lo", "up")
            # Pinned, as above: else libvirt's taps make both bridges take the same.
            other.ip("link", "add", BRIDGE, "address", OTHER_MAC, "type", "bridge",
                     "forward_delay", "0", "stp_state", "0", "mcast_snooping", "0")
            other.ip("addr", "add", f"{OTHER_IPV4}/24", "dev", BRIDGE)
            other.ip("link", "set", BRIDGE, "up")
            self.ip("link", "add", "cable", "type", "veth", "peer", "name", "cable",
                    "netns", other.namespace)
            for network in (self, other):
                network.ip("link", "set", "cable", "master", BRIDGE, "up")
        except BaseException:
            other.stop()
            raise
        return other

    def inside(self, *argv):
        """The command line that runs argv in the namespace; the process keeps its pid."""
        return ["ip", "netns", "exec", self.namespace, *[str(word) for word in argv]]

    def ip(self, *arguments):
        return run(["ip", "-n", self.namespace, *arguments])

    def add_tap(self, name):
        """A tap on the bridge, for QEMU to open by name."""
        if len(name) > 15:
            raise LabError(f"interface name too long: {name}")
        self.ip("tuntap", "add", name, "mode", "tap")
        self.taps.add(name)
        # Nothing of the host's own stack talks on a guest's wire.
        run(self.inside("sh", "-c", f"echo 1 >/proc/sys/net/ipv6/conf/{name}/disable_ipv6"))
        # A guest whose emulated CPU is starved answers late; the wire does not drop for it.
        self.ip("link", "set", name, "txqueuelen", "4000", "master", BRIDGE, "up")

    def remove_tap(self, name):
        if name in self.taps:
            self.taps.discard(name)
            self.ip("link", "del", name)

    def pin(self, mac, tap):
        """Deliver what is sent to a MAC through this tap alone, until it is pinned to another: as
        the filter of a pass-through NIC's physical function does.

        Sticky, else the guest's own frames through another tap would move the entry like any that
        was learnt (br_fdb_update). It goes with its tap.
        """
        run(["bridge", "-n", self.namespace, "fdb", "replace", mac, "dev", tap, "master", "static",
             "sticky"])

    def unpin(self, mac, tap):
        """Learn that MAC again."""
        run(["bridge", "-n", self.namespace, "fdb", "del", mac, "dev", tap, "master"])

    def ping(self, address=GUEST_IPV4, timeout=1):
        """Whether address answers one echo request."""
        try:
            run(self.inside("ping", "-c", "1", "-W", timeout, address), timeout=timeout + 2)
        except LabError:
            return False
        return True
