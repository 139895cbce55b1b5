#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Suite faults: the engine broken at each of its steps, in a real guest; cases of tests/vm.

Prints TAP, see tests/runner; as root. SHORT=1: one step of each command only.
"""
import os
import sys

RUN = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "vm", "run.py")

if __name__ == "__main__":
    os.execv(sys.executable, [sys.executable, "-B", RUN, "--faults", *sys.argv[1:]])
