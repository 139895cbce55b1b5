#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Suite conformance: qga-plugind in front of the stock qemu-ga. Prints TAP, see tests/runner."""
import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)
os.environ.setdefault("QGA_PLUGIND", os.path.join(ROOT, "build/meson/qga-plugin/qga-plugind"))

from tests.conformance import cases  # noqa: E402
from tests.runner.cases import Failed, Skipped, main  # noqa: E402


def function_of(test):
    def run():
        result = unittest.TestResult()
        test.run(result)
        if result.skipped:
            raise Skipped(result.skipped[0][1])
        for _, text in result.failures + result.errors:
            raise Failed(text)
    return run


def name_of(test):
    group, case = test.id().split(".")[-2:]
    return f"/plugind/{group.lower()}/{case.removeprefix('test_').replace('_', '-')}"


def collect():
    suites = unittest.defaultTestLoader.loadTestsFromModule(cases)
    return {name_of(test): function_of(test) for suite in suites for test in suite}


if __name__ == "__main__":
    main(collect())
