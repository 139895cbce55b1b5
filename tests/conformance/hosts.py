# SPDX-License-Identifier: GPL-2.0-or-later
"""The host's end of a channel: a client of a socket, or the other side of a serial line.

Sends bytes, reads lines as they are. Every wait is for a condition and has a deadline.
"""
import collections
import json
import os
import select
import socket
import time
import tty

DEADLINE_S = 30
CHUNK = 1 << 18


def wait_for(condition, what, seconds=DEADLINE_S):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"timed out waiting for {what}")
        time.sleep(0.01)


class Host:
    """A client of a listening unix socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        wait_for(lambda: self.socket.connect_ex(str(path)) == 0, f"a server at {path}")
        self.begin(self.socket.fileno())

    def begin(self, descriptor):
        self.descriptor = descriptor
        self.held = bytearray()
        os.set_blocking(descriptor, False)

    def ready(self, events, seconds=DEADLINE_S):
        """Which of select's "r" and "w" the descriptor is ready for, of those asked for."""
        readers, writers = ([self.descriptor] if kind in events else [] for kind in "rw")
        readable, writable, _ = select.select(readers, writers, [], max(seconds, 0))
        return "r" * bool(readable) + "w" * bool(writable)

    def put(self, data):
        """Writes what the other side has room for; the bytes taken."""
        try:
            return os.write(self.descriptor, data)
        except BlockingIOError:
            return 0

    def receive(self):
        """Some bytes, or none at the end."""
        if not self.ready("r"):
            raise TimeoutError(f"nothing came within {DEADLINE_S} s; held: {self.held[:200]!r}")
        try:
            return os.read(self.descriptor, CHUNK)
        except ConnectionResetError:
            return b""

    def send(self, data):
        data = memoryview(data)
        while data:
            if not self.ready("w"):
                raise TimeoutError(f"{len(data)} bytes were not taken within {DEADLINE_S} s")
            data = data[self.put(data[:CHUNK]):]

    def send_until_full(self, data, quiet_s=0.5):
        """Sends as long as the other side takes any; the bytes taken."""
        done = 0
        while done < len(data) and self.ready("w", quiet_s):
            done += self.put(data[done:done + CHUNK])
        return done

    def line(self):
        searched = 0
        while (end := self.held.find(b"\n", searched)) < 0:
            searched = len(self.held)
            data = self.receive()
            if not data:
                raise EOFError(bytes(self.held[:1000]))
            self.held += data
        line = bytes(self.held[:end + 1])
        del self.held[:end + 1]
        return line

    def lines(self, count):
        return [self.line() for _ in range(count)]

    def talk(self, chunks, is_last):
        """Sends the chunks, each by write()s of its own, and reads meanwhile, so that neither side
        waits for the other; the lines up to the one that is the last."""
        lines, left = [], collections.deque(memoryview(chunk) for chunk in chunks if chunk)
        while left or not (lines and is_last(lines[-1])):
            events = self.ready("rw" if left else "r")
            if not events:
                raise TimeoutError(f"after {len(lines)} lines; held {bytes(self.held[:200])!r}")
            if "w" in events:
                chunk = left.popleft()
                if rest := chunk[self.put(chunk):]:
                    left.appendleft(rest)
            if "r" in events:
                lines += self.read_lines()
        return lines

    def read_lines(self):
        """What there is, as far as it is whole lines."""
        data = self.receive()
        if not data:
            raise EOFError(bytes(self.held[:1000]))
        self.held += data
        if b"\n" not in data:
            return []
        *lines, rest = bytes(self.held).split(b"\n")
        self.held[:] = rest
        return [line + b"\n" for line in lines]

    def ask(self, command, request_id=None, **arguments):
        request = {"execute": command}
        if arguments:
            request["arguments"] = arguments
        if request_id is not None:
            request["id"] = request_id
        self.send(json.dumps(request).encode() + b"\n")
        return json.loads(self.line())

    def is_silent(self, seconds=0.3):
        """Nothing comes for so long; the end of the stream does not count as silence."""
        return not self.held and not self.ready("r", seconds)

    def stop_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()


class PortHost(Host):
    """The host's end of a serial port, found at `path`; close() hangs up."""

    def __init__(self, path):  # pylint: disable=super-init-not-called
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        link = path.with_suffix(".next")
        link.symlink_to(os.ttyname(self.slave))
        link.replace(path)
        self.begin(self.master)

    def close(self):
        for descriptor in (self.slave, self.master):
            if descriptor is not None:
                os.close(descriptor)
        self.slave = self.master = None
