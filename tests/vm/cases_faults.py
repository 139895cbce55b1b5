# SPDX-License-Identifier: GPL-2.0-or-later
"""The fault matrix, a case for each row: see faults.py."""
import time

from tests.lab import profiles
from tests.runner.cases import Failed
from tests.vm import expect, faults
from tests.vm.faults import FAULTS, NIC, ROWS, Cell, guest_files
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
            stage.add_row(faults.TABLE, Cell(stage, row, fault).play())
        except Exception as error:  # pylint: disable=broad-except
            problems.append(f"{fault}: {error}")
            problems += stage.notes(f"faults/{row.name}-{fault.replace(' ', '-')}")
            stage.drop()
    if problems:
        raise Failed("\n".join(problems))


for each in ROWS:
    case(f"faults/{each.name}", FAULT)(lambda stage, row=each: play_row(stage, row))


@case("hang/prepare-detach", FAULT)
def manager_hangs(stage):
    """NetworkManager is told to let go of the NIC and does so a minute later: by then prepare has
    failed, and has not been able to put the NIC back. Nothing may be said to be over before."""
    cell = Cell(stage, ROWS[0], "")
    cell.script("start", "detach", "", "prepare", "--timeout-ms", "60000")
    stage.guest.sh("pkill -STOP -x NetworkManager")
    try:
        cell.script("go", "detach")
        time.sleep(1)
        code, _, text = cell.guest.exec(["/usr/local/bin/faults.sh", "client"], 90).out.partition("\n")
    finally:
        stage.guest.sh("pkill -CONT -x NetworkManager")
    expect.same((code, "could not be put back" in text), ("1", True), f"how prepare ended: {text}")
    stage.guest.wait_bond(lambda bond: NIC not in bond.ports, "the disconnect after all", 30)
    expect.holds(stage.query()["operation"]["status"] != "done", "the operation is said to be done")
    expect.done(stage.cancel(), "cancel", "attached")
    expect.on_primary(stage, NIC)
