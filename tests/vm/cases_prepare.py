# SPDX-License-Identifier: GPL-2.0-or-later
"""prepare and cancel: what they do, what they refuse, and that asking twice is asking once."""
from tests.lab.guest import PRIMARY_MAC, STANDBY
from tests.vm import expect
from tests.vm.cycle import complete, plug, prepare, unplug
from tests.vm.registry import case


def line_of(lines, *words):
    """Index of the first line of the kernel's log that has all the words; None if there is none."""
    found = (i for i, line in enumerate(lines) if all(word in line for word in words))
    return next(found, None)


@case("prepare/moves-traffic-before-detach")
def traffic_first(stage):
    """Told by the kernel's own log: bonding made the standby active, and then the NIC left. Without
    the move it is the other way round: bonding has to fail over because the NIC leaves."""
    mark = stage.mark_log()
    with stage.traffic() as traffic:
        prepare(stage, traffic)
        log = stage.kernel_log(mark)
        moved = line_of(log, "(slave enp4s0)", "making interface the new active one")
        released = line_of(log, "(slave enp1s0)", "Releasing")
        expect.holds(moved is not None and released is not None and moved < released,
                     "the traffic was not moved before the detach:\n" + "\n".join(log))


@case("prepare/twice")
def prepare_twice(stage):
    with stage.traffic() as traffic:
        first = prepare(stage, traffic)
        mark = stage.mark_log()
        second = prepare_again(stage, traffic)
        expect.same(second["operation"], first["operation"], "the operation")
        expect.same(expect.the_device(second)["state"], "detached", "state")
        expect.on_standby(stage, "enp1s0")
        log = stage.kernel_log(mark)
        expect.same(line_of(log, "bond0"), None, "line about the bond in the kernel's log")


def prepare_again(stage, traffic):
    with traffic.phase("again"):
        report = stage.prepare()
    expect.same(report["status"], "done", "status of the second prepare")
    return report


@case("complete/twice")
def complete_twice(stage):
    with stage.traffic() as traffic:
        prepare(stage, traffic)
        unplug(stage, traffic)
        plug(stage, traffic, "rp2")
        first = complete(stage, traffic, "rp2")
        mark = stage.mark_log()
        with traffic.phase("again"):
            second = stage.complete()
        expect.done(second, "complete", "attached")
        expect.same(second["operation"], first["operation"], "the operation")
        expect.on_primary(stage, "enp2s0")
        expect.same(line_of(stage.kernel_log(mark), "bond0"), None, "line in the kernel's log")


@case("complete/nothing-prepared")
def complete_unprepared(stage):
    """A host that asks a guest which rebooted since: nothing to do, and it is told so."""
    stage.guest.sh("systemctl stop qga-net-failoverd.service; rm -f /run/qga-net-failover/*.json")
    before = stage.snapshot()
    report = stage.complete()
    expect.same(report["status"], "done", "status")
    expect.same(report["devices"], [], "devices")
    expect.same(expect.codes(report["warnings"]), ["operation-unknown"], "warnings")
    expect.unchanged(before, stage.snapshot(), "the guest")


@case("cancel/still-plugged")
def cancel_still_plugged(stage):
    with stage.traffic() as traffic:
        prepare(stage, traffic)
        with traffic.phase("cancel"):
            report = stage.cancel()
        expect.done(report, "cancel", "attached")
        expect.on_primary(stage, "enp1s0")
        with traffic.phase("again"):
            again = stage.cancel()
        expect.done(again, "cancel", "attached")


@case("cancel/unplugged")
def cancel_unplugged(stage):
    """The host gives up after the unplug: the operation is forgotten, the traffic stays."""
    with stage.traffic() as traffic:
        prepare(stage, traffic)
        unplug(stage, traffic)
        with traffic.phase("cancel"):
            report = stage.cancel()
        expect.done(report, "cancel", "absent")
        expect.on_standby(stage, None)


