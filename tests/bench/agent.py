# SPDX-License-Identifier: GPL-2.0-or-later
"""What qga-plugind costs, beside the stock agent alone and beside a bare relay, in a guest with two
CPUs, as a guest that is migrated has at least.

The guest has three agent ports: the usual one, through qga-plugind; one that a second stock qemu-ga
owns; one where a program that only copies bytes stands before a third. The relay shows what any
process in between must cost on this machine.
"""
import base64
import os
import socket
import time

from tests.bench.figures import Bench
from tests.lab import image, profiles
from tests.lab.base import MESON
from tests.lab.channel import LineSocket
from tests.lab.lab import Lab
from tests.runner.cases import Failed

THROUGH, DIRECT, RELAY = "qga-plugind", "qemu-ga alone", "bare relay"
PING = b'{"execute":"guest-ping"}\n'
SHORT = bool(os.environ.get("SHORT"))
ROUNDS = 5
PINGS = 60 if SHORT else 300
FILE_MIB = 48
IDLE_SECONDS = 10 if SHORT else 30
START = """mkdir -p /run/direct /run/relay
systemd-run -q --unit direct-agent /usr/sbin/qemu-ga -m virtio-serial \
    -p /dev/virtio-ports/direct.0 -t /run/direct
systemd-run -q --unit relayed-agent /usr/sbin/qemu-ga -m unix-listen -p /run/relay/sock \
    -t /run/relay
until [ -S /run/relay/sock ]; do sleep 0.1; done
systemd-run -q --unit relay /root/relay /dev/virtio-ports/relay.0 /run/relay/sock
sed -n '/^MainPID=/s///p' <<END
$(systemctl show -p MainPID qga-plugind qemu-guest-agent)
END"""
# Context switches that the processes asked for, of all their threads: each is a wake-up.
WAKE_UPS = "cat /proc/{}/task/*/status | awk '/^voluntary/ {{ n += $2 }} END {{ print n }}'"


class Client(LineSocket):
    """A host on one port: whole replies, timed."""

    def ask(self, request, seconds=60):
        """A request; the bytes of its reply, and the seconds until the last of them."""
        self.socket.settimeout(seconds)
        start = time.perf_counter()
        self.socket.sendall(request)
        parts = [self.socket.recv(1 << 20)]
        while not parts[-1].endswith(b"\n"):
            parts.append(self.socket.recv(1 << 20))
            if not parts[-1]:
                raise Failed(f"{self.name} hung up in the middle of a reply")
        return b"".join(parts), time.perf_counter() - start


def ports(folder):
    options = []
    for name in ("direct", "relay"):
        options += ["-chardev", f"socket,id={name},path={folder}/{name},server=on,wait=off",
                    "-device", f"virtserialport,chardev={name},name={name}.0"]
    return options


def put_program(guest, path, data):
    handle = guest.command("guest-file-open", {"path": path, "mode": "w"})
    for start in range(0, len(data), 1 << 16):
        text = base64.b64encode(data[start:start + (1 << 16)]).decode()
        guest.command("guest-file-write", {"handle": handle, "buf-b64": text})
    guest.command("guest-file-close", {"handle": handle})
    guest.exec(["/bin/chmod", "755", path])


