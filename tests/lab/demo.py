# SPDX-License-Identifier: GPL-2.0-or-later
"""./demo: the story aided and unaided on two guests, a table, a picture, result.json.

The last word is the exit status: 0 only when the aided guest lost nothing that it should not.
"""

import argparse
import shutil
import sys
from contextlib import ExitStack

from tests.lab import image, timeline
from tests.lab.base import BUILD, LabError, Progress, dump_json
from tests.lab.channel import CommandError
from tests.lab.lab import Lab, end_on_signals
from tests.lab.story import Story

FOLDER = BUILD / "demo"
COLUMNS = ("sent", "lost", "longest-gap-ms")
LOSSLESS = ("prepare", "unplug", "plug", "complete")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./demo")
    parser.add_argument("--release", choices=image.RELEASES, default="bookworm")
    return parser.parse_args()


def tell_both(disk, progress):
    """(aided, unaided) Outcomes. Both guests boot at once; the stories are told one by one."""
    with ExitStack() as unaided_stack:
        unaided_lab = unaided_stack.enter_context(Lab("demo-unaided"))
        with Lab("demo-aided") as aided_lab:
            progress("booting a source guest for each story (software emulation)")
            guests = [aided_lab.guest(disk), unaided_lab.guest(disk)]
            for guest in guests:
                guest.wait_boot()
            progress("agents answer, waiting for the bonds")
            for guest in guests:
                guest.wait_network()
            guests[1].pause()  # the two cores are for one story at a time
            progress("--- aided: prepare, unplug, migrate, plug, complete")
            aided = Story(guests[0], progress, aided=True).tell()
        guests[1].resume()
        progress("--- unaided: unplug, migrate, plug")
        unaided = Story(guests[1], progress, aided=False, like=aided).tell()
    return aided, unaided


def judge(outcome):
    """What the aided story failed to keep; an empty list when all is well."""
    result = outcome.result()
    wrong = list(outcome.failures)
    for name in LOSSLESS:
        lost = result["phases"][name]["lost"]
        if lost:
            wrong.append(f"{lost} probes lost in {name}")
    _inside, outside = outcome.lost_in_migrate()
    if outside:
        wrong.append(f"{outside} probes lost in migrate outside of the stop-and-copy")
    if not outcome.rejoined:
        wrong.append(f"the new NIC ({outcome.interface}) is not in the bond")
    for member, what in (("active", "active port"), ("bond-primary", "primary option")):
        if result[member] != outcome.interface:
            wrong.append(f"the bond's {what} is {result[member]}, not {outcome.interface}")
    return wrong


def _cells(statistics):
    return "{:>6} {:>6} {:>9.1f}".format(*(statistics[column] for column in COLUMNS))


def print_table(aided, unaided):
    """The comparison, for people."""
    first, second = aided.result(), unaided.result()
    heading = f"{'sent':>6} {'lost':>6} {'gap ms':>9}"
    print(f"\n{'':14}{'aided':^23}    {'unaided':^23}")
    print(f"{'phase':14}{heading}    {heading}")
    for name, statistics in first["phases"].items():
        print(f"{name:14}{_cells(statistics)}    {_cells(second['phases'][name])}")
    print()
    rows = [("new NIC", [outcome.interface for outcome in (aided, unaided)])]
    rows += [("in the bond", ["yes" if o.rejoined else "no" for o in (aided, unaided)])]
    rows += [("active port", [r["active"] or "none" for r in (first, second)])]
    rows += [("bond's primary", [r["bond-primary"] or "none" for r in (first, second)])]
    rows += [("manager says", [outcome.manager for outcome in (aided, unaided)])]
    for label, (left, right) in rows:
        print(f"{label:16}{left or 'gone':<26} {right or 'gone'}")
    for name, outcome in (("aided", aided), ("unaided", unaided)):
        stopped = (outcome.stopped[1] - outcome.stopped[0]) * 1000
        inside, outside = outcome.lost_in_migrate()
        print(f"{name}: in migrate the guest stood still for {stopped:.0f} ms (stop-and-copy); "
              f"probes lost by that: {inside}, otherwise: {outside}")


def write_results(aided, unaided):
    dump_json(FOLDER / "result.json", {"aided": aided.result(), "unaided": unaided.result()})
    timeline.draw(aided, unaided, [FOLDER / "timeline.png", FOLDER / "timeline.svg"])
    names = ", ".join(str((FOLDER / n).relative_to(BUILD.parent))
                      for n in ("timeline.png", "timeline.svg", "result.json"))
    print(f"\nwritten: {names}")


def main():
    arguments = parse_arguments()
    end_on_signals()
    progress = Progress()
    shutil.rmtree(FOLDER, ignore_errors=True)
    try:
        disk = image.ensure(arguments.release, progress)
        aided, unaided = tell_both(disk, progress)
    except (LabError, CommandError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: interrupted; everything started was ended", file=sys.stderr)
        return 130
    print_table(aided, unaided)
    write_results(aided, unaided)
    wrong = judge(aided)
    for line in wrong:
        print(f"demo: aided: {line}", file=sys.stderr)
    print(f"\n{'FAILED' if wrong else 'OK'}: the aided guest "
          + ("did not keep its network" if wrong else "lost nothing but at the stop-and-copy, and its new NIC took over"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
