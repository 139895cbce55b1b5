# SPDX-License-Identifier: GPL-2.0-or-later
"""Probes at 1 kHz all along a case: none may be lost, in its phases or between them.

The window goes on for AFTER seconds behind the last phase, so that what a phase broke is seen.
"""
import contextlib
import time

from tests.lab.probe import Phase
from tests.runner.cases import Failed

AFTER = 1.0


class Traffic:
    """with Traffic(stage) as traffic: with traffic.phase("prepare"): ...

    allow: a function of the time at which a lost probe was sent; True forgives it. It is asked at
    the end, so it may look at what the case found out meanwhile.
    """

    def __init__(self, stage, allow=None):
        self.stage = stage
        self.allow = allow or (lambda _sent: False)
        self.phases = []
        self.probe = None

    def __enter__(self):
        self.probe = self.stage.lab.probe()
        # The first probes also resolve the guest's address.
        time.sleep(0.3)
        return self

    @contextlib.contextmanager
    def phase(self, name):
        start = time.monotonic()
        try:
            yield
        finally:
            self.phases.append(Phase(name, start, time.monotonic()))

    def __exit__(self, kind, _value, _traceback):
        if kind is not None:
            self.probe.kill()
            return
        end = time.monotonic()
        time.sleep(AFTER)
        log = self.probe.stop()
        self.phases.append(Phase("after", end, end + AFTER))
        rows = [{"phase": phase.name, **log.statistics(phase)} for phase in self.phases]
        whole = Phase("whole", log.sent[0], log.sent[-1] + 1)
        rows.append({"phase": "whole", **log.statistics(whole)})
        self.stage.rows += rows
        self._judge(log, rows)

    def _judge(self, log, rows):
        lost = [sent for sent in log.lost_times() if not self.allow(sent)]
        if lost:
            start = log.sent[0]
            when = ", ".join(f"{sent - start:.3f} s" for sent in lost[:8])
            raise Failed(f"{len(lost)} of {len(log.sent)} probes lost, at {when}\n{table(rows)}\n"
                         f"{self._counters()}")
        least = (log.sent[-1] - log.sent[0]) * 500
        if len(log.sent) < least:
            raise Failed(f"only {len(log.sent)} probes were sent: this proves nothing")

    def _counters(self):
        """Every place that counts what it drops: the taps, the guest's interfaces and its CPU."""
        guest = self.stage.guest.sh("ip -s -s link; cat /proc/net/softnet_stat")
        return f"--- wire\n{self.stage.lab.network.ip('-s', 'link')}\n--- guest\n{guest.out}"


def table(rows):
    """The rows of a case, for people."""
    return "\n".join(
        f"{row['phase']:10} {row['sent']:6} sent {row['lost']:5} lost {row['longest-gap-ms']:9.1f} ms gap"
        for row in rows
    )
