# SPDX-License-Identifier: GPL-2.0-or-later
"""Two flows of datagrams at 1 kHz, to the guest and from it, each measured by itself.

A probe (probe.py) is lost when either way is broken. Here each end numbers what it sends and notes
what it receives, so that a loss has a direction. Each end's times are of its own clock, and the
guest's is not the host's: what is lost on the way to the guest is placed in time by the host's
sending, what is lost on the way to the host by the arrival, there, of what was sent before and
behind it. What was sent before both ends heard each other does not count.
"""

import itertools
import os
import selectors
import signal
import subprocess
import time
from dataclasses import dataclass

from tests.lab.base import MESON, Deadline, LabError, stop_process
from tests.lab.network import GUEST_IPV4, HOST_IPV4

PROGRAM = MESON / "tests/lab/lab-flow"
# Where the program is in a guest, its log, and the unit that it runs as.
GUEST_PROGRAM = "/usr/local/bin/lab-flow"
GUEST_LOG = "/run/lab-flow.log"
UNIT = "lab-flow"
# On the host it goes before all else. In the guest, where waking a thousand times a second takes more
# than half of an emulated CPU, it gets three quarters of it where others want it, too: it may miss a
# tick, but what is measured comes to an end.
NICE = -5
START_SECONDS = 20
# lab-flow listens for 2 s after the other end's last datagram, and for a minute at most.
STOP_SECONDS = 90
TO_GUEST, TO_HOST = "to-guest", "to-host"
DIRECTIONS = (TO_GUEST, TO_HOST)


def guest_files():
    """The program, for a guest's own files; built on Debian 12, it runs on Debian 13 as well."""
    if not PROGRAM.exists():
        raise LabError(f"{PROGRAM} is not built (ninja -C {MESON})")
    return {GUEST_PROGRAM: (PROGRAM.read_bytes(), 0o755)}


@dataclass(frozen=True)
class End:
    """What one end saw, by its own clock: when it sent each number, when each number came."""

    sent: list
    received: dict

    @classmethod
    def parse(cls, text):
        """From the text of lab-flow's log."""
        sent, received = [], {}
        for line in text.splitlines():
            kind, *numbers = line.split()
            if kind == "s":
                sent.append(int(numbers[0]) / 1e6)
            else:
                received[int(numbers[0])] = int(numbers[1]) / 1e6
        return cls(sent, received)


def placed_by_arrival(sent, received):
    """When each number was under way, by the clock of the end that received some of them.

    A lost one lies between its neighbours as it did when they were sent.
    """
    known = sorted(received)
    if not known:
        return []
    places = [received[known[0]] - sent[known[0]] + when for when in sent[:known[0]]]
    for first, second in zip(known, known[1:]):
        span = sent[second] - sent[first]
        stretch = (received[second] - received[first]) / span if span else 0
        places += [received[first] + (when - sent[first]) * stretch for when in sent[first:second]]
    last = known[-1]
    return places + [received[last] - sent[last] + when for when in sent[last:]]


@dataclass(frozen=True)
class Direction:
    """One way: where each datagram is in the host's time, and when it arrived by the clock of the
    end that it was sent to; the datagrams before first do not count."""

    places: list
    arrivals: dict
    first: int = 0

    def lost_times(self):
        """When each lost datagram was under way."""
        return [place for number, place in enumerate(self.places)
                if number >= self.first and number not in self.arrivals]

    def gaps(self):
        """(start, end, seconds) between consecutive arrivals: the first two in the host's time, the
        last as the receiver saw it. The run's ends close the first and the last."""
        numbers = range(self.first, len(self.places))
        if not numbers:
            return []
        came = sorted((n for n in numbers if n in self.arrivals), key=self.arrivals.get)
        found = [(self.places[a], self.places[b], self.arrivals[b] - self.arrivals[a])
                 for a, b in zip(came, came[1:])]
        inner = [self.places[n] for n in (came[0], came[-1])] if came else [self.places[self.first]]
        ends = [(self.places[numbers[0]], inner[0]), (inner[-1], self.places[numbers[-1]])]
        return found + [(start, end, end - start) for start, end in ends if end > start]

    def statistics(self, phase):
        """{"sent", "lost", "longest-gap-ms"} of a Phase."""
        inside = [number for number in range(self.first, len(self.places))
                  if phase.start <= self.places[number] < phase.end]
        overlapping = [seconds for start, end, seconds in self.gaps()
                       if start < phase.end and end > phase.start]
        return {
            "sent": len(inside),
            "lost": sum(number not in self.arrivals for number in inside),
            "longest-gap-ms": round(max(overlapping, default=phase.end - phase.start) * 1000, 1),
        }


def directions(host, guest, begin):
    """{TO_GUEST: Direction, TO_HOST: Direction} of two Ends. begin: when both were heard."""
    early = sum(when < begin for when in host.sent)
    heard = [number for number, when in host.received.items() if when < begin]
    to_host = placed_by_arrival(guest.sent, host.received)
    return {TO_GUEST: Direction(host.sent, guest.received, early),
            TO_HOST: Direction(to_host, host.received, max(heard, default=-1) + 1)}


class Flow:
    """lab-flow on both ends of the wire, from the moment this is made until stop()."""

    # What of an earlier flow is still under way is not taken for this one's.
    ports = itertools.count(7000)

    def __init__(self, guest, path, interval_us=1000):
        self.guest = guest
        self.path = path
        port = next(self.ports)
        guest.exec(["/usr/bin/systemd-run", "-q", "--collect", f"--unit={UNIT}", f"--nice={NICE}",
                    f"--property=TimeoutStopSec={STOP_SECONDS}",
                    GUEST_PROGRAM, HOST_IPV4, port, interval_us, GUEST_LOG])
        self.process = subprocess.Popen(
            guest.lab.network.inside("chrt", "-f", "10", PROGRAM, GUEST_IPV4, port, interval_us,
                                     path),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True,
        )
        try:
            self._wait_both_ways()
        except BaseException:
            self.kill()
            raise
        self.begin = time.monotonic()

    def _wait_both_ways(self):
        deadline = Deadline(START_SECONDS, "datagrams to flow both ways")
        said = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"both ways\n" not in said:
                if selector.select(deadline.left()):
                    data = os.read(self.process.stdout.fileno(), 4096)
                    if not data:
                        raise LabError(f"lab-flow ended after it said {said!r}")
                    said += data

    def stop(self):
        """Stop both ends; the Directions. The first of them listens until the other is quiet."""
        self.process.send_signal(signal.SIGTERM)
        self.guest.exec(["/bin/systemctl", "stop", f"{UNIT}.service"], timeout=STOP_SECONDS)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise LabError(f"lab-flow did not end within {STOP_SECONDS} s of SIGTERM") from error
        self.process.stdout.close()
        if code != 0:
            raise LabError(f"lab-flow failed ({code})")
        guest = End.parse(self.guest.read(GUEST_LOG))
        return directions(End.parse(self.path.read_text()), guest, self.begin)

    def kill(self):
        """End the host's end without a log, if it still runs; the guest's ends with its guest."""
        stop_process(self.process, patience=0.1)
        self.process.stdout.close()
