#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Suite bench: the figures of the budgets. Prints TAP, see tests/runner; as root."""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)

from tests.bench import agent, eject, prepare, scale, virsh  # noqa: E402
from tests.lab.lab import end_on_signals  # noqa: E402
from tests.runner.cases import main  # noqa: E402

if __name__ == "__main__":
    end_on_signals()
    main({
        "agent/channel": agent.channel,
        "agent/virsh": virsh.measure,
        "eject/native-pciehp": eject.native,
        "prepare/debian-12-bare": prepare.bare,
        "prepare/debian-12-networkd": prepare.networkd,
        "prepare/debian-12": prepare.networkmanager,
        "scale/unrelated-interfaces": scale.unrelated,
        "scale/primaries": scale.primaries,
    })
