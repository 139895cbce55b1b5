#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Suite soak: 200 full cycles in one guest. Prints TAP, see tests/runner; as root. SHORT=1: 6."""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)

from tests.lab.lab import end_on_signals  # noqa: E402
from tests.runner.cases import main  # noqa: E402
from tests.soak import cycles  # noqa: E402

if __name__ == "__main__":
    end_on_signals()
    main({"debian-12/cycles": cycles.play})
