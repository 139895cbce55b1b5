# SPDX-License-Identifier: GPL-2.0-or-later
"""An interface on the wire whose frames are in a VLAN, on a machine whose kernel knows no VLANs.

Two taps and a process of its own: what goes out of one comes out of the other, which is a port of
the wire's bridge, with a tag in front; and back. With a tag that is not ours it is no frame of ours.
"""

import fcntl
import os
import select
import struct
import subprocess
import sys
from tests.lab.base import ROOT, run

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
TAG = b"\x81\x00"  # IEEE 802.1Q
MACS = 12  # bytes in front of it
FRAME_SIZE = 65536


class Tagger:
    """The interface `name` and its port "NAME-wire", from the moment this is made until kill()."""

    def __init__(self, network, bridge, name, vlan_id, address):
        argv = network.inside(sys.executable, "-B", "-m", "tests.lab.tagger", name, vlan_id)
        self.process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE)
        self.process.stdout.readline()  # they are there, or it has said why not
        for tap in (name, f"{name}-wire"):
            run(network.inside("sh", "-c", f"echo 1 >/proc/sys/net/ipv6/conf/{tap}/disable_ipv6"))
            network.ip("link", "set", tap, "txqueuelen", "4000", "up")
        network.ip("link", "set", f"{name}-wire", "master", bridge)
        network.ip("addr", "add", address, "dev", name)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def open_tap(name):
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return tap


def frames(tap):
    """What waits in a tap."""
    while True:
        try:
            yield os.read(tap, FRAME_SIZE)
        except BlockingIOError:
            return


def relay(inner, outer, tag):
    for frame in frames(inner):
        os.write(outer, frame[:MACS] + tag + frame[MACS:])
    for frame in frames(outer):
        if frame[MACS:MACS + len(tag)] == tag:
            os.write(inner, frame[:MACS] + frame[MACS + len(tag):])


def main(name, vlan_id):
    # As the prober: a frame is not to wait for whatever else the machine has to do.
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    inner, outer = open_tap(name), open_tap(f"{name}-wire")
    print("ready", flush=True)
    poll = select.poll()
    for tap in (inner, outer):
        poll.register(tap, select.POLLIN)
    while True:
        poll.poll()
        relay(inner, outer, TAG + struct.pack("!H", int(vlan_id)))


if __name__ == "__main__":
    main(*sys.argv[1:])
