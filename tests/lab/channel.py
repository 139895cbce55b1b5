# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients of QEMU's two JSON sockets: the monitor (QMP) and the guest agent's channel.

Both are blocking, with a deadline on every read. Neither retries: a lost reply is a failure that
the caller sees.
"""

import itertools
import json
import socket
import time

from tests.lab.base import Deadline, LabError, wait_until


class CommandError(Exception):
    """The other side answered with an error: cls is its class, desc what virsh would show."""

    def __init__(self, command, error):
        self.cls = error.get("class", "")
        self.desc = error.get("desc", "")
        super().__init__(f"{command}: {self.desc} ({self.cls})")

    @property
    def code(self):
        """The stable code that desc starts with (`no-standby: …`), or ""."""
        head = self.desc.partition(":")[0]
        return head if head and " " not in head else ""


class LineSocket:
    """A unix stream socket read by lines."""

    def __init__(self, path, name):
        self.path = path
        self.name = name
        self.socket = None
        self.buffer = b""

    def connect(self, timeout=10):
        def attempt():
            candidate = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            candidate.settimeout(timeout)  # QEMU lets one client wait behind the one it has
            try:
                candidate.connect(str(self.path))
            except OSError:
                candidate.close()
                return None
            return candidate

        self.close()
        self.socket = wait_until(attempt, timeout, f"{self.name} to accept connections", 0.02)
        return self

    def close(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None
        self.buffer = b""

    def send(self, data):
        self.socket.settimeout(10)
        self.socket.sendall(data)

    def read_until(self, mark, deadline):
        """The bytes before the next mark, which is dropped."""
        while mark not in self.buffer:
            self.socket.settimeout(deadline.left())
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                continue
            if not data:
                raise LabError(f"{self.name} closed the connection; was waiting for {deadline.what}")
            self.buffer += data
        head, _, self.buffer = self.buffer.partition(mark)
        return head


class Qmp(LineSocket):
    """The monitor. Events that arrive meanwhile are kept, each with QEMU's own timestamp."""

    def __init__(self, path, name):
        super().__init__(path, f"QMP of {name}")
        self.events = []

    def open(self, timeout=10):
        self.connect(timeout)
        self._read(Deadline(timeout, "the QMP greeting"))
        self.command("qmp_capabilities")
        return self

    def _read(self, deadline):
        message = json.loads(self.read_until(b"\n", deadline))
        if "event" in message:
            self.events.append(message)
        return message

    def event_time(self, name):
        """When QEMU sent the last event of that name, as time.monotonic()."""
        event = [event for event in self.events if event["event"] == name][-1]
        stamp = event["timestamp"]["seconds"] + event["timestamp"]["microseconds"] / 1e6
        return stamp - time.time() + time.monotonic()

    def command(self, name, arguments=None, timeout=20):
        """Run one command; its return value, or CommandError."""
        request = {"execute": name} | ({"arguments": arguments} if arguments else {})
        self.send(json.dumps(request).encode() + b"\n")
        deadline = Deadline(timeout, f"the reply to {name} on {self.name}")
        while True:
            reply = self._read(deadline)
            if "error" in reply:
                raise CommandError(name, reply["error"])
            if "return" in reply:
                return reply["return"]

    def wait_event(self, name, timeout, since=0, **data):
        """The first event of that name, from index `since` on, whose data has those members."""
        deadline = Deadline(timeout, f"event {name} {data or ''} on {self.name}")
        while True:
            for event in self.events[since:]:
                found = event.get("data", {})
                if event["event"] == name and all(found.get(k) == v for k, v in data.items()):
                    return event
            since = len(self.events)
            self._read(deadline)


class Agent(LineSocket):
    """The host's end of the agent channel, as an orchestrator uses it."""

    ids = itertools.count(1000)

    def __init__(self, path, name):
        super().__init__(path, f"the agent of {name}")

    def sync(self, timeout=10):
        """guest-sync-delimited: afterwards the next line is the answer to our next request."""
        ident = next(self.ids)
        request = {"execute": "guest-sync-delimited", "arguments": {"id": ident}}
        self.send(b"\xff" + json.dumps(request).encode() + b"\n")
        deadline = Deadline(timeout, f"{self.name} to answer guest-sync-delimited")
        while True:
            self.read_until(b"\xff", deadline)
            if json.loads(self.read_until(b"\n", deadline)).get("return") == ident:
                return self

    def open(self, timeout=10):
        """Connect and sync; once only, an agent that is not there yet is a LabError."""
        return self.connect(timeout).sync(timeout)

    def request(self, message, timeout=10):
        """Send one message (a dict) and return the whole reply, error or not."""
        self.send(json.dumps(message).encode() + b"\n")
        return self.reply(timeout, message.get("execute", "?"))

    def reply(self, timeout=10, to="a request"):
        """The next line from the guest, parsed."""
        return json.loads(self.read_until(b"\n", Deadline(timeout, f"{self.name} to answer {to}")))

    def command(self, name, arguments=None, timeout=10):
        """Run one command; its return value, or CommandError."""
        message = {"execute": name} | ({"arguments": arguments} if arguments is not None else {})
        reply = self.request(message, timeout)
        if "error" in reply:
            raise CommandError(name, reply["error"])
        return reply.get("return")
