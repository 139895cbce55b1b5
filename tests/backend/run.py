#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The backend suite: test programs that need bonding and root, run in one small guest.

Usage: run.py [--build FOLDER] [PROGRAM…]

Boots once and runs the programs given, or every executable named test-* in FOLDER/tests/backend
(FOLDER: build/meson). Prints one TAP stream for all of them, as they run:

    TAP version 13
    ok 1 test-netlink-bond /bond/primary/switches-at-once
    not ok 2 test-netlink-link /link/get/gone
    ok 3 test-netlink-link /link/x # SKIP reason
    # everything else that a program writes, after "# "
    1..3

A program that dies, hangs or breaks its plan gives one "not ok N PROGRAM # …" line more. Exit
status: 0 if every line is ok and at least one test was run, 1 otherwise, 2 if the guest did not
boot. Skipped tests do not change the status: who counts skips as failures reads the lines.
"""

import argparse
import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import guest  # noqa: E402  (needs the path above)

ENVIRONMENT = ("G_DEBUG=fatal-criticals", "MALLOC_PERTURB_=85", "PATH=/usr/sbin:/usr/bin:/sbin:/bin")
RESULT = re.compile(r"(ok|not ok)\b\s*(\d+)?\s*(.*)")
PLAN = re.compile(r"1\.\.(\d+)")


class Merger:
    """Many TAP streams into one, numbered through."""

    def __init__(self):
        self.number = 0
        self.failed = 0
        self.program = None
        self.planned = None
        self.seen = 0

    def _result(self, word, text):
        self.number += 1
        self.failed += word == "not ok"
        print(f"{word} {self.number} {text}", flush=True)

    def start(self, program):
        self.program, self.planned, self.seen = Path(program.split()[0]).name, None, 0

    def end(self, status):
        if status != "0" and not (status == "1" and self.planned == self.seen):
            self._result("not ok", f"{self.program} # exit status {status}")
        elif self.planned != self.seen:
            self._result("not ok", f"{self.program} # {self.seen} of {self.planned} tests were run")
        self.program = None

    def line(self, line):
        if line.startswith("#program "):
            self.start(line.removeprefix("#program "))
        elif line.startswith("#exit "):
            self.end(line.removeprefix("#exit "))
        elif match := RESULT.fullmatch(line):
            self.seen += 1
            self._result(match[1], f"{self.program} {match[3]}".rstrip())
        elif match := PLAN.match(line):
            self.planned = int(match[1])
        elif line and not line.startswith("TAP version"):
            print(line if line.startswith("#") else f"# {line}", flush=True)

    def finish(self, expected):
        """Status of the suite; a guest that died within a program has not sent its end."""
        if self.program:
            self._result("not ok", f"{self.program} # the guest died")
        print(f"1..{self.number}")
        return 0 if self.number and not self.failed and expected else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=guest.ROOT / "build" / "meson")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM")
    options = parser.parse_args()
    folder = options.build.resolve() / "tests" / "backend"
    found = sorted(path for path in folder.glob("test-*") if path.is_file())
    programs = [os.path.abspath(path) for path in options.programs or found]
    print("TAP version 13")
    merger = Merger()
    try:
        for line in guest.boot(programs, ENVIRONMENT):
            merger.line(line)
    except guest.GuestError as error:
        print(f"Bail out! {error}")
        return 2
    return merger.finish(programs)


if __name__ == "__main__":
    sys.exit(main())
