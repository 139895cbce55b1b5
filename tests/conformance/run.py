#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Suite conformance: qga-plugind in front of the stock qemu-ga. Prints TAP, see tests/runner.

Runs in network and mount namespaces of its own, so that nothing else on the machine changes what
qemu-ga says of interfaces and file systems from one run to the next.
"""
import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)
os.environ.setdefault("QGA_PLUGIND", os.path.join(ROOT, "build/meson/qga-plugin/qga-plugind"))

from tests.conformance import (  # noqa: E402
    cases_agent, cases_babble, cases_end, cases_frozen, cases_host, cases_lists, cases_order,
    cases_plugin, cases_port, cases_transcript)
from tests.runner.cases import Failed, Skipped, main  # noqa: E402

MODULES = (cases_transcript, cases_order, cases_lists, cases_plugin, cases_agent, cases_babble,
           cases_end, cases_frozen, cases_host, cases_port)
ALONE = "CONFORMANCE_NAMESPACES"
# Something to see on the one interface.
ADDRESSES = ("ip link set lo up && ip address add 192.0.2.1/24 dev lo"
             " && ip address add 2001:db8::1/64 dev lo nodad")


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
    return f"/{group.lower()}/{case.removeprefix('test_').replace('_', '-')}"


def collect():
    loader = unittest.defaultTestLoader
    return {name_of(test): function_of(test) for module in MODULES
            for suite in loader.loadTestsFromModule(module) for test in suite}


def enter_namespaces():
    """Starts this program again, inside."""
    if "--list" in sys.argv or ALONE in os.environ:
        return
    os.environ[ALONE] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "/bin/sh", "-c",
                          f'{ADDRESSES} && exec "$0" "$@"', sys.executable, "-B", *sys.argv])


if __name__ == "__main__":
    enter_namespaces()
    main(collect())
