#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""In the guest of scale.py: the engine over its socket, timed, at one size after the other.

scale-guest ENGINE unrelated|primaries ROUNDS SIZE...: a JSON line a sample, with the whole time and
the time without the steps that wait for the world, in ms.
"""
import json
import os
import socket
import subprocess
import sys
import time

SOCKET = "/run/scale.socket"
WAITING = ("drain", "link")
DRIVER = "/sys/bus/pci/drivers/e1000e"
GROUP = 7  # of the unrelated interfaces, so that they can go at once
DEADLINE = 60


def ip(*lines):
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def until(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"still not so: {what}")
        time.sleep(0.01)


# -- the engine --------------------------------------------------------------------------------

class Engine:
    """Its process and one connection."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program, "--socket", SOCKET, "--state-dir", "/run/scale", "--module-dir", "/none",
             "--idle-exit", "0"])
        self.socket = socket.socket(socket.AF_UNIX)
        until(lambda: self.socket.connect_ex(SOCKET) == 0, "the engine listens")
        self.lines = self.socket.makefile("rwb")

    def ask(self, command):
        """The return value, and the ms that it took."""
        request = {"execute": f"guest-net-failover-{command}"}
        if command != "query":
            request["arguments"] = {"timeout-ms": 600000}
        start = time.monotonic()
        self.lines.write(json.dumps(request).encode() + b"\n")
        self.lines.flush()
        line = self.lines.readline()
        elapsed = 1000 * (time.monotonic() - start)
        reply = json.loads(line)
        if "error" in reply:
            sys.exit(f"{command}: {reply['error']['desc']}")
        return reply["return"], elapsed


def waited(command, reply):
    """The ms that went into waiting steps: prepare does one NIC after the other, complete all at
    once."""
    each = [sum(step["elapsed-us"] for step in device["steps"] if step["step"] in WAITING) / 1000
            for device in reply.get("devices", ())]
    if command == "query":
        return 0
    return sum(each) if command == "prepare" else max(each)


def sample(engine, command, size, ready):
    """One command, timed and checked: it is about `ready` primaries, and all of them are done."""
    reply, elapsed = engine.ask(command)
    if command == "query":
        count = sum(primary["ready"] for primary in reply["primaries"])
    else:
        done = {"prepare": "detached", "complete": "attached"}[command]
        count = sum(device["state"] == done for device in reply["devices"])
        if reply["status"] != "done":
            sys.exit(f"{command}: {reply}")
    if count != ready:
        sys.exit(f"{command}: {count} of {ready} primaries: {reply}")
    print(json.dumps({"command": command, "size": size, "all": elapsed,
                      "work": elapsed - waited(command, reply)}), flush=True)


def measure(engine, size, ready):
    for command in ("query", "prepare", "complete"):
        sample(engine, command, size, ready)


# -- what there is -----------------------------------------------------------------------------

def pci_nics():
    """The PCI addresses of the primaries to be."""
    return sorted(name for name in os.listdir(DRIVER) if name.startswith("0000:"))


def standbys():
    """The interfaces of the para-virtual NICs."""
    folder = "/sys/bus/virtio/drivers/virtio_net"
    names = [name for name in os.listdir(folder) if name.startswith("virtio")]
    return [os.listdir(f"{folder}/{name}/net")[0] for name in sorted(names)]


def bind(address, how):
    with open(f"{DRIVER}/{how}", "w", encoding="ascii") as file:
        file.write(address)


def interface_of(address):
    return os.listdir(f"/sys/bus/pci/devices/{address}/net")[0]


def make_bond(number, address, standby):
    """A primary and a standby in a bond."""
    bond, primary = f"bond{number}", interface_of(address)
    ip(f"link add {bond} type bond mode active-backup miimon 100",
       f"link set {primary} down", f"link set {primary} master {bond}",
       f"link set {standby} down", f"link set {standby} master {bond}", f"link set {bond} up",
       f"address add 192.0.{number}.1/24 dev {bond}")
    ports = f"/sys/class/net/{bond}/bonding"
    until(lambda: read(f"/sys/class/net/{primary}/bonding_slave/mii_status") == "up",
          f"{primary} has a link")
    with open(f"{ports}/primary", "w", encoding="ascii") as file:
        file.write(primary)
    until(lambda: read(f"{ports}/active_slave") == primary, f"{primary} is active")


def add_unrelated(first, last):
    """Each set up, with an IPv4 address and the IPv6 address that the kernel gives it."""
    for start in range(first, last, 250):
        numbers = range(start, min(start + 250, last))
        ip(*[line for number in numbers for line in (
            f"link add name other{number} group {GROUP} type dummy",
            f"address add 10.{number >> 8}.{number & 255}.1/30 dev other{number}",
            f"link set other{number} up")])


# -- the two plays -----------------------------------------------------------------------------

def unrelated(engine, rounds, sizes):
    address, *others = pci_nics()
    for other in others:
        bind(other, "unbind")
    make_bond(0, address, standbys()[0])
    for _ in range(rounds):
        there = 0
        for size in sizes:
            add_unrelated(there, size)
            there = size
            measure(engine, size, 1)
        ip(f"link del group {GROUP}")


def primaries(engine, rounds, sizes):
    addresses, others = pci_nics(), standbys()
    for address in addresses:
        bind(address, "unbind")
    for _ in range(rounds):
        there = 0
        for size in sizes:
            for number in range(there, size):
                bind(addresses[number], "bind")
                make_bond(number, addresses[number], others[number])
            there = size
            measure(engine, size, size)
        for number in range(there):
            ip(f"link del bond{number}")
            bind(addresses[number], "unbind")


def main():
    program, what, rounds, *sizes = sys.argv[1:]
    ip("link set lo up")
    engine = Engine(program)
    engine.ask("query")  # what is paid once, is paid
    play = {"unrelated": unrelated, "primaries": primaries}[what]
    play(engine, int(rounds), [int(size) for size in sizes])
    engine.process.terminate()
    sys.exit(engine.process.wait(DEADLINE))


if __name__ == "__main__":
    main()
