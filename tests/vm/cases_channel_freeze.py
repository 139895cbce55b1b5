# SPDX-License-Identifier: GPL-2.0-or-later
"""Frozen file systems, for real: nothing of ours writes, logs or waits, and the thaw gets through.

Seen from a second shell in the guest, for a frozen agent runs no programs.
"""
import contextlib

from tests.lab.channel import CommandError
from tests.runner.cases import Failed
from tests.vm import expect
from tests.vm.expect import STANDBY
from tests.vm.oneshot import OneShot
from tests.vm.registry import VIRSH, case
from tests.vm.shell import Shell
from tests.vm.stage import PREFIX, SCHEMA
from tests.vm.ways import freeze, on_both, thaw

# ga_freeze_allowlist in qga/main.c.
ALLOWED = ("guest-fsfreeze-status", "guest-fsfreeze-thaw", "guest-info", "guest-ping", "guest-sync",
           "guest-sync-delimited")
DISABLED = "Command {} has been disabled: {}"
FROZEN = "the agent is in frozen state"
# What qemu-ga says of its own commands: until 9.0, and since 9.1.
REASONS = {"debian-12": FROZEN, "debian-13": "the command is not allowed"}
STOCK = ("guest-get-osinfo", "guest-exec", "guest-file-open", "guest-shutdown")
# By process: what systemd says of a unit that is restarted is not ours. Names are cut after 15.
JOURNAL = "journalctl --sync; journalctl --no-pager -o cat _COMM=qga-plugind + _COMM=qga-net-failove"
WRITER = "(echo x >/root/vm-frozen; echo x >/run/vm-written) >/dev/null 2>&1 &"
# journald stands still, and both ways to it are filled up: its datagram socket, and the stream that
# is qga-plugind's standard error (pidfd_open is 434, pidfd_getfd 438; 64 is MSG_DONTWAIT).
FILL = r"""pkill -STOP -x systemd-journal
perl -e 'use Socket; my ($all, $new) = (0, 1);
sub fill { my $end = shift; $new = 0; $new++ while defined send($end, "MESSAGE=filler\n", 64); $all += $new }
while ($new) {
    socket(my $end, AF_UNIX, SOCK_DGRAM, 0) or die $!;
    connect($end, sockaddr_un("/run/systemd/journal/socket")) or die $!;
    fill($end);
}
my $process = syscall(434, shift(@ARGV) + 0, 0);
my $number = syscall(438, $process, 2, 0);
open(my $stream, ">&=", $number) or die $!;
fill($stream);
die "not full" unless $new;
print $all' $(pidof qga-plugind)"""
FLOW = "pkill -CONT -x systemd-journal; pkill -CONT -x qemu-ga"
# What a person may do at any time.
PULL_IN = "ip link set enp1s0 down && ip link set enp1s0 master bond0"
ENGINE = "qga-net-failoverd"


@contextlib.contextmanager
def frozen(machine, shell):
    """Frozen for real while the block runs: a writer waits, and has its turn afterwards."""
    shell("rm -f /run/vm-written")
    freeze(machine)
    try:
        shell(WRITER)
        yield
        shell("test ! -e /run/vm-written")
        thaw(machine)
    except BaseException:
        # So that the guest can still tell why: in the kernel, and in the agent if it hears us.
        shell(f"{FLOW}; fsfreeze --unfreeze /", check=False)
        with contextlib.suppress(Exception):
            machine.command("guest-fsfreeze-thaw")
        raise
    shell.until("test -e /run/vm-written")


def refused(machine, name, reason):
    """Refused in the agent's own words, whoever refuses it."""
    try:
        machine.command(name)
    except CommandError as error:
        expect.same(error.desc, DISABLED.format(name, reason), f"what is said to {name}")
        # virsh does not show the class.
        expect.holds(error.cls in ("", "CommandNotFound"), f"{name}: class {error.cls}")
        return
    raise Failed(f"{name} was not refused while frozen")


def refuses(stage, machine):
    """All but the stock agent's list is refused, by it and by us."""
    for name in SCHEMA.commands:
        refused(machine, name, FROZEN)
    for name in STOCK:
        refused(machine, name, REASONS[stage.name])
    listed = {entry["name"]: entry["enabled"]
              for entry in machine.command("guest-info")["supported_commands"]}
    enabled = sorted(name for name, enabled in listed.items() if enabled)
    expect.same(enabled, sorted(ALLOWED), "what guest-info shows as enabled")
    expect.holds(set(SCHEMA.commands) < set(listed), f"ours are not listed: {sorted(listed)}")


@on_both("freeze-and-thaw")
def freeze_and_thaw(stage, machine, shell):
    machine.command(PREFIX + "query", timeout=30)
    logged, before = shell(JOURNAL), shell.footprint()
    with frozen(machine, shell):
        refuses(stage, machine)
        after = shell.footprint()
    expect.same(after["pid"], before["pid"], "qga-plugind's process")
    expect.same(after["written"], before["written"], "the bytes that qga-plugind wrote to disk")
    expect.unchanged(logged, shell(JOURNAL), "what we logged")
    machine.command(PREFIX + "query", timeout=30)


