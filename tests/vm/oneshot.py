# SPDX-License-Identifier: GPL-2.0-or-later
"""A host tool after Proxmox's manner: a new connection for every command.

guest-sync-delimited and the command leave in one write; what comes back is `\\xff`, the sync's
reply, and right behind it the command's. Nothing may stand between the two, and nothing before
them, but what a host that was killed had left.
"""
import itertools
import json
import re
import socket

from tests.lab.base import Deadline, wait_until
from tests.lab.channel import CommandError
from tests.lab.machine import Machine
from tests.runner.cases import Failed

BOTH = re.compile(rb"^(.*)\xff([^\n]*)\n([^\n]*)\n$", re.DOTALL)
SYNC = re.compile(rb"^(.*)\xff([^\n]*)\n$", re.DOTALL)


class Connection:
    """One connection to a guest's agent channel."""

    def __init__(self, guest):
        self.name = guest.name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # QEMU lets one client wait behind the one it has; a further one is refused meanwhile.
        wait_until(lambda: self._connects(guest.agent.path), 10, f"{self.name} to take a client",
                   0.02)

    def _connects(self, path):
        self.socket.setblocking(False)
        return self.socket.connect_ex(str(path)) == 0

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.socket.close()

    def send(self, data, timeout=60):
        self.socket.settimeout(timeout)
        self.socket.sendall(data)

    def some(self, length, timeout):
        """That many bytes; fewer only if no more come for so long, or QEMU has ended."""
        data, more = b"", b"?"
        self.socket.settimeout(timeout)
        while len(data) < length and more:
            try:
                more = self.socket.recv(length - len(data))
            except (TimeoutError, ConnectionResetError):
                more = b""
            data += more
        return data

    def match(self, pattern, what, timeout):
        """Read until all that came fits the pattern; its groups."""
        deadline, data = Deadline(timeout, f"{self.name} to answer {what}"), bytearray()
        while not (data.endswith(b"\n") and (found := pattern.match(data))):
            self.socket.settimeout(deadline.left())
            try:
                data += self.socket.recv(1 << 20)
            except TimeoutError as error:
                raise Failed(f"no answer to {what} within {timeout} s; "
                             f"all that came is {bytes(data[-300:])!r}") from error
        return found.groups()


    def lines(self, count, timeout):
        """The next lines of the guest, whole."""
        found = self.match(re.compile(rb"^((?:[^\n]*\n){%d})$" % count), f"{count} requests", timeout)
        return found[0].splitlines()


def line(name, arguments=None, **members):
    """A request as it goes over the wire."""
    message = {"execute": name} | ({"arguments": arguments} if arguments is not None else {})
    return json.dumps(message | members).encode() + b"\n"


class OneShot(Machine):
    """with OneShot(guest) as host: host.command(…), host.exec(…); the lab's own agent connection
    is closed meanwhile, for a port has one host."""

    numbers = itertools.count(1)

    def __init__(self, guest):
        self.guest = guest
        self.name = guest.name

    def __enter__(self):
        self.guest.agent.close()
        return self

    def __exit__(self, kind, _value, _traceback):
        # A failure is not to be hidden by another.
        if kind is None:
            self.guest.connect_agent(60)

    def connect(self):
        return Connection(self.guest)

    def exchange(self, name, arguments=None, timeout=30, lead=b"", **members):
        """(what came before, the reply's bytes) to one command."""
        number = next(self.numbers)
        sync = line("guest-sync-delimited", {"id": number})
        with self.connect() as connection:
            connection.send(lead + sync + line(name, arguments, **members))
            before, synced, reply = connection.match(BOTH, name, timeout)
        if synced != b'{"return": %d}' % number:
            raise Failed(f"the sync before {name} got {synced!r}")
        return before, reply

    def reply(self, name, arguments=None, timeout=30):
        """The whole reply to a command; nothing but the sync's reply may come before it."""
        before, reply = self.exchange(name, arguments, timeout)
        if before:
            raise Failed(f"before the replies to {name} came {before[:300]!r}")
        return json.loads(reply)

    def command(self, name, arguments=None, timeout=30):
        reply = self.reply(name, arguments, timeout or 30)
        if "error" in reply:
            raise CommandError(name, reply["error"])
        return reply["return"]

    def silent(self, name, arguments, until):
        """A command that gets no reply: until() returns when it is carried out."""
        number = next(self.numbers)
        with self.connect() as connection:
            connection.send(line("guest-sync-delimited", {"id": number}) + line(name, arguments))
            before, synced = connection.match(SYNC, f"the sync before {name}", 30)
            until()
            after = connection.some(1, 1)
        if (before, synced, after) != (b"", b'{"return": %d}' % number, b""):
            raise Failed(f"{name} was answered: {before!r}, {synced!r}, {after!r}")