def measure_pings(bench, clients):
    for _ in range(ROUNDS):
        for column, client in clients.items():
            seconds = sorted(client.ask(PING)[1] for _ in range(PINGS))
            bench.add("guest-ping", "ms", column, 1000 * seconds[len(seconds) // 2])
    bench.ratio("ping-through-to-direct", "guest-ping", THROUGH, DIRECT, most=1.10)
    bench.ratio("ping-through-to-relay", "guest-ping", THROUGH, RELAY)


def read_file(client, path):
    """Seconds for the whole file in one read; it is checked for length and end."""
    opened, _ = client.ask(b'{"execute":"guest-file-open","arguments":{"path":"%s"}}\n' % path)
    handle = opened.split(b":")[1].strip(b" }\n")
    reply, seconds = client.ask(b'{"execute":"guest-file-read","arguments":'
                                b'{"handle":%s,"count":%d}}\n' % (handle, FILE_MIB << 20))
    client.ask(b'{"execute":"guest-file-close","arguments":{"handle":%s}}\n' % handle)
    if b'"count": %d' % (FILE_MIB << 20) not in reply or len(reply) < (FILE_MIB << 20) * 4 // 3:
        raise Failed(f"{client.name}: a read of {FILE_MIB} MiB gave {len(reply)} bytes")
    return seconds


def measure_reads(bench, guest, clients):
    guest.sh(f"head -c {FILE_MIB}M /dev/urandom >/run/bench.bin")
    for _ in range(2 if SHORT else ROUNDS):
        for column in clients:
            seconds = read_file(clients[column], b"/run/bench.bin")
            bench.add(f"guest-file-read, {FILE_MIB} MiB", "MiB/s", column, FILE_MIB / seconds)
    bench.ratio("read-throughput-to-direct", f"guest-file-read, {FILE_MIB} MiB", THROUGH, DIRECT,
                least=0.95)
    bench.ratio("read-throughput-to-relay", f"guest-file-read, {FILE_MIB} MiB", THROUGH, RELAY)


def anonymous_kib(guest, pid):
    return int(guest.sh(f"sed -n 's/^RssAnon:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/{pid}/status").out)


def measure_memory(bench, guest, plugind, agent):
    own, stock = anonymous_kib(guest, plugind), anonymous_kib(guest, agent)
    bench.add("anonymous memory", "KiB", THROUGH, own)
    bench.add("anonymous memory", "KiB", DIRECT, stock)
    bench.figure("memory-to-qemu-ga", own / stock, "ratio", most=1.0)
    if own > stock:
        raise Failed(f"qga-plugind has {own} KiB of anonymous memory, qemu-ga {stock} KiB")


def wake_ups(guest, pid, seconds):
    """Wake-ups of a process while nobody asks for anything; the guest counts by itself, and what
    the asking itself costs is outside."""
    count = WAKE_UPS.format(pid)
    guest.write("/run/idle.sh", f"rm -f /run/after; sleep 2; {count} >/run/before\n"
                f"sleep {seconds}; {count} >/run/part; mv /run/part /run/after\n")
    guest.sh("systemd-run -q --collect --unit idle /bin/sh /run/idle.sh")
    return lambda: int(guest.read("/run/after")) - int(guest.read("/run/before"))


def measure_idle(bench, guest, plugind):
    for host in ("with a host", "without a host"):
        counted = wake_ups(guest, plugind, IDLE_SECONDS)
        guest.agent.close()
        if host == "with a host":
            guest.connect_agent(60)
        time.sleep(IDLE_SECONDS + 8)  # a starved guest's seconds are longer
        guest.connect_agent(60)
        guest.wait_for(lambda: guest.exec(["/bin/test", "-e", "/run/after"], check=False).code == 0,
                       "the guest to have counted", 60)
        count = counted()
        print(f"# woke up {count} times in {IDLE_SECONDS} s {host}", flush=True)
        bench.figure(f"idle-wake-ups-{host.replace(' ', '-')}", count / IDLE_SECONDS, "a second",
                     most=0)
        if count:
            raise Failed(f"qga-plugind woke up {count} times in {IDLE_SECONDS} s {host}")


def channel():
    bench = Bench("bench-agent", [THROUGH, DIRECT, RELAY])
    with Lab("bench-agent") as lab:
        guest = lab.guest(image.ensure("bookworm"), memory=1024,
                          options=[*ports(lab.folder), "-smp", "2"],
                          files=profiles.bond_profiles())
        guest.wait_boot()
        guest.wait_network()
        put_program(guest, "/root/relay", (MESON / "tests/bench/bench-relay").read_bytes())
        # The relay ends with its host: it is there first.
        clients = {column: Client(lab.folder / name, name).connect()
                   for column, name in ((DIRECT, "direct"), (RELAY, "relay"))}
        plugind, agent = guest.sh(START).out.split()
        # The usual port is the lab's own connection: as any host's.
        clients = {THROUGH: borrowed(guest), **clients}
        for client in clients.values():
            client.ask(PING)
        measure_memory(bench, guest, plugind, agent)
        measure_pings(bench, clients)
        measure_reads(bench, guest, clients)
        measure_memory(bench, guest, plugind, agent)
        clients[THROUGH].close()  # else the port would have its host still
        measure_idle(bench, guest, plugind)
    bench.show()


def borrowed(guest):
    client = Client(guest.agent.path, "the agent's port")
    client.socket = socket.socket(fileno=os.dup(guest.agent.socket.fileno()))
    return client
