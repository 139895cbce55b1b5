#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Suite host: virt-net-failover between two libvirt hosts, with a real guest.

Prints TAP, see tests/runner; as root, from a built tree. LONG=1: twenty migrations, and the tool
killed after each of its phases.
"""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)

from tests.host import cases_filter, cases_several  # noqa: E402,F401 pylint: disable=unused-import
from tests.host.cases import CASES  # noqa: E402
from tests.host.world import World  # noqa: E402
from tests.lab.base import LabError  # noqa: E402
from tests.lab.lab import end_on_signals  # noqa: E402
from tests.runner.cases import Failed, main  # noqa: E402


def say(text):
    print(f"# {text}", flush=True)


def play(world, function):
    try:
        if not function.alone:
            world.ready()
        function(world)
    except LabError as error:
        raise Failed(str(error)) from error


def run():
    if "--list" in sys.argv:
        main(CASES)
        return
    end_on_signals()
    with World(say) as world:
        main({name: lambda function=function: play(world, function)
              for name, function in CASES.items()})


if __name__ == "__main__":
    run()
