# SPDX-License-Identifier: GPL-2.0-or-later
"""What a fabric delivers of 1000 datagrams a second each way, while a NIC goes and comes.

A fabric that learns sends a MAC's frames to where it last saw that MAC. One that pins delivers them
through one port until the host moves its filter: there a guest that moves its traffic by itself is
not heard from then on, and what is lost is lost on the way to it alone.
"""
import contextlib
import time

from tests.lab import profiles
from tests.lab.flow import DIRECTIONS, TO_GUEST, TO_HOST, guest_files
from tests.lab.guest import STANDBY, STANDBY_MAC, Nic
from tests.lab.network import GUEST_IPV4
from tests.lab.probe import Phase
from tests.runner.cases import Failed
from tests.vm import tables
from tests.vm.stage import Stage
from tests.vm.traffic import AFTER, counters, differences

# On average over a whole flow. A guest under emulation that is busy misses ticks.
LEAST_PER_SECOND = {TO_GUEST: 900, TO_HOST: 500}
WHOLE = "whole"
TABLE = "fabrics"
FIGURES = ("sent", "lost", "longest-gap-ms")


class Flows:
    """with Flows(stage, "pinned", "by stages", 0) as flows: with flows.phase("switch"): ...

    budget: 0 where none may be lost, in the phases or between them; None where a case only looks at
    what is lost.
    """

    def __init__(self, stage, fabric, way, budget=None):
        self.stage = stage
        self.budget = budget
        self.head = {"fabric": fabric, "way": way, "budget": budget}
        self.phases = []
        self.rows = []
        self.flow = None
        self.before = {}
        self.where = []

    def __enter__(self):
        self.before = counters(self.stage)
        self.flow = self.stage.lab.flow(self.stage.guest)
        return self

    @contextlib.contextmanager
    def phase(self, name):
        start = time.monotonic()
        try:
            yield
        finally:
            self.phases.append(Phase(name, start, time.monotonic()))

    def __exit__(self, kind, _value, _traceback):
        if kind is not None:
            self.flow.kill()
            return
        end = time.monotonic()
        time.sleep(AFTER)
        ways = self.flow.stop()
        whole = Phase(WHOLE, self.flow.begin, time.monotonic())
        self.phases += [Phase("after", end, end + AFTER), whole]
        self.rows = [row_of(self.head, phase.name, {
            way: ways[way].statistics(phase) for way in DIRECTIONS}) for phase in self.phases]
        self.rows.insert(-2, self._between())
        for row in self.rows:
            self.stage.add_row(TABLE, row)
        self.where = list(differences(self.before, counters(self.stage)))
        self._expect_enough(end - self.flow.begin)
        if self.budget == 0:
            self._expect_none()

    def _expect_enough(self, seconds):
        for way, least in LEAST_PER_SECOND.items():
            sent = self._row(WHOLE)[f"{way}-sent"]
            if sent < seconds * least:
                raise Failed(f"only {sent} datagrams {way} in {seconds:.1f} s: this proves nothing")

    def _between(self):
        """What belongs to no phase: the checks behind each."""
        rest = self._row(WHOLE).copy()
        for name in (f"{way}-{what}" for way in DIRECTIONS for what in ("sent", "lost")):
            rest[name] -= sum(row[name] for row in self.rows if row["phase"] != WHOLE)
        return rest | {"phase": "between"} | {f"{way}-longest-gap-ms": None for way in DIRECTIONS}

    def _row(self, phase):
        return next(row for row in self.rows if row["phase"] == phase)

    def lost(self, way, *phases):
        """How many were lost that way in some phases together."""
        return sum(self._row(phase)[f"{way}-lost"] for phase in phases)

    def _expect_none(self):
        lost = {way: self.lost(way, WHOLE) for way in DIRECTIONS}
        if any(lost.values()):
            raise Failed("\n".join([f"datagrams lost: {lost}", table(self.rows), *self.where]))

    def expect_loss(self, way, *phases):
        """This instrument sees that this way is broken there."""
        if not self.lost(way, *phases):
            raise Failed("\n".join([f"nothing lost {way} in {phases}", table(self.rows)]))


