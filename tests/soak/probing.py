# SPDX-License-Identifier: GPL-2.0-or-later
"""Probes at 1 kHz for as long as it takes, counted by phase.

A probe's log holds some minutes (see tests/lab/probe.c), so one takes over from the other: the next
is answered before the last one ends, and there is no moment without.
"""
import bisect
import contextlib
import time

from tests.lab.probe import Phase
from tests.vm.traffic import LEAST_PER_SECOND

# The first probes also resolve the guest's address.
WARM_UP = 0.3
# Lost ones are told one by one up to here.
TOLD = 20


class Tally:
    """What a phase came to, over all its turns."""

    def __init__(self):
        self.seconds = []
        self.sent = 0
        self.lost = 0
        self.gap_ms = 0.0


class Probing:
    """with Probing(lab) as probing: with probing.phase("prepare"): ...; probing.relay()"""

    def __init__(self, lab):
        self.lab = lab
        self.tallies = {}
        self.lost = []  # "when, in which phase", of each probe that was lost
        self.probe = None
        self.since = 0.0
        self.phases = []  # of the present probe
        self.sent = 0
        self.probed_seconds = 0.0

    def __enter__(self):
        self._start()
        self.began = time.monotonic()
        return self

    def __exit__(self, kind, _value, _traceback):
        if kind is not None:
            self.probe.kill()
        else:
            time.sleep(1.0)  # what the last phase broke shows behind it
            self._count(self.probe, self.since, time.monotonic())

    @contextlib.contextmanager
    def phase(self, name):
        start = time.monotonic()
        try:
            yield
        finally:
            self.phases.append(Phase(name, start, time.monotonic()))

    def relay(self):
        """A new probe in the present one's place; between phases only."""
        last, since = self.probe, self.since
        self._start()
        self._count(last, since, self.since)

    def _start(self):
        self.probe = self.lab.probe()
        time.sleep(WARM_UP)
        self.since = time.monotonic()

    def _count(self, probe, start, end):
        log = probe.stop()
        self.lab.probes.remove(probe)
        probe.path.unlink()
        phases, self.phases = self.phases, []
        for phase in [*phases, *between(phases, start, end)]:
            self._add(log, phase)
        self.probed_seconds += end - start

    def _add(self, log, phase):
        tally = self.tallies.setdefault(phase.name, Tally())
        first, last = (bisect.bisect_left(log.sent, at) for at in (phase.start, phase.end))
        tally.seconds.append(phase.end - phase.start)
        tally.sent += last - first
        self.sent += last - first
        previous = phase.start
        for sent, received in zip(log.sent[first:last], log.received[first:last]):
            if received is None:
                tally.lost += 1
                self.lost.append(f"{sent - self.began:.3f} s, in {phase.name}")
                continue
            tally.gap_ms = max(tally.gap_ms, 1000 * (received - previous))
            previous = max(previous, received)

    def problems(self):
        """What speaks against the figures, in lines."""
        if self.lost:
            more = f" and {len(self.lost) - TOLD} more" if len(self.lost) > TOLD else ""
            yield f"{len(self.lost)} of {self.sent} probes lost: {'; '.join(self.lost[:TOLD])}{more}"
        if self.sent < LEAST_PER_SECOND * self.probed_seconds:
            yield (f"only {self.sent} probes were sent in {self.probed_seconds:.0f} s: this proves "
                   "nothing")


def between(phases, start, end):
    """The time that no phase has, as phases."""
    edges = [start, *[edge for phase in phases for edge in (phase.start, phase.end)], end]
    return [Phase("between", left, right) for left, right in zip(edges[::2], edges[1::2])]