def come_back(stage, machine, shell, way):
    """qga-plugind ends and is started again; the pid of the new one."""
    old = shell.footprint()["pid"]
    shell(way, 60)
    shell.until(f"pidof qga-plugind | grep -vw {old}", 60)
    if stage.kind == VIRSH:
        machine.wait_boot(60)  # libvirt hears of the port's end later than we ask
    machine.command("guest-ping")
    return shell.footprint()["pid"]


@on_both("freeze-and-plugind-restarts")
def freeze_and_restart(stage, machine, shell):
    """Who starts while all is frozen starts without a write, and asks qemu-ga how things are."""
    with frozen(machine, shell):
        for way in ("systemctl restart qga-plugind", "pkill -KILL -x qga-plugind"):
            come_back(stage, machine, shell, way)
            refuses(stage, machine)
            expect.same(shell.footprint()["written"], 0, "the bytes that qga-plugind wrote to disk")
    machine.command(PREFIX + "query", timeout=30)


@on_both("freeze-and-qemu-ga-dies")
def freeze_and_agent_dies(stage, machine, shell):
    """It remembers that it is frozen in a file, and so do we."""
    logged = shell(JOURNAL)
    with frozen(machine, shell):
        old = shell.footprint("qemu-ga")["pid"]
        shell("pkill -KILL -x qemu-ga")
        shell.until(f"pidof qemu-ga | grep -vw {old}", 60)
        machine.wait_for(lambda: is_there(machine), "the new qemu-ga", 60)
        refuses(stage, machine)
    expect.unchanged(logged, shell(JOURNAL), "what we logged while frozen")
    machine.command(PREFIX + "query", timeout=30)


def is_there(machine):
    """qemu-ga itself answers, not we in its place."""
    try:
        return machine.command("guest-fsfreeze-status") == "frozen"
    except CommandError:
        return False


@on_both("freeze-with-a-full-journal")
def full_journal(stage, machine, shell):
    """journald stands still: whatever we have to say is dropped, and nothing waits for it."""
    machine.command("guest-ping")
    count = int(shell(FILL, 60))
    expect.holds(count > 500, f"only {count} messages went into the journal's sockets")
    try:
        shell("pkill -KILL -x qemu-ga")  # of which we log a line
        machine.command("guest-ping")
        machine.wait_for(lambda: not is_frozen(machine), "qemu-ga to be back", 60)
        with frozen(machine, shell):
            # Of an agent that does not answer at the start, too, before it is known what is frozen.
            shell("pkill -STOP -x qemu-ga")
            come_back(stage, machine, shell, "pkill -KILL -x qga-plugind")
            shell("pkill -CONT -x qemu-ga")
            machine.wait_for(lambda: is_there(machine), "qemu-ga to go on", 60)
    finally:
        shell(FLOW)
    machine.command(PREFIX + "query", timeout=30)


def is_frozen(machine):
    try:
        return machine.command("guest-fsfreeze-status") != "thawed"
    except CommandError:
        return True


@case("channel/freeze-and-host-reconnects")
def freeze_and_reconnect(stage):
    """Hosts that come and go, in the middle of a request too, change nothing."""
    with Shell(stage) as shell:
        agent = stage.guest.agent
        with frozen(stage.guest, shell):
            for rubbish in (b"", b'{"execute": "guest-pi', b'{"execute": "guest-info"}\n'):
                agent.send(rubbish)
                agent.close()
                agent.open(20)
                refuses(stage, stage.guest)


@case("channel/freeze-with-an-operation-pending")
def freeze_while_prepared(stage):
    """The engine's record is in memory, and it keeps the NIC out; nothing is written to a disk."""
    with Shell(stage) as shell:
        operation = stage.prepare()["operation"]
        before = shell.footprint(ENGINE)
        with OneShot(stage.guest) as host, frozen(host, shell):
            after = shell.footprint(ENGINE)
        unharmed(before, after)
        pending = stage.query()["operation"]
        expect.same(pending["operation"], operation, "the operation")
        expect.same(expect.the_device(pending)["state"], "detached", "state")
        expect.done(stage.cancel(), "cancel", "attached")
        expect.on_primary(stage, "enp1s0")


@case("channel/freeze-while-the-nic-is-put-back")
def freeze_while_put_back(stage):
    """The engine has NetworkManager take it out again, which may wait for the disk: so the NIC may
    stay until the thaw, or for good, with a reason. The traffic goes through the standby."""
    with Shell(stage) as shell:
        operation = stage.prepare()["operation"]
        before = shell.footprint(ENGINE)
        with OneShot(stage.guest) as host, frozen(host, shell):
            shell(PULL_IN)
            shell("sleep 2")
            after = shell.footprint(ENGINE)
        unharmed(before, after)
        expect.same(stage.guest.bond().active, STANDBY, "the bond's active port")
        pending = stage.query()["operation"]
        expect.same(pending["operation"], operation, "the operation")
        device = expect.the_device(pending)
        gave_up = device.get("reason", {}).get("code") == "manager-undid"
        expect.holds(device["state"] == "detached" or gave_up, f"a state without a reason: {device}")
        expect.done(stage.cancel(), "cancel", "attached")
        expect.on_primary(stage, "enp1s0")


def unharmed(before, after):
    expect.same((after["pid"], after["written"]), (before["pid"], before["written"]),
                "the engine's process and the bytes that it wrote to disk")
