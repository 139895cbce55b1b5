#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The vm suite. Prints TAP as the cases end, see tests/runner; as root, from a built tree.

run.py --list: the names; run.py [NAME…]: all, or those. Each stage (a guest that many cases share)
is a process of its own, two at a time; they write JSON lines to this one, which numbers and prints.
"""
import argparse
import json
import os
import queue
import subprocess
import sys
import threading
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)

from tests.lab.base import LabError, dump_json, stop_process  # noqa: E402
from tests.lab.channel import CommandError  # noqa: E402
from tests.lab.lab import end_on_signals  # noqa: E402
from tests.runner.cases import Failed  # noqa: E402
from tests.vm import bonds, cases_agent, cases_bare, cases_bonds, cases_eject, cases_faults, cases_hold  # noqa: E402
from tests.vm import cases_fabrics, cases_ifupdown, cases_managers, cases_migrate, cases_mixed  # noqa: E402
from tests.vm import cases_networkd, cases_package, cases_pause, cases_prepare, cases_refusals, cases_replug  # noqa: E402
from tests.vm import cases_several, cases_team  # noqa: E402
from tests.vm import eject, fabrics, managers, mixed, refusals, registry  # noqa: E402
from tests.vm.package import PackageStage  # noqa: E402
from tests.vm.stage import Stage  # noqa: E402
from tests.vm.tables import RESULTS, Collector  # noqa: E402
from tests.vm.traffic import table  # noqa: E402

# Each registers its cases when it is imported.
CASES = (cases_replug, cases_prepare, cases_hold, cases_agent, cases_faults, cases_several,
         cases_pause, cases_bonds, cases_team, cases_package, cases_refusals, cases_eject,
         cases_fabrics, cases_migrate, cases_managers, cases_bare,
         cases_networkd, cases_ifupdown, cases_mixed)
STAGES = {registry.FAULT: cases_faults.FaultStage, registry.SEVERAL: cases_several.SeveralStage,
          registry.BONDS: bonds.BondsStage, registry.TEAM: cases_team.TeamStage,
          registry.PACKAGE: PackageStage, registry.REFUSALS: refusals.RefusalStage,
          registry.KERNEL: refusals.KernelStage, registry.NATIVE: eject.NativeStage,
          registry.FABRIC: fabrics.FabricStage, registry.PAIR: fabrics.PairStage,
          registry.MANAGERS: managers.ManagerStage, registry.MIXED: mixed.MixedStage}
AT_ONCE = 2


# -- one stage -------------------------------------------------------------------------------

def tell(**event):
    print(json.dumps(event), flush=True)


def why(error):
    """An exception as lines for people."""
    if isinstance(error, (Failed, LabError, CommandError)):
        return str(error).splitlines() or [repr(error)]
    return [f"{type(error).__name__}: {error}", *traceback.format_exception(error)[-12:]]


def play(stage, name, entry):
    """One case; tells its result."""
    start, lines, stage.tables = time.monotonic(), [], {}
    try:
        stage.begin()
        start = time.monotonic()
        entry.function(stage)
    except Exception as error:  # pylint: disable=broad-except
        lines = [line for part in why(error) for line in part.splitlines()] + stage.notes(name)
    seconds = time.monotonic() - start
    tell(result=name, ok=not lines, seconds=round(seconds, 2), lines=lines, traffic=stage.rows,
         tables=stage.tables)
    if lines or entry.uses_up:
        stage.drop()


def run_stage(guest, kind, names):
    end_on_signals()
    table_of_cases = registry.stages()[guest, kind]
    make = STAGES.get(kind, Stage)
    with make(guest, kind, lambda text: tell(progress=f"{guest} ({kind}): {text}")) as stage:
        for name, entry in table_of_cases.items():
            if name in names:
                play(stage, name, entry)


def fetch_all():
    """Make what the stages boot from, as far as it is missing; says what it makes."""
    for guest, kind in registry.stages():
        STAGES.get(kind, Stage)(guest, kind, print).fetch()


# -- all of them -----------------------------------------------------------------------------

class Output:
    """TAP, numbered through, and the table for build/results. Used by one thread."""

    def __init__(self, suite, planned):
        self.suite = suite
        self.start = time.monotonic()
        self.left = list(planned)
        self.number = 0
        self.failed = 0
        self.rows = []
        self.tables = Collector(planned)
        print(f"1..{len(self.left)}", flush=True)

    def say(self, text):
        print(f"# [{time.monotonic() - self.start:4.0f} s] {text}", flush=True)

    def result(self, name, good, seconds, lines, traffic):
        self.left.remove(name)
        self.number += 1
        self.failed += not good
        self.rows += [{"test": name, **row} for row in traffic]
        for lines_of_table, summary in self.tables.ended(name, self.left):
            print("\n".join(f"#| {line}" for line in lines_of_table.splitlines()))
            self.say(summary)
        text = [*lines, *table(traffic).splitlines()]
        head = [f"# {line}" for line in text]
        verdict = "ok" if good else "not ok"
        why = "" if good else f" {lines[0]}"
        head.append(f"{verdict} {self.number} - {name} # {seconds:.1f} s{why}")
        print("\n".join(head), flush=True)

    def take(self, event):
        if "result" in event:
            self.tables.take(event["result"], event["tables"])
            self.result(event["result"], event["ok"], event["seconds"], event["lines"],
                        event["traffic"])
        else:
            self.say(event["progress"])

    def finish(self):
        for name in list(self.left):
            self.result(name, False, 0.0, ["its stage ended before it"], [])
        whole = [row for row in self.rows if row["phase"] == "whole"]
        sent, lost, excused = (sum(row[key] for row in whole) for key in ("sent", "lost", "excused"))
        lost -= excused
        figures = {
            "probes-sent": {"value": sent, "unit": "probes"},
            "probes-lost": {"value": lost, "unit": "probes", "budget": 0, "holds": lost == 0},
            "elapsed": {"value": round(time.monotonic() - self.start, 1), "unit": "s"},
        }
        dump_json(RESULTS / f"{self.suite}.json", {"name": self.suite, "rows": self.rows, "figures": figures})
        self.say(f"{sent} probes at 1 kHz around every change, {lost} lost; {excused} more where a "
                 "case says why (a live migration stops the guest, a manager is restarted)")
        return int(self.failed > 0)


def stage_process(stage, names, events):
    """Run a stage in a process; its events go into the queue, then None."""
    guest, kind = stage
    argv = [sys.executable, "-B", os.path.abspath(__file__), "--stage", guest, kind, *names]
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def read():
        for line in process.stdout:
            events.put(json.loads(line))
        process.wait()
        events.put(None)

    threading.Thread(target=read, daemon=True).start()
    return process


def names_of(kinds):
    """The names of the cases, in order, whose guests are of these kinds."""
    return [name for (_, kind), cases in registry.stages().items() for name in cases
            if kind in kinds]


def in_short(names):
    """One row of the fault matrix for each command: its first after something was done."""
    chosen = ("prepare-switch", "complete-attach", "cancel-attach")
    return [name for name in names if name.rpartition("/")[2] in chosen]


def run_all(suite, chosen):
    output, events, processes, running = Output(suite, chosen), queue.Queue(), [], 0
    waiting = [(stage, [name for name in cases if name in chosen])
               for stage, cases in registry.stages().items()]
    waiting = [(stage, names) for stage, names in waiting if names]
    try:
        while waiting or running:
            while waiting and running < AT_ONCE:
                processes.append(stage_process(*waiting.pop(0), events))
                running += 1
            event = events.get()
            if event is None:
                running -= 1
            else:
                output.take(event)
    finally:
        for process in processes:
            stop_process(process, patience=20)
    return output.finish()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--fetch", action="store_true",
                        help="make the images and packages that the cases need, and run none")
    parser.add_argument("--faults", action="store_true", help="the cases of suite faults instead")
    parser.add_argument("--stage", nargs=2, metavar=("GUEST", "KIND"), help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    is_fault = {registry.FAULT, registry.SEVERAL}
    names = names_of(is_fault if options.faults else set(registry.KINDS) - is_fault)
    if options.list:
        print("\n".join(names))
        return 0
    if options.fetch:
        fetch_all()
        return 0
    if options.stage:
        run_stage(*options.stage, options.names)
        return 0
    if unknown := [name for name in options.names if name not in names]:
        parser.error(f"no test {unknown[0]}")
    end_on_signals()
    if options.faults and os.environ.get("SHORT"):
        names = in_short(names)
    return run_all("faults" if options.faults else "vm", options.names or names)


if __name__ == "__main__":
    sys.exit(main())
