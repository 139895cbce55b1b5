# SPDX-License-Identifier: GPL-2.0-or-later
"""Full cycles in one guest, one after the other: prepare, unplug, plug into another slot, complete;
every now and then a prepare that is cancelled."""
import os
import statistics
import sys

from tests.bench.figures import grid
from tests.lab.base import BUILD, dump_json
from tests.runner.cases import Failed
from tests.soak import footprint
from tests.soak.probing import Probing
from tests.vm import cycle, expect
from tests.vm.registry import QEMU
from tests.vm.stage import Stage

SHORT = bool(os.environ.get("SHORT"))
CYCLES = 6 if SHORT else 200
# So many cycles to one probe, one cancel and one footprint.
ROUND = 2 if SHORT else 10
# Another slot than before each time; the first one again at the end of every round.
SLOTS = ("rp2", "rp1", "rp3", "rp1")
# Where nothing may be lost, whatever else is.
STILL = ("prepare", "complete", "prepare, then cancel", "cancel")


def say(text):
    print(f"# {text}", file=sys.stdout, flush=True)


def full_cycle(stage, probing, slot):
    cycle.prepare(stage, probing)
    cycle.unplug(stage, probing)
    cycle.plug(stage, probing, slot)
    cycle.complete(stage, probing, slot)


def cancelled(stage, probing, slot):
    with probing.phase("prepare, then cancel"):
        expect.done(stage.prepare(), "prepare", "detached")
    with probing.phase("cancel"):
        expect.done(stage.cancel(), "cancel", "attached")
    expect.on_primary(stage, expect.INTERFACES[slot])


class Soak:
    """The rounds, and what they came to."""

    def __init__(self, stage):
        self.stage = stage
        self.footprints = {}  # number of the cycle: Footprint
        self.probing = None

    def play(self):
        with Probing(self.stage.lab) as self.probing:
            for number in range(1, CYCLES + 1):
                slot = SLOTS[(number - 1) % len(SLOTS)]
                full_cycle(self.stage, self.probing, slot)
                if number % ROUND == 0:
                    cancelled(self.stage, self.probing, slot)
                    self.end_round(number)

    def end_round(self, number):
        self.footprints[number] = footprint.take(self.stage.guest)
        if number < CYCLES:
            self.probing.relay()
        told = [f"{name} {process.memory} KiB {process.descriptors}"
                for name, process in self.footprints[number].processes.items()]
        say(f"{number} cycles, {len(self.probing.lost)} probes lost; {'; '.join(told)}")

    def problems(self):
        yield from self.probing.problems()
        first = self.footprints[ROUND]
        for number, later in self.footprints.items():
            yield from footprint.problems(first, later, f"after {number} cycles")

    def judge(self):
        found = list(self.problems())
        self.show(found)
        if found:
            raise Failed("\n".join(found))
        self.wait_engine_ends()

    def wait_engine_ends(self):
        """At rest there is no engine: what it took is gone, whatever that was."""
        state = ["/bin/systemctl", "is-active", "qga-net-failoverd.service"]
        self.stage.guest.wait_for(
            lambda: self.stage.guest.exec(state, check=False).out.strip() == "inactive",
            "the engine to end")

    # -- showing ------------------------------------------------------------------------------

    def phase_rows(self):
        return [{"phase": name, "turns": len(tally.seconds), "sent": tally.sent,
                 "lost": tally.lost, "longest-gap-ms": round(tally.gap_ms, 1),
                 "median-s": round(statistics.median(tally.seconds), 3),
                 "most-s": round(max(tally.seconds), 3)}
                for name, tally in self.probing.tallies.items()]

    def process_rows(self):
        middle = CYCLES // 2 // ROUND * ROUND
        return [{"process": name, "cycle": number, "pid": process.pid,
                 "anonymous-kib": process.memory, "descriptors": process.descriptors}
                for number, taken in self.footprints.items() if number in (ROUND, middle, CYCLES)
                for name, process in taken.processes.items()]

    def show(self, found):
        phases, processes = self.phase_rows(), self.process_rows()
        for rows in (phases, processes):
            grid([list(rows[0]), *[[str(value) for value in row.values()] for row in rows]])
        still = sum(row["lost"] for row in phases if row["phase"] in STILL)
        figures = {
            "cycles": {"value": max(self.footprints, default=0), "unit": "cycles"},
            "probes-sent": {"value": self.probing.sent, "unit": "probes"},
            "probes-lost-prepare-complete-cancel":
                {"value": still, "unit": "probes", "budget": 0, "holds": still == 0},
            "probes-lost": {"value": len(self.probing.lost), "unit": "probes", "budget": 0,
                            "holds": not self.probing.lost},
            "differences": {"value": len(found), "unit": "findings", "budget": 0,
                            "holds": not found},
        }
        dump_json(BUILD / "results" / "soak.json",
                  {"name": "soak", "rows": phases + processes, "figures": figures})


def play():
    with Stage("debian-12", QEMU, say) as stage:
        stage.begin()
        soak = Soak(stage)
        try:
            soak.play()
            soak.judge()
        except Exception as error:
            raise Failed("\n".join([str(error), *stage.notes("soak")])) from error
