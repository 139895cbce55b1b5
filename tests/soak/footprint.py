# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest's processes take, and what NetworkManager keeps: to be the same ever after.

The first footprint is taken when every path has been gone often enough to have its caches; each
later one is compared with it. Descriptors and NetworkManager's connections are the same to the
last one. Memory may differ by what SLACK_KIB says, which is stated with the figures.
"""
from dataclasses import dataclass

# RssAnon in KiB, beyond the first footprint's. It grows by whole pages as the heap's pieces fall
# now so, now so: a byte lost in each of 190 cycles' hundreds of messages is far more than that.
SLACK_KIB = {
    "qga-plugind": 32,
    "qga-net-failoverd": 192,
    # Not ours. qemu-ga keeps nothing but the last guest-exec's output.
    "qemu-ga": 64,
    # Not ours. NetworkManager logs and keeps D-Bus objects of devices and connections that come
    # and go; its heap is some 10 MiB of small pieces.
    "NetworkManager": 1024,
}
# It ends when it is idle, and may have done so between two cycles.
SOCKET_ACTIVATED = ("qga-net-failoverd",)
PROCESSES = r"""for name in %s; do
    pid=$(pidof -s $name) || { echo "$name absent 0 0"; continue; }
    echo $name $pid $(awk '/^RssAnon/ { print $2 }' /proc/$pid/status) $(ls /proc/$pid/fd | wc -l)
done""" % " ".join(SLACK_KIB)
# Without what NetworkManager does with any NIC that is unplugged and plugged: it notes when a
# connection was last up, and keeps the state of devices that are gone (devices/IFINDEX) until it
# starts again.
CONNECTIONS = r"""nmcli -g NAME,UUID,TYPE,DEVICE,FILENAME connection show | sort
find /run/NetworkManager /etc/NetworkManager -type f ! -path '/run/NetworkManager/devices/*' | sort
for file in /etc/NetworkManager/system-connections/* /run/NetworkManager/system-connections/*; do
    [ -f "$file" ] && echo "$file $(grep -v '^timestamp=' "$file" | sha256sum)"
done; true"""


@dataclass(frozen=True)
class Process:
    """pid: as text. memory: anonymous, in KiB."""

    pid: str
    memory: int
    descriptors: int


@dataclass(frozen=True)
class Footprint:
    """processes: by name. connections: what NetworkManager has, as text."""

    processes: dict
    connections: str


def take(guest):
    rows = [line.split() for line in guest.sh(PROCESSES).out.splitlines()]
    processes = {name: Process(pid, int(memory), int(descriptors))
                 for name, pid, memory, descriptors in rows}
    return Footprint(processes, guest.sh(CONNECTIONS).out)


def problems(first, later, what):
    """How a later footprint differs from the first, in lines."""
    for name, slack in SLACK_KIB.items():
        before, now = first.processes[name], later.processes[name]
        other = name not in SOCKET_ACTIVATED and now.pid != before.pid
        if now.pid == "absent" or other:
            yield f"{what}: {name} was process {before.pid} and is now {now.pid}"
        if now.descriptors != before.descriptors:
            yield f"{what}: {name} has {now.descriptors} descriptors, before {before.descriptors}"
        if now.memory > before.memory + slack:
            yield (f"{what}: {name} has {now.memory} KiB of anonymous memory, before "
                   f"{before.memory} KiB: more than {slack} KiB are too much")
    yield from differences(first.connections, later.connections, what)


def differences(before, after, what):
    """The lines that are in one text only, or in another number."""
    old, new = before.splitlines(), after.splitlines()
    for line in sorted(set(old + new)):
        if old.count(line) != new.count(line):
            yield (f"{what}: NetworkManager had {old.count(line)} and has {new.count(line)} of "
                   f"'{line}'")