@case("prepare/no-standby-changes-nothing")
def no_standby(stage):
    guest = stage.guest
    guest.set_link(STANDBY, False)
    try:
        guest.wait_bond(lambda bond: not bond.ports["enp4s0"].up, "the standby to lose its link")
        before = stage.snapshot()
        mark = stage.mark_log()
        with stage.traffic() as traffic, traffic.phase("prepare"):
            text = expect.refused("no-standby", stage.prepare)
        expect.holds("bond0" in text, f"the error names no bond: {text}")
        expect.unchanged(before, stage.snapshot(), "the guest")
        expect.same(line_of(stage.kernel_log(mark), "bond0"), None, "line in the kernel's log")
        primary = expect.the_device({"devices": stage.query()["primaries"]})
        expect.holds(not primary["ready"], "query says that it is ready")
        expect.same(primary["reason"]["code"], "no-standby", "query's reason")
    finally:
        guest.set_link(STANDBY, True)
        guest.wait_network()


@case("prepare/dry-run-changes-nothing")
def dry_run(stage):
    before = stage.snapshot()
    mark = stage.mark_log()
    with stage.traffic() as traffic, traffic.phase("dry-run"):
        report = stage.prepare({"dry-run": True})
    expect.same(report["status"], "planned", "status")
    expect.same(expect.the_device(report)["state"], "attached", "state")
    expect.unchanged(before, stage.snapshot(), "the guest")
    expect.same(line_of(stage.kernel_log(mark), "bond0"), None, "line in the kernel's log")


@case("prepare/stages")
def stages(stage):
    with stage.traffic() as traffic:
        with traffic.phase("switch"):
            report = stage.prepare({"stage": "switch"})
        expect.done(report, "prepare", "switched", ["record", "switch"])
        bond = stage.guest.bond()
        expect.same(sorted(bond.ports), ["enp1s0", "enp4s0"], "ports after the switch")
        expect.same(bond.active, "enp4s0", "the active port after the switch")
        expect.same(stage.option("all_slaves_active"), "1", "all_slaves_active meanwhile")
        with traffic.phase("release"):
            report = stage.prepare({"stage": "release"})
        expect.same(expect.the_device(report)["state"], "detached", "state after the release")
        expect.on_standby(stage, "enp1s0")
        with traffic.phase("cancel"):
            expect.done(stage.cancel(), "cancel", "attached")
        expect.on_primary(stage, "enp1s0")


@case("selectors/by-mac-pci-interface")
def selectors(stage):
    primary = expect.the_device({"devices": stage.query()["primaries"]})
    ways = [{"mac": PRIMARY_MAC}, {"pci-address": primary["pci-address"]}, {"interface": "enp1s0"}]
    ways.append(ways[0] | ways[1] | ways[2])
    for selector in ways:
        report = stage.prepare({"devices": [selector], "dry-run": True})
        expect.same(expect.the_device(report)["interface"], "enp1s0", f"the device for {selector}")
    wrong = [{"mac": "52:54:00:00:00:aa"}, {"pci-address": "0000:7f:00.0"}, {"interface": "eth9"},
             {"mac": PRIMARY_MAC, "interface": "enp4s0"}]
    before = stage.snapshot()
    for selector in wrong:
        text = expect.refused("no-such-device", lambda s=selector: stage.prepare({"devices": [s]}))
        expect.holds("enp1s0" in text, f"the error lists no candidates: {text}")
    expect.unchanged(before, stage.snapshot(), "the guest")
    with stage.traffic() as traffic:
        prepare(stage, traffic, {"devices": [ways[1]]})
        with traffic.phase("cancel"):
            expect.done(stage.cancel(), "cancel", "attached")


@case("selectors/invalid-arguments")
def invalid_arguments(stage):
    before = stage.snapshot()
    wrong = [{"bogus": 1}, {"devices": "enp1s0"}, {"devices": [{"bogus": "x"}]}, {"devices": [{}]},
             {"timeout-ms": 99}, {"timeout-ms": "1"}, {"stage": "both"}, {"dry-run": 1}]
    for arguments in wrong:
        text = expect.refused(
            "invalid-argument", lambda a=arguments: stage.ask("guest-net-failover-prepare", a))
        member = "bogus" if "bogus" in str(arguments) else next(iter(arguments))
        expect.holds(member in text, f"the error for {arguments} does not name {member}: {text}")
    expect.unchanged(before, stage.snapshot(), "the guest")
