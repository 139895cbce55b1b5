# SPDX-License-Identifier: GPL-2.0-or-later
"""Several managers in one guest: query says who owns the bond, and warns where they get in each
other's way; a cycle loses nothing, and every manager's files stay as they are."""
from tests.vm import expect
from tests.vm.cycle import cycle
from tests.vm.registry import MIXED, case


@case("mixed/query-warns", kind=MIXED)
def query_warns(stage):
    """Of each conflict once, and of nothing else."""
    primaries = {entry["interface"]: entry for entry in stage.query()["primaries"]}
    primary = primaries["enp1s0"]
    for what in (primary, primary["bond"], primary["standby"]):
        expect.same(what["manager"], stage.manager.told, f"the manager of {what['interface']}")
    details = [warning["detail"] for warning in primary["warnings"]
               if warning["code"] == "manager-conflict"]
    expect.same(len(details), len(stage.manager.warned), f"the number of warnings: {details}; they")
    for words in stage.manager.warned:
        expect.holds(any(all(word in detail for word in words) for detail in details),
                     f"no warning has {words}: {details}")
    expect.holds(primary["ready"], f"it is not ready: {primary}")


@case("mixed/cycle", kind=MIXED)
def whole_cycle(stage):
    before = stage.profile_bytes()
    done = cycle(stage, "rp1")
    expect.same(done.device["manager"], stage.manager.told, "the manager by our word")
    expect.unchanged(before, stage.profile_bytes(), "the managers' files")
