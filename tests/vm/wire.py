#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest sends on one NIC, seen from the wire.

As a program, in the lab's namespace: `wire.py INTERFACE` prints a line for each frame that the
guest sends on that tap (its kind, and the frame's head in hex) until SIGTERM. Frames that the wire
sends to the guest are not printed. Frames drops its caller into nothing but a list.
"""
import os
import signal
import socket
import subprocess
import sys

ETH_P_ALL = 0x0003
IPV4, IPV6 = b"\x08\x00", b"\x86\xdd"
UDP = 17
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


def watch(interface):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as wire:
        wire.bind((interface, ETH_P_ALL))
        print("watching", flush=True)
        while True:
            frame, address = wire.recvfrom(2048)
            if address[2] != socket.PACKET_OUTGOING:
                print(kind_of(frame.ljust(64, b"\0")), frame[:48].hex(), flush=True)


class Frames:
    """with Frames(network, tap) as frames: …; then frames.kinds, one for each frame."""

    def __init__(self, network, tap):
        self.command = network.inside("/usr/bin/python3", "-B", os.path.abspath(__file__), tap)
        self.process = None
        self.kinds = []
        self.lines = []

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "watching\n":
            raise OSError("the watcher of the wire did not start")
        return self

    def __exit__(self, *_exception):
        self.process.terminate()
        self.lines = self.process.stdout.read().splitlines()
        self.process.wait()
        self.process.stdout.close()
        self.kinds = [line.split(" ")[0] for line in self.lines]


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    watch(sys.argv[1])
