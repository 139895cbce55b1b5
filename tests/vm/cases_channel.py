# SPDX-License-Identifier: GPL-2.0-or-later
"""What host tools do over the agent channel: programs, files, and leaving in the middle.

And what the channel costs while nobody uses it.
"""
import base64
import hashlib
import json
import random

from tests.runner.cases import Failed
from tests.vm import expect
from tests.vm.oneshot import OneShot, line
from tests.vm.registry import LONG, VIRSH, case
from tests.vm.shell import Shell
from tests.vm.stage import PREFIX
from tests.vm.ways import kill_virsh, on_both

MIB = 1 << 20
FILE = "/run/vm-test-file"
BIG_FILE = "/root/vm-test-file"
# An argument of virsh is an argument of a program: 128 KiB (MAX_ARG_STRLEN); and no reply may pass
# 4 MiB through libvirt (REMOTE_STRING_MAX).
VIRSH_INPUT = 64 << 10
VIRSH_WRITE = 64 << 10
VIRSH_READ = 2 * MIB
KILLS = 100 if LONG else 24
# Memory that malloc keeps from one time to the next, in kB; a leak of a 4 MiB reply would be more.
KEPT_KB = 512
IDLE_SECONDS = 20 if LONG else 10
# qga-plugind takes a host that is back within this time for the same one (BACK_MS in stream.c, where
# the guest hears of a host's coming and going only after its bytes), whose half of a request is then
# the beginning of the next one's.
LEFT = "sleep 2.4"


def pattern(length, seed):
    return random.Random(seed).randbytes(length)


def digest(data):
    return hashlib.sha256(data).hexdigest()


# -- programs and files -----------------------------------------------------------------------

@on_both("exec-with-output")
def exec_output(_stage, machine, _shell):
    done = machine.exec(["/bin/sh", "-c", "echo out; echo err >&2; exit 7"], check=False)
    expect.same((done.code, done.out, done.err), (7, "out\n", "err\n"), "what the program did")
    text = "".join(f"{number}\n" for number in range(1, 40001))
    expect.same(machine.exec(["/usr/bin/seq", "40000"]).out, text, "200 kB of output")


