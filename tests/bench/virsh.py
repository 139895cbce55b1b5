# SPDX-License-Identifier: GPL-2.0-or-later
"""guest-ping as an operator sends it, by virsh, through qga-plugind and to the stock agent alone.

libvirt talks to one port only, so the guest changes the port's owner between the rounds.
"""
import os
import time

from tests.bench.figures import Bench
from tests.lab import image, profiles
from tests.lab.base import wait_until
from tests.lab.lab import Lab
from tests.runner.cases import Failed

THROUGH, DIRECT = "qga-plugind", "qemu-ga alone"
ROUNDS = 5
PINGS = 10 if os.environ.get("SHORT") else 40
PING = '{"execute":"guest-ping"}'
# The agent that runs this is stopped by it.
SWITCH = {
    DIRECT: "systemctl stop qga-plugind qemu-guest-agent.socket qemu-guest-agent; "
            "mkdir -p /run/direct; systemd-run -q --collect --unit direct-agent "
            "/usr/sbin/qemu-ga -t /run/direct",
    THROUGH: "systemctl stop direct-agent; systemctl start qga-plugind",
}


def owner(guest):
    done = guest.agent_command('{"execute":"guest-info"}')
    if done.returncode != 0:
        return None
    return THROUGH if "guest-net-failover-query" in done.stdout else DIRECT


def switch(guest, column):
    if owner(guest) != column:
        guest.sh(f"systemd-run -q --collect --no-block /bin/sh -c 'sleep 1; {SWITCH[column]}'")
        wait_until(lambda: owner(guest) == column, 60, f"{column} to own the port", 1)


def ping(guest):
    start = time.perf_counter()
    done = guest.agent_command(PING)
    if done.returncode != 0:
        raise Failed(f"virsh: {done.stderr}")
    return 1000 * (time.perf_counter() - start)


def measure():
    bench = Bench("bench-virsh", [THROUGH, DIRECT])
    with Lab("bench-virsh") as lab:
        guest = lab.libvirt_guest(image.ensure("bookworm"), files=profiles.bond_profiles())
        guest.wait_boot()
        guest.wait_network()
        for _ in range(ROUNDS):
            for column in (THROUGH, DIRECT):
                switch(guest, column)
                times = sorted(ping(guest) for _ in range(PINGS))
                bench.add("virsh guest-ping", "ms", column, times[len(times) // 2])
    bench.ratio("virsh-ping-through-to-direct", "virsh guest-ping", THROUGH, DIRECT, most=1.10)
    bench.show()
