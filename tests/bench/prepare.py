# SPDX-License-Identifier: GPL-2.0-or-later
"""prepare beside what an admin would type to take the same NIC out of the same bond.

All in one guest and in turn, measured by the guest itself (stopwatch.c), with nobody asking it for
anything meanwhile: the tool as a process; guest-net-failover-prepare at the engine's socket, from
the request to the reply; `qga-net-failover prepare` as a process. The engine is warm: a query came
before, as from a host. The NIC is active each time, its link proven, and the wire quiet.
"""
import json
import os
from typing import NamedTuple

from tests.bench.agent import put_program
from tests.bench.figures import Bench
from tests.lab.base import MESON, wait_until
from tests.runner.cases import Failed
from tests.vm.managers import ManagerStage
from tests.vm.registry import MANAGERS, QEMU
from tests.vm.stage import Stage

TOOL, PREPARE, WORK, CLI = "tool", "prepare", "prepare, drain aside", "qga-net-failover prepare"
ROUNDS = 5
ROUND_SECONDS = 180
LOOK_SECONDS = 3  # asking costs the guest time
PORT, BOND = "enp1s0", "bond0"
WATCH = "/root/stopwatch"
SOCKET = "/run/qga-net-failover/socket"
# A shell's function library: each way out of the bond, what comes before it, and the ways back.
FUNCTIONS = f"""set -e
ask() {{
    {WATCH} ask {SOCKET} "{{\\"execute\\":\\"guest-net-failover-$1\\",\\"arguments\\":{{$2}}}}"
}}
whole() {{
    until [ "$(cat /sys/class/net/{BOND}/bonding/active_slave)" = {PORT} ] &&
        [ "$(cat /sys/class/net/{PORT}/bonding_slave/mii_status)" = up ]; do
        sleep 0.2
    done
    ask query >/dev/null
    sleep 1
}}
out() {{
    [ ! -e /sys/class/net/{PORT}/master ]
}}
back() {{
    ask cancel '"timeout-ms":60000' >/dev/null
}}
"""
PREPARED = f"""whole
prepare=$(ask prepare '"timeout-ms":60000')
out
back
whole
cli=$({WATCH} run /usr/bin/qga-net-failover prepare)
out
back
printf '%s\\n' "$tool" "$cli" "$prepare"
"""
BY_NETLINK = f"""whole
tool=$({WATCH} run /usr/sbin/ip link set {PORT} nomaster)
out
ip link set {PORT} down
ip link set {PORT} master {BOND}
echo {PORT} >/sys/class/net/{BOND}/bonding/primary
"""
BY_NETWORKMANAGER = f"""whole
tool=$({WATCH} run /usr/bin/nmcli device disconnect {PORT})
out
nmcli device connect {PORT} >/dev/null
"""


class Way(NamedTuple):
    """stage, kind: the guest. script: the tool and its way back. most: prepare's budget, as a share
    of the tool (DESIGN.md §7)."""

    stage: type
    kind: str
    script: str
    most: float


NETLINK = Way(ManagerStage, MANAGERS, BY_NETLINK, 2)
NETWORKMANAGER = Way(Stage, QEMU, BY_NETWORKMANAGER, 0.333)


def play_round(guest, script):
    """One turn of each, in the guest and by itself; (tool's us, command line's us, prepare's us, the
    report)."""
    guest.sh("rm -f /run/round.*")
    guest.write("/run/round.sh", FUNCTIONS + script + PREPARED)
    guest.sh("{ sh /run/round.sh >/run/round.part 2>/run/round.err || echo failed >>/run/round.part; "
             "mv /run/round.part /run/round.out; } </dev/null >/dev/null 2>&1 &")
    wait_until(lambda: guest.exec(["/bin/test", "-e", "/run/round.out"], check=False).code == 0,
               ROUND_SECONDS, "a round in the guest to end", LOOK_SECONDS)
    lines = guest.read("/run/round.out").splitlines()
    if len(lines) != 3:
        raise Failed(f"a round in the guest failed: {lines}\n{guest.read('/run/round.err')}")
    microseconds, _, reply = lines[2].partition(" ")
    report = json.loads(reply)["return"]
    if report["status"] != "done":
        raise Failed(f"prepare: {report}")
    return int(lines[0]), int(lines[1]), int(microseconds), report


def add_round(bench, name, tool_us, cli_us, prepare_us, report):
    steps = {step["step"]: step["elapsed-us"] for step in report["devices"][0]["steps"]}
    waited_us = steps.get("drain", 0)
    title = f"{name}, the NIC out of its bond"
    for column, microseconds in ((TOOL, tool_us), (PREPARE, prepare_us),
                                 (WORK, prepare_us - waited_us), (CLI, cli_us)):
        bench.add(title, "ms", column, microseconds / 1000)
    steps["before and between"] = prepare_us - sum(steps.values())
    for step, microseconds in steps.items():
        bench.add(f"  {name}, prepare: {step}", "ms", PREPARE, microseconds / 1000)
    return title


def measure(name, way):
    bench = Bench(f"bench-prepare-{name}", [TOOL, PREPARE, WORK, CLI])
    with way.stage(name, way.kind, lambda text: print(f"# {text}", flush=True)) as stage:
        stage.begin()
        put_program(stage.guest, WATCH, (MESON / "tests/bench/bench-stopwatch").read_bytes())
        play_round(stage.guest, way.script)  # what is paid once, is paid
        for _ in range(ROUNDS):
            title = add_round(bench, name, *play_round(stage.guest, way.script))
    bench.ratio("prepare-to-tool", title, PREPARE, TOOL, most=way.most)
    bench.ratio("prepare-without-drain-to-tool", title, WORK, TOOL, most=way.most)
    bench.ratio("command-line-to-tool", title, CLI, TOOL)
    bench.show()


def bare():
    measure("debian-12-bare", NETLINK)


def networkd():
    measure("debian-12-networkd", NETLINK)


def networkmanager():
    measure("debian-12", NETWORKMANAGER)
