# SPDX-License-Identifier: GPL-2.0-or-later
"""The fault matrix, a case for each row: see faults.py."""
from tests.lab import profiles
from tests.runner.cases import Failed
from tests.vm.faults import FAULTS, ROWS, Cell, guest_files
from tests.vm.registry import FAULT, case
from tests.vm.stage import Stage


class FaultStage(Stage):
    """A guest whose engine stops where it is told to."""

    def make(self):
        return self.lab.guest(self.disk, files=profiles.bond_profiles() | guest_files())


def play_row(stage, row):
    """Every fault at this step; a guest that one of them left broken is replaced for the next."""
    problems = []
    for fault in FAULTS:
        if fault != FAULTS[0]:
            stage.begin()
        try:
            stage.cells.append(Cell(stage, row, fault).play())
        except Exception as error:  # pylint: disable=broad-except
            problems.append(f"{fault}: {error}")
            problems += stage.notes(f"faults/{row.name}-{fault.replace(' ', '-')}")
            stage.drop()
    if problems:
        raise Failed("\n".join(problems))


for each in ROWS:
    case(f"faults/{each.name}", FAULT)(lambda stage, row=each: play_row(stage, row))
