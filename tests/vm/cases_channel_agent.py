# SPDX-License-Identifier: GPL-2.0-or-later
"""qemu-ga killed, restarted, stopped and gone, in a guest whose host goes on asking."""
import contextlib
import json

from tests.lab.channel import CommandError
from tests.vm import expect
from tests.vm.oneshot import OneShot, line
from tests.vm.registry import VIRSH, case
from tests.vm.shell import Shell
from tests.vm.stage import PREFIX, SCHEMA
from tests.vm.ways import on_both

AWAY = "qemu-guest-agent is not running or does not answer"
LOST = "qemu-guest-agent went away while it worked on the command"
BASIC = ["guest-info", "guest-ping", "guest-sync", "guest-sync-delimited"]
# The socket first: qga-plugind is back at it at once, and systemd starts the agent for that.
GONE = "systemctl stop qemu-guest-agent.socket; systemctl stop qemu-guest-agent.service"
BACK = "systemctl start qemu-guest-agent.socket"
STOP, GO, KILL = (f"pkill -{signal} -x qemu-ga" for signal in ("STOP", "CONT", "KILL"))
WRITTEN = "sed -n 's/^wchar: //p' /proc/$(pidof qga-plugind)/io"
STOPPED_SECONDS = 10


def answers_basics(machine):
    """What every host tool begins with is answered, whoever does it; and a plugin is as ever."""
    expect.same(machine.command("guest-ping"), {}, "the reply to guest-ping")
    expect.same(machine.command("guest-sync", {"id": 4711}), 4711, "the reply to guest-sync")
    listed = {entry["name"] for entry in machine.command("guest-info")["supported_commands"]}
    expect.holds({*BASIC, *SCHEMA.commands} <= listed, f"guest-info lists only {sorted(listed)}")
    machine.command(PREFIX + "query", timeout=30)


def works(machine):
    """qemu-ga itself answers; until then only with the error that says why it does not."""
    try:
        return machine.command("guest-get-osinfo")["id"]
    except CommandError as error:
        expect.holds(error.desc in (AWAY, LOST), f"the error is {error.desc!r}")
        expect.holds(error.cls in ("", "GenericError"), f"the error's class is {error.cls}")
        return ""


def comes_back(machine):
    answers_basics(machine)
    machine.wait_for(lambda: works(machine), "qemu-ga to be back", 60)


@on_both("agent-killed-and-restarted")
def agent_killed(_stage, machine, shell):
    for way in (KILL, "systemctl restart qemu-guest-agent"):
        for _ in range(2):
            shell(way)
            comes_back(machine)


@on_both("agent-gone")
def agent_gone(_stage, machine, shell):
    """Neither it nor its socket: only what every host tool begins with is answered."""
    shell(GONE)
    for _ in range(2):
        answers_basics(machine)
        expect.same(works(machine), "", "the system's name without an agent")
    shell(BACK)
    comes_back(machine)
    listed = machine.command("guest-info")["supported_commands"]
    expect.holds(len(listed) > 20, f"guest-info lists only {len(listed)} commands")


@contextlib.contextmanager
def stopped(shell):
    """It goes on afterwards, or else nobody could be asked what went wrong."""
    shell(STOP)
    try:
        yield
    finally:
        shell(GO, check=False)


@case("channel/agent-killed-at-work")
def agent_killed_at_work(stage):
    """What it had taken is answered with an error, what it had not by us or by the next one."""
    with Shell(stage) as shell, OneShot(stage.guest) as host:
        with stopped(shell), host.connect() as connection:
            written = int(shell(WRITTEN))
            connection.send(line("guest-get-osinfo", id=1))
            shell.until(f"test $({WRITTEN}) -gt {written}")
            connection.send(line("guest-ping", id=2))
            shell(KILL)
            first, second = map(json.loads, connection.lines(2, 30))
        error = {"class": "GenericError", "desc": LOST}
        expect.same(first, {"error": error, "id": 1}, "the reply to what it had taken")
        expect.same(second, {"return": {}, "id": 2}, "the reply to the ping behind it")
        comes_back(host)


@case("channel/agent-stopped-for-10-s")
def agent_stopped(stage):
    """It is connected and will go on: requests wait for it, in order, as they do for a slow one."""
    with Shell(stage) as shell, OneShot(stage.guest) as host, host.connect() as connection:
        with stopped(shell):
            before = shell.footprint()
            for number, name in enumerate(("guest-ping", PREFIX + "query", "guest-get-osinfo")):
                connection.send(line(name, id=number))
            early = connection.some(1, STOPPED_SECONDS)
            after = shell.footprint()
        replies = [json.loads(text) for text in connection.lines(3, 60)]
        expect.same(early, b"", "what was answered by a stopped agent")
        expect.same([reply["id"] for reply in replies], [0, 1, 2], "the order of the replies")
        expect.holds(all("return" in reply for reply in replies), f"an error among {replies}")
        woken = after["switches"] - before["switches"]
        expect.holds(woken <= 10, f"qga-plugind woke up {woken} times for three requests")


@case("virsh/agent-stopped", VIRSH)
def virsh_agent_stopped(stage):
    """virsh gives up; the reply that comes late is not taken for the next one's."""
    with Shell(stage) as shell:
        with stopped(shell):
            done = stage.guest.agent_command('{"execute": "guest-get-host-name"}', "--timeout", 2)
        expect.holds("not responding" in done.stderr, f"virsh says {done.stderr or done.stdout!r}")
        expect.same(stage.guest.command("guest-get-osinfo", timeout=30)["id"], "debian", "the id")
        comes_back(stage.guest)
