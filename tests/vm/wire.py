#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest sends on one NIC, seen from the wire.

As a program, in the lab's namespace: `wire.py INTERFACE` prints a line for each frame that the
guest sends on that tap (its kind, when it came as time.monotonic(), and the frame's head in hex)
until SIGTERM. Frames that the wire sends to the guest are not printed. Frames drops its caller into
nothing but a list.
"""
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import time
from typing import NamedTuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)

from tests.lab.base import Deadline  # noqa: E402

ETH_P_ALL = 0x0003
SO_TIMESTAMPNS = 35
IPV4, IPV6 = b"\x08\x00", b"\x86\xdd"
UDP = 17
PROTOCOLS = {"0806": "ARP", "8035": "RARP", "0800": "IPv4", "86dd": "IPv6"}
DHCP_PORTS = {67: "dhcp4", 68: "dhcp4", 546: "dhcp6", 547: "dhcp6"}


def kind_of(frame):
    """dhcp4, dhcp6 or other."""
    if frame[12:14] == IPV4 and frame[23] == UDP:
        start = 14 + (frame[14] & 15) * 4
    elif frame[12:14] == IPV6 and frame[20] == UDP:
        start = 54
    else:
        return "other"
    return DHCP_PORTS.get(int.from_bytes(frame[start + 2:start + 4], "big"), "other")


def when(control):
    """The kernel's stamp on a frame, as time.monotonic(): this program may be late in reading it."""
    seconds, nanoseconds = struct.unpack("qq", control[0][2])
    return seconds + nanoseconds / 1e9 - time.time() + time.monotonic()


def watch(interface):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as wire:
        wire.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        wire.bind((interface, ETH_P_ALL))
        print("watching", flush=True)
        while True:
            frame, control, _, address = wire.recvmsg(2048, socket.CMSG_SPACE(16))
            if address[2] != socket.PACKET_OUTGOING:
                print(kind_of(frame.ljust(64, b"\0")), f"{when(control):.6f}", frame[:48].hex(),
                      flush=True)


class Frame(NamedTuple):
    """A frame that the guest sent: its kind, when it came (time.monotonic()), its first bytes."""

    kind: str
    time: float
    head: bytes

    @classmethod
    def parse(cls, line):
        kind, when, head = line.split(" ")
        return cls(kind, float(when), bytes.fromhex(head))

    @property
    def source(self):
        """The MAC that it was sent from."""
        return self.head[6:12].hex(":")

    @property
    def protocol(self):
        """What its EtherType stands for."""
        number = self.head[12:14].hex()
        return PROTOCOLS.get(number, f"0x{number}")


class Frames:
    """with Frames(network, tap) as frames: …; then frames.seen, and frames.kinds, one for each
    frame."""

    def __init__(self, network, tap):
        self.command = network.inside("/usr/bin/python3", "-B", os.path.abspath(__file__), tap)
        self.process = None
        self.seen = []
        self.rest = b""  # of a line that is not whole yet

    @property
    def kinds(self):
        return [frame.kind for frame in self.seen]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, bufsize=0)
        if self.process.stdout.readline() != b"watching\n":
            raise OSError("the watcher of the wire did not start")
        return self

    def __exit__(self, *_exception):
        self.process.terminate()
        while self._read():
            pass
        self.process.wait()
        self.process.stdout.close()

    def _read(self):
        """Take what the watcher has printed, and wait for it; whether there was anything."""
        data = self.process.stdout.read(1 << 16)
        *lines, self.rest = (self.rest + data).split(b"\n")
        self.seen += [Frame.parse(line.decode()) for line in lines]
        return bool(data)

    def wait_from(self, mac, seconds):
        """The first frame from a MAC, while the watching goes on."""
        deadline = Deadline(seconds, f"a frame from {mac}")
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while not (found := [frame for frame in self.seen if frame.source == mac]):
                if selector.select(deadline.left()):
                    self._read()
        return found[0]

    def wait_quiet(self, seconds, limit):
        """Until nothing has come for so long, or the limit is over."""
        end = time.monotonic() + limit
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while time.monotonic() < end and selector.select(seconds):
                self._read()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    watch(sys.argv[1])
