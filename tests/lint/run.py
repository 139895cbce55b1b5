#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The lint suite: what can be said of the project without running it.

Prints TAP; every check is a test. Each kind of check has a test of its own that shows that it
fails on bad input. `run.py --regenerate` rewrites installed-files.txt for review.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.dont_write_bytecode = True

from tests.lint import clang, contract, house, install, qemu, release, scripts
from tests.runner import cases


def main():
    if '--regenerate' in sys.argv:
        install.regenerate()
        return
    tests = {}
    for module in (house, scripts, contract, install, release, qemu, clang):
        tests |= module.tests()
    cases.main(tests)


if __name__ == '__main__':
    main()
