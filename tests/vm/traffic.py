# SPDX-License-Identifier: GPL-2.0-or-later
"""Probes at 1 kHz all along a case: none may be lost, in its phases or between them.

The window goes on for AFTER seconds behind the last phase, so that what a phase broke is seen.

What the guest's kernel had no room to answer is told and not judged: it counts replies against its
ICMP socket (some 170 of them, icmp_sk_init) until the NIC has sent them, and an emulator that a busy
machine does not let run has not. It counts each such probe (Icmp OutErrors, which nothing but a full
socket increments: icmp_push_reply); one lost probe more than these, and the case fails.
"""
import contextlib
import time

from tests.lab.base import run
from tests.lab.network import GUEST_IPV4
from tests.lab.probe import Phase
from tests.runner.cases import Failed

AFTER = 1.0
IN_FLIGHT = 0.05  # a reply takes a few milliseconds, on a busy machine more
# On average over the whole window. The prober runs before all else on the machine, and a millisecond
# that it misses is not made up for; its windows have shown 983 a second and more.
LEAST_PER_SECOND = 900
REFUSED = "icmp/OutErrors"
COUNTERS = r"""cd /sys/class/net && grep -H . */statistics/*packets */statistics/*errors \
    */statistics/*dropped */statistics/*nohandler
awk '/^Icmp: [A-Z]/ { split($0, names) }
     /^Icmp: [0-9]/ { for (i = 2; i <= NF; i++) print "icmp/" names[i] ":" $i }' /proc/net/snmp"""


class Traffic:
    """with Traffic(stage) as traffic: with traffic.phase("prepare"): ...

    allow: a function of the time at which a lost probe was sent; True excuses it. It is asked at
    the end, so it may look at what the case found out meanwhile. address: whose echo is asked for.
    """

    def __init__(self, stage, allow=None, address=GUEST_IPV4):
        self.stage = stage
        self.address = address
        self.allow = allow or (lambda _sent: False)
        self.phases = []
        self.excused = []  # (start, end)
        self.probe = None
        self.before = {}
        self.after = {}
        self.is_refused = False  # all that was lost was refused by the guest's socket

    def __enter__(self):
        self.before = counters(self.stage)
        self.probe = self.stage.lab.probe(address=self.address)
        # The first probes also resolve the guest's address.
        time.sleep(0.3)
        return self

    @contextlib.contextmanager
    def phase(self, name, judged=True):
        """judged False: what is lost meanwhile is told, and excused."""
        start = time.monotonic()
        try:
            yield
        finally:
            end = time.monotonic()
            self.phases.append(Phase(name, start, end))
            if not judged:
                self.excused.append((start - IN_FLIGHT, end))

    def _is_excused(self, sent):
        return self.is_refused or self.allow(sent) or any(start <= sent < end for start, end in self.excused)

    def __exit__(self, kind, _value, _traceback):
        if kind is not None:
            self.probe.kill()
            return
        end = time.monotonic()
        time.sleep(AFTER)
        log = self.probe.stop()
        self.phases.append(Phase("after", end, end + AFTER))
        self.phases.append(Phase("whole", log.sent[0], log.sent[-1] + 1))
        self._look_for_refused(log)
        self.stage.rows += [self._row(log, phase) for phase in self.phases]
        self._judge(log)

    def _look_for_refused(self, log):
        lost = [sent for sent in log.lost_times() if not self._is_excused(sent)]
        if not lost:
            return
        self.after = counters(self.stage)
        refused = self.after["guest"].get(REFUSED, 0) - self.before["guest"].get(REFUSED, 0)
        if len(lost) <= refused:
            self.is_refused = True
            self.stage.progress(f"{len(lost)} of {len(log.sent)} probes found the guest's ICMP socket "
                                f"full ({refused} times): the emulator did not get to send")

    def _row(self, log, phase):
        excused = sum(phase.start <= sent < phase.end and self._is_excused(sent)
                      for sent in log.lost_times())
        return {"phase": phase.name, **log.statistics(phase), "excused": excused}

    def _judge(self, log):
        lost = [sent for sent in log.lost_times() if not self._is_excused(sent)]
        if lost:
            start = log.sent[0]
            when = ", ".join(f"{sent - start:.3f} s" for sent in lost[:8])
            where = differences(self.before, self.after)
            lines = [f"{len(lost)} of {len(log.sent)} probes lost, at {when}", *where]
            raise Failed("\n".join(lines))
        seconds = log.sent[-1] - log.sent[0]
        if len(log.sent) < seconds * LEAST_PER_SECOND:
            raise Failed(f"only {len(log.sent)} probes were sent in {seconds:.1f} s, "
                         f"{len(log.sent) / seconds:.0f} a second: this proves nothing")


def counters(stage):
    """Every counter of frames, on the wire's side and in the guest."""
    wire = stage.lab.network.inside("/bin/sh", "-c", COUNTERS)
    return {"wire": parse(run(wire)), "guest": parse(stage.guest.sh(COUNTERS).out)}


def differences(before, now):
    """Where frames went in between, for whoever wonders about a loss; lines."""
    for side, found in now.items():
        for name, value in found.items():
            if value != before[side].get(name, 0):
                yield f"{side:6} {name:40} {value - before[side].get(name, 0):+}"


def parse(text):
    """{"bond0/rx_dropped": number} of what COUNTERS prints."""
    rows = (line.rpartition(":") for line in text.splitlines())
    return {path.replace("/statistics", ""): int(value) for path, _, value in rows}


def table(rows):
    """The rows of a case, for people."""
    return "\n".join(
        f"{row['phase']:10} {row['sent']:6} sent {row['lost']:5} lost {row['longest-gap-ms']:9.1f} ms gap"
        for row in rows
    )