def row_of(head, phase, figures):
    """A row of the table; figures: by direction."""
    return {**head, "phase": phase,
            **{f"{way}-{name}": figures[way][name] for way in DIRECTIONS for name in FIGURES}}


class FabricStage(Stage):
    """A guest with the other end of the flows."""

    def make(self):
        return self.lab.guest(self.disk, files=profiles.bond_profiles() | guest_files())


# NetworkManager leaves all of it to the test.
UNMANAGED = {"/etc/NetworkManager/conf.d/lab-unmanaged.conf": "[keyfile]\nunmanaged-devices=*\n"}
LOWER = "/sys/class/net/*/lower_*"


class PairStage(Stage):
    """The kernel's own way, for comparison: both NICs under one MAC, paired by net_failover, the
    address on the interface that it puts above them. There is no bond.

    The primary is plugged once the guest is up: QEMU keeps the id of one that it hides at its start
    for ever, and refuses it for the next.
    """

    def make(self):
        standby = Nic(STANDBY, "rp4", STANDBY_MAC, properties="failover=on")
        return self.lab.guest(self.disk, files=UNMANAGED | guest_files(), primary_port=None,
                              more=[standby])

    def wait_network(self):
        self.plug()
        self.wait_pair()
        self.guest.sh(f"master=$(ls -d {LOWER} | head -n 1 | cut -d / -f 5) && "
                      f"ip addr add {GUEST_IPV4}/24 dev $master && ip link set $master up")
        self.wait_carriers()
        self.guest.wait_for(self.lab.network.ping, "net_failover's interface to answer")

    def plug(self):
        self.guest.plug("rp1", STANDBY_MAC, failover_pair_id=STANDBY)

    def configure(self, *_arguments, **_options):
        """There is one state only, and nobody else changes it."""

    def wait_pair(self):
        self.guest.wait_for(lambda: len(self._lower("")) == 2, "net_failover to pair its NICs")

    def wait_carriers(self):
        self.guest.wait_for(lambda: self._lower("/carrier") == ["1", "1"], "both NICs' links")

    def _lower(self, what):
        """What a file of each lower interface says; their folders for ""."""
        command = f"cat $(printf '%s{what} ' {LOWER})" if what else f"ls -d {LOWER}"
        return self.guest.sh(command, check=False).out.split()


# -- the table -------------------------------------------------------------------------------

def table(rows):
    """The rows of all fabrics, for people."""
    return "\n".join(line.rstrip() for line in lines_of(rows))


def lines_of(rows):
    yield f"{'':39} {'host to guest':^25}   {'guest to host':^25}"
    yield f"{'fabric':8} {'way':18} {'phase':11}" + "   ".join(
        f" {'sent':>6} {'lost':>5} {'gap in ms':>10}" for _ in DIRECTIONS)
    for row in rows:
        figures = "   ".join(" {:6} {:5} {:>10}".format(*(
            "-" if row[f"{way}-{name}"] is None else row[f"{way}-{name}"] for name in FIGURES))
            for way in DIRECTIONS)
        yield f"{row['fabric']:8} {row['way']:18} {row['phase']:11}" + figures


def figures_of(rows):
    """What was lost in all of a way; one that loses something by nature has no budget."""
    return {"{fabric} {way} {}".format(direction, **row).replace(" ", "-"): figure(row, direction)
            for row in rows if row["phase"] == WHOLE for direction in DIRECTIONS}


def figure(row, direction):
    lost = row[f"{direction}-lost"]
    found = {"value": lost, "unit": "datagrams lost"}
    return found if row["budget"] is None else found | {"budget": 0, "holds": lost == 0}


tables.add(tables.Table(TABLE, "fabric", 0, "rows", table, figures_of))
