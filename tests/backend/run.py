#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The backend suite: test programs that need bonding and root, run in one small guest.

Usage: run.py [--build FOLDER] [--list | TEST…]

The programs are the executables named test-* in FOLDER/tests/backend (FOLDER: build/meson), the
tests are theirs; names are unique over all programs. --list prints the names and runs nothing;
with names only those tests are run. One guest is booted for all of them. Output, as they run:

    TAP version 13
    ok 1 - bond/primary/switches-at-once
    not ok 2 - link/get/gone
    ok 3 - link/get/veth # SKIP reason
    # everything else that a program writes, after "# "
    1..3

A program that dies, hangs or breaks its plan gives one "not ok N - PROGRAM # why" line more. Exit
status: 0 if every line is ok and at least one test was run, 1 otherwise, 2 if the guest did not
boot. Skipped tests do not change the status: who counts skips as failures reads the lines.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import guest  # noqa: E402  (needs the path above)

ENVIRONMENT = ("G_DEBUG=fatal-criticals", "MALLOC_PERTURB_=85", "PATH=/usr/sbin:/usr/bin:/sbin:/bin")
# Handed on into the guest: how sanitized programs are to run.
SANITIZERS = ("ASAN_OPTIONS", "UBSAN_OPTIONS")
RESULT = re.compile(r"(ok|not ok)\b\s*\d*\s*(?:- )?/?(.*)")
PLAN = re.compile(r"1\.\.(\d+)")


class Merger:
    """Many TAP streams into one, numbered through."""

    def __init__(self):
        self.number = 0
        self.failed = 0
        self.program = None
        self.planned = None
        self.seen = 0
        self.bad = 0  # of the program's tests

    def _result(self, word, text):
        self.number += 1
        self.failed += word == "not ok"
        self.bad += word == "not ok"
        print(f"{word} {self.number} - {text}", flush=True)

    def start(self, command):
        self.program = Path(command.split()[0]).name
        self.planned, self.seen, self.bad = None, 0, 0

    def end(self, status):
        # Nonzero because a test failed is said already; a leak, found at the end, is not.
        if status != "0" and not (status == "1" and self.planned == self.seen and self.bad):
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
            self._result(match[1], match[2])
        elif match := PLAN.match(line):
            self.planned = int(match[1])
        elif line and not line.startswith("TAP version"):
            print(line if line.startswith("#") else f"# {line}", flush=True)

    def finish(self, unfinished):
        """Status of the suite; unfinished: programs whose end the guest has not sent."""
        for program in unfinished:
            self._result("not ok", f"{program} # the guest died before its end")
        print(f"1..{self.number}")
        return 0 if self.number and not self.failed else 1


def list_tests(folder):
    """{name of a test: its program}, in the order they are run."""
    tests = {}
    for program in sorted(path for path in folder.glob("test-*") if path.is_file()):
        done = subprocess.run([program, "-l"], check=True, stdout=subprocess.PIPE, text=True)
        tests |= {line[1:]: program for line in done.stdout.splitlines() if line.startswith("/")}
    return tests


def commands(tests, chosen):
    """What to run in the guest: {program: its command line}."""
    lines = {}
    for name in chosen or tests:
        program = tests[name]
        lines.setdefault(program, str(program))
        if chosen:
            lines[program] += f" -p /{name}"
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=guest.ROOT / "build" / "meson")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("tests", nargs="*", metavar="TEST")
    options = parser.parse_args()
    tests = list_tests(options.build.resolve() / "tests" / "backend")
    if options.list:
        print("\n".join(tests))
        return 0
    if unknown := [name for name in options.tests if name not in tests]:
        parser.error(f"no test {unknown[0]}")
    print("TAP version 13", flush=True)
    lines = commands(tests, options.tests)
    unfinished = [program.name for program in lines]
    merger = Merger()
    try:
        handed_on = [f"{name}={os.environ[name]}" for name in SANITIZERS if name in os.environ]
        for line in guest.boot(lines.values(), (*ENVIRONMENT, *handed_on)):
            merger.line(line)
            if line.startswith("#exit "):
                unfinished.pop(0)
    except guest.GuestError as error:
        print(f"Bail out! {error}")
        return 2
    return merger.finish(unfinished)


if __name__ == "__main__":
    sys.exit(main())
