# SPDX-License-Identifier: GPL-2.0-or-later
"""Probes at 1 kHz and what they say of each phase of a story.

A lost probe belongs to the phase in which it was sent. The longest gap of a phase is the largest
interval between two consecutive replies that overlaps the phase, so a gap that spans a border
counts on both sides of it.
"""

import signal
import subprocess
from dataclasses import dataclass

from tests.lab.base import MESON, LabError, stop_process
from tests.lab.network import GUEST_IPV4

PROGRAM = MESON / "tests/lab/lab-probe"


@dataclass(frozen=True)
class Phase:
    """A named piece of time; start and end as time.monotonic()."""

    name: str
    start: float
    end: float


class ProbeLog:
    """All probes of a run: sent[i] and received[i] (None if lost), as time.monotonic()."""

    def __init__(self, sent, received):
        self.sent = sent
        self.received = received

    @classmethod
    def load(cls, path):
        """Read the log of lab-probe."""
        sent, received = [], []
        for line in path.read_text().splitlines():
            first, second = line.split()
            sent.append(int(first) / 1e6)
            received.append(int(second) / 1e6 if second != "0" else None)
        return cls(sent, received)

    def lost_times(self):
        """When each lost probe was sent."""
        return [sent for sent, received in zip(self.sent, self.received) if received is None]

    def gaps(self):
        """(start, end) between consecutive replies; the run's ends close the first and last."""
        if not self.sent:
            return []
        replies = sorted(time for time in self.received if time is not None)
        points = [self.sent[0], *replies]
        if self.received[-1] is None:
            points.append(self.sent[-1])
        return list(zip(points, points[1:]))

    def statistics(self, phase):
        """{"sent", "lost", "longest-gap-ms"} of a Phase."""
        inside = [
            received for sent, received in zip(self.sent, self.received)
            if phase.start <= sent < phase.end
        ]
        overlapping = [
            end - start for start, end in self.gaps() if start < phase.end and end > phase.start
        ]
        return {
            "sent": len(inside),
            "lost": sum(received is None for received in inside),
            "longest-gap-ms": round(max(overlapping, default=phase.end - phase.start) * 1000, 1),
        }


class Probe:
    """lab-probe, running on the wire from the moment this is made."""

    def __init__(self, network, path, interval_us=1000, address=GUEST_IPV4):
        if not PROGRAM.exists():
            raise LabError(f"{PROGRAM} is not built (ninja -C {MESON})")
        self.path = path
        self.process = subprocess.Popen(
            network.inside(PROGRAM, address, interval_us, path),
            stdin=subprocess.DEVNULL, start_new_session=True,
        )

    def stop(self):
        """Stop sending, wait a second for late replies; the ProbeLog."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired as error:
            raise LabError("lab-probe did not end within 20 s of SIGTERM") from error
        if code != 0:
            raise LabError(f"lab-probe failed ({code})")
        return ProbeLog.load(self.path)

    def kill(self):
        """End it without a log, if it still runs."""
        stop_process(self.process, patience=0.1)