@on_both("exec-with-input")
def exec_input(stage, machine, _shell):
    text = base64.b64encode(pattern(MIB * 3 // 4, 1)).decode()
    text = text[:VIRSH_INPUT] if stage.kind == VIRSH else text
    found = machine.exec(["/usr/bin/sha256sum"], timeout=60, stdin=text).out
    expect.same(found.split()[0], digest(text.encode()), f"the sum of {len(text)} bytes of input")


@on_both("file-of-8-mib")
def file_written_and_read(stage, machine, shell):
    """Over the raw channel in one request each way, by virsh in parts."""
    data = pattern(8 * MIB, 2)
    by_virsh = stage.kind == VIRSH
    # The writing virsh starts a program for every part.
    data = data[:2 * MIB] if by_virsh else data
    write_file(machine, data, VIRSH_WRITE if by_virsh else len(data))
    expect.same(shell(f"sha256sum {FILE}").split()[0], digest(data), "the sum of what was written")
    got = read_file(machine, FILE, VIRSH_READ if by_virsh else len(data))
    expect.same(digest(got), digest(data), "the sum of what was read")
    shell(f"rm {FILE}")


def write_file(machine, data, step):
    handle = machine.command("guest-file-open", {"path": FILE, "mode": "w"})
    for start in range(0, len(data), step):
        part = base64.b64encode(data[start:start + step]).decode()
        done = machine.command("guest-file-write", {"handle": handle, "buf-b64": part}, 60)
        expect.same(done["count"], len(data[start:start + step]), "bytes written")
    machine.command("guest-file-close", {"handle": handle})


def read_file(machine, path, step):
    handle, data, end = machine.command("guest-file-open", {"path": path, "mode": "r"}), [], False
    while not end:
        done = machine.command("guest-file-read", {"handle": handle, "count": step}, 120)
        data.append(base64.b64decode(done["buf-b64"]))
        end = done["eof"] or not data[-1]
    machine.command("guest-file-close", {"handle": handle})
    return b"".join(data)


@case("channel/file-of-48-mib")
def big_file(stage):
    """The longest reply that qemu-ga gives (GUEST_FILE_READ_COUNT_MAX), in one piece."""
    with Shell(stage) as shell, OneShot(stage.guest) as host:
        shell(f"head -c {48 * MIB} /dev/urandom >{BIG_FILE}", 120)
        before = shell.footprint()
        data = read_file(host, BIG_FILE, 48 * MIB)
        expect.same(digest(data), shell(f"sha256sum {BIG_FILE}", 60).split()[0], "the sum")
        kept(shell, before)
        shell(f"rm {BIG_FILE}")


# -- hosts that leave in the middle -----------------------------------------------------------

def kept(shell, before):
    """The same process as before, with as many descriptors and as much memory; says so."""
    after = shell.footprint()
    for name in ("pid", "descriptors"):
        expect.same(after[name], before[name], f"qga-plugind's {name}")
    grown = after["anonymous"] - before["anonymous"]
    expect.holds(grown < KEPT_KB, f"{grown} kB of memory more than before")
    return f"{before['anonymous']} kB of anonymous memory before, {after['anonymous']} kB after"


class Killer:
    """Hosts that are killed at random points; the seed is said, for a repetition."""

    def __init__(self, host, shell, seed):
        self.host = host
        self.shell = shell
        self.random = random.Random(seed)
        self.requests = [line(PREFIX + "query"), line("guest-get-osinfo"), line("guest-info"),
                         line("guest-exec", {"path": "/bin/true"})]
        self.long_request = line("guest-file-write", {"handle": 1, "buf-b64": "A" * (MIB // 2)})
        self.handle = host.command("guest-file-open", {"path": FILE, "mode": "r"})

    def within_the_request(self):
        """Sends a part; its successor begins as the manual of guest-sync-delimited says, with
        0xFF, or comes when the port has been left for long enough."""
        request = self.random.choice([*self.requests, self.long_request])
        with self.host.connect() as connection:
            connection.send(request[:self.random.randrange(1, len(request) - 2)])
        if self.random.random() < 0.7:
            return b"\xff"
        self.shell(LEFT)
        return b""

    def before_the_reply(self):
        """Sends a whole request, and reads nothing."""
        with self.host.connect() as connection:
            connection.send(self.random.choice(self.requests))
        return b""

    def within_the_reply(self):
        """Reads a random part of 4 MiB of reply."""
        seek = {"handle": self.handle, "offset": 0, "whence": "set"}
        read = {"handle": self.handle, "count": 3 * MIB}
        with self.host.connect() as connection:
            connection.send(line("guest-file-seek", seek) + line("guest-file-read", read))
            wanted = self.random.randrange(100, 4 * MIB)
            expect.same(len(connection.some(wanted, 60)), wanted, "bytes of the reply")
        return b""

    def end(self):
        self.host.command("guest-file-close", {"handle": self.handle})


@case("channel/host-killed-many-times")
def host_killed(stage):
    """Every time, the next host's first command gets its own reply right behind its sync's."""
    seed, counts = random.randrange(1 << 32), {}
    with Shell(stage) as shell, OneShot(stage.guest) as host:
        shell(f"head -c {3 * MIB} /dev/urandom >{FILE}")
        killer = Killer(host, shell, seed)
        ways = [killer.within_the_request, killer.before_the_reply, killer.within_the_reply]
        for way in ways:  # what is paid once, is paid
            host.exchange("guest-ping", lead=way())
        before = shell.footprint()
        for number in range(KILLS):
            way = ways[number % len(ways)]
            lead = way()
            reply = host.exchange("guest-ping", lead=lead, id=number)[1]
            good = reply == b'{"return": {}, "id": %d}' % number
            expect.holds(good, f"seed {seed}, host {number}, killed {way.__name__}: the next got {reply}")
            counts[way.__name__] = counts.get(way.__name__, 0) + 1
        memory = kept(shell, before)
        killer.end()
        shell(f"rm {FILE}")
    said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    stage.progress(f"hosts killed (seed {seed}): {said}; {sum(counts.values())} times the next one "
                   f"got its reply; {memory}")


@case("virsh/killed-many-times", VIRSH)
def virsh_killed(stage):
    """libvirtd stays, and finishes what virsh began: the next virsh gets its own reply."""
    seed, guest = random.randrange(1 << 32), stage.guest
    chance = random.Random(seed)
    with Shell(stage) as shell:
        shell(f"head -c {3 * MIB} /dev/urandom >{FILE}")
        handle = guest.command("guest-file-open", {"path": FILE, "mode": "r"})
        read = {"execute": "guest-file-read", "arguments": {"handle": handle, "count": 2 * MIB}}
        texts = [json.dumps(read), '{"execute": "guest-get-osinfo"}',
                 json.dumps({"execute": PREFIX + "query"})]
        before, under_way = shell.footprint(), 0
        for number in range(KILLS):
            # virsh takes some 30 ms to connect and ask.
            under_way += kill_virsh(guest, chance.uniform(0, 0.15), "qemu-agent-command",
                                    texts[number % len(texts)])
            done = guest.agent_command('{"execute": "guest-ping", "id": %d}' % number)
            if done.stdout.strip() != '{"return":{},"id":%d}' % number:
                raise Failed(f"seed {seed}, virsh {number}: {done.stdout!r} {done.stderr!r}")
        memory = kept(shell, before)
        guest.command("guest-file-close", {"handle": handle})
    stage.progress(f"{KILLS} virsh killed (seed {seed}), {under_way} of them while they ran; "
                   f"{KILLS} times the next one got its reply; {memory}")


# -- nobody there, or nothing to do -----------------------------------------------------------

def costs_nothing(shell):
    """In a window of the guest's own time qga-plugind is not once woken up."""
    shell("sleep 1")  # whoever has just left or come is noticed
    before = shell.footprint()
    shell(f"sleep {IDLE_SECONDS}", IDLE_SECONDS + 60)
    expect.same(shell.footprint(), before, f"qga-plugind after {IDLE_SECONDS} s with nothing to do")


@case("channel/idle-costs-nothing")
def idle(stage):
    with Shell(stage) as shell:
        stage.guest.command("guest-ping")
        costs_nothing(shell)
        with OneShot(stage.guest):
            costs_nothing(shell)


@case("virsh/idle-costs-nothing", VIRSH)
def virsh_idle(stage):
    with Shell(stage) as shell:
        stage.guest.command("guest-ping")
        costs_nothing(shell)
