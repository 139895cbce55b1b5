# SPDX-License-Identifier: GPL-2.0-or-later
"""The agent channel as a host sees it that pings it 20 times a second, without ever waiting.

Pings and commands share the one connection; each has an `id`, so that it is known which were
answered when, and which never. Replies come in order: a ping is lost once a later request has its
reply.
"""
import itertools
import json
import queue
import socket
import threading
import time
from dataclasses import dataclass

from tests.lab.base import Deadline, LabError
from tests.lab.channel import CommandError

INTERVAL_SECONDS = 0.05
SETTLE_SECONDS = 60  # until an unanswered request makes the wait for the last reply an error


class Lost(LabError):
    """A command got no reply. A host would give it again."""


@dataclass
class Ping:
    """When one was sent and answered, by time.monotonic(); answered is None if it never was."""

    sent: float
    answered: float = None


@dataclass(frozen=True)
class Window:
    """What became of the pings between two moments."""

    sent: int
    lost: int
    longest: float  # seconds from a ping to its reply; what was lost is not in it

    def row(self, phase):
        """As one of traffic.table()."""
        return {"phase": phase, "sent": self.sent, "lost": self.lost,
                "longest-gap-ms": round(self.longest * 1000, 1)}


class Pings:
    """with Pings(guest): guest.command() and all that is made of it go between the pings."""

    def __init__(self, guest):
        self.guest = guest
        self.agent = guest.agent  # what guest.agent is before and afterwards
        self.socket = None
        self.pings = {}  # by id, in the order in which they were sent
        self.numbers = itertools.count()
        self.lock = threading.Lock()  # of the socket's sending side, and of what is numbered
        self.waiting = {}  # queues of replies to commands, by id
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self._send, daemon=True),
                        threading.Thread(target=self._receive, daemon=True)]

    def __enter__(self):
        self.agent.close()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(self.agent.path))
        # Whatever the last client left in the guest ends here.
        self.socket.sendall(b"\xff")
        self.guest.agent = self
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, _value, _traceback):
        self.ended.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        self.socket.close()
        self.guest.agent = self.agent
        # A failure is not to be hidden by another.
        if kind is None:
            self.guest.connect_agent()

    # -- the two directions -----------------------------------------------------------------

    def _write(self, name, arguments, register):
        """Send a request; register(id) is called before its reply can be there."""
        with self.lock:
            number = next(self.numbers)
            register(number)
            message = {"execute": name, "id": number}
            if arguments is not None:
                message["arguments"] = arguments
            self.socket.sendall(json.dumps(message).encode() + b"\n")

    def _send(self):
        due = time.monotonic()
        while not self.ended.wait(max(0, due - time.monotonic())):
            try:
                self._write("guest-ping", None, self._sent)
            except OSError:
                return
            due += INTERVAL_SECONDS

    def _sent(self, number):
        self.pings[number] = Ping(time.monotonic())

    def _receive(self):
        rest = b""
        while not self.ended.is_set():
            data = self.socket.recv(65536)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self._take(json.loads(line))

    def _take(self, reply):
        now, number = time.monotonic(), reply.get("id")
        if number is None:
            return  # what the 0xFF at the start got
        if number in self.pings:
            self.pings[number].answered = now
        for waiting, replies in list(self.waiting.items()):
            if waiting <= number:
                replies.put(reply if waiting == number else None)

    # -- for the test -----------------------------------------------------------------------

    def command(self, name, arguments=None, timeout=10):
        """As channel.Agent's: the return value, or CommandError; Lost if it never comes."""
        replies, numbers = queue.Queue(), []

        def register(number):
            self.waiting[number] = replies
            numbers.append(number)

        self._write(name, arguments, register)
        try:
            reply = replies.get(timeout=timeout)
        except queue.Empty:
            raise LabError(f"no reply to {name} within {timeout} s") from None
        finally:
            del self.waiting[numbers[0]]
        if reply is None:
            raise Lost(f"{name} is not answered, but what was sent after it is")
        if "error" in reply:
            raise CommandError(name, reply["error"])
        return reply.get("return")

    def settled(self):
        """Wait until a ping that is sent from now on is answered: what was sent before is, too, or
        is lost. Returns that moment."""
        now = time.monotonic()
        deadline = Deadline(SETTLE_SECONDS, "the channel to answer a ping")
        while not any(ping.sent > now and ping.answered for ping in list(self.pings.values())):
            time.sleep(min(INTERVAL_SECONDS, deadline.left()))
        return now

    def window(self, start, end):
        """What became of the pings sent from start to end, which settled() has returned."""
        found = [ping for ping in list(self.pings.values()) if start <= ping.sent <= end]
        times = [ping.answered - ping.sent for ping in found if ping.answered]
        return Window(len(found), len(found) - len(times), max(times, default=0.0))
