# SPDX-License-Identifier: GPL-2.0-or-later
"""The main job, once: prepare, unplug, live migration, plug into another slot, complete.

Told by a host tool's means only: QMP, and the agent channel. Phases follow each other without a
break, so every probe belongs to one. Unaided, nothing is asked of the guest in prepare and
complete: they are as long as in the aided story, or as PREPARE and COMPLETE say.
"""

import time
from dataclasses import dataclass, field

from tests.lab.base import LOGS, Deadline, LabError
from tests.lab.carriers import CarrierSampler
from tests.lab.channel import CommandError
from tests.lab.guest import PRIMARY_MAC
from tests.lab.probe import Phase, ProbeLog

LEAD = 1.0  # seconds of probes before the story
AFTER = 1.0  # a phase goes on this long after its act, so that what the act broke is counted there
SETTLE = 5.0  # from the end of complete to the look at the bond, in both stories
# What the stop-and-copy may cost: what is on its way to the source when QEMU says STOP, and what is
# sent until the guest has announced itself to the switch from its new place. The destination starts
# cold under emulation (each block of code is translated anew) on two busy cores; hence so long.
IN_FLIGHT = 0.05
WARM_UP = 1.0
PREPARE = 2.0
COMPLETE = 4.0
COMMAND_SECONDS = 90
REPLY = 30  # the guest answers within 4 s of hearing a command, if its CPU is not starved
NEW_PORT = "rp2"


@dataclass
class Outcome:
    """What happened. Times are time.monotonic(); stopped is the stop-and-copy (start, end)."""

    aided: bool
    phases: list = field(default_factory=list)
    log: ProbeLog = None
    carriers: list = field(default_factory=list)
    stopped: tuple = None
    failures: list = field(default_factory=list)
    interface: str = None
    bond: object = None
    manager: str = ""

    @property
    def rejoined(self):
        """The new NIC is a port of the bond."""
        return self.interface in self.bond.ports

    def phase(self, name):
        return next(phase for phase in self.phases if phase.name == name)

    def lost_in_migrate(self):
        """(inside, outside): how many probes the stop-and-copy cost in migrate, and how many were
        lost there without that excuse."""
        migrate = self.phase("migrate")
        first, last = self.stopped[0] - IN_FLIGHT, self.stopped[1] + WARM_UP
        lost = [sent for sent in self.log.lost_times() if migrate.start <= sent < migrate.end]
        inside = sum(first <= sent <= last for sent in lost)
        return inside, len(lost) - inside

    def result(self):
        """The story's part of result.json."""
        return {
            "phases": {phase.name: self.log.statistics(phase) for phase in self.phases},
            "rejoined": self.rejoined,
            "active": self.bond.active,
            "bond-primary": self.bond.primary,
        }


class Story:
    """One telling on one guest, which is booted and on the network."""

    def __init__(self, guest, progress, aided, like=None):
        self.guest = guest
        self.twin = None
        self.progress = progress
        self.like = like
        self.outcome = Outcome(aided)

    def tell(self):
        """Run it all; the Outcome. What the commands refuse is in Outcome.failures."""
        self.twin = self.guest.twin("b")
        probe = self.guest.lab.probe()
        sampler = CarrierSampler(probe.process.pid)
        time.sleep(LEAD)
        acts = (self._prepare, self._unplug, self._migrate, self._plug, self._complete)
        start = time.monotonic()
        for act in acts:
            act()
            end = time.monotonic()
            self.outcome.phases.append(Phase(act.__name__.lstrip("_"), start, end))
            start = end
        self.outcome.carriers = sampler.stop()
        self.outcome.log = probe.stop()
        self._look()
        return self.outcome

    def _prepare(self):
        if self.outcome.aided:
            self._ask(self.guest, "guest-net-failover-prepare")
            time.sleep(AFTER)
        else:
            self._watch("prepare", PREPARE)

    def _unplug(self):
        seconds = self.guest.unplug()
        self.progress(f"unplugged the pass-through NIC in {seconds:.1f} s")
        time.sleep(AFTER)

    def _migrate(self):
        figures = self.guest.migrate(self.twin)
        stop = self.guest.qmp.event_time("STOP")
        self.outcome.stopped = (stop, self.twin.qmp.event_time("RESUME"))
        self.twin.connect_agent()
        total, downtime = figures["total-time"] / 1000, figures["downtime"]
        self.progress(f"migrated live in {total:.1f} s, stop-and-copy {downtime} ms")
        time.sleep(AFTER)

    def _plug(self):
        self.twin.plug(NEW_PORT, PRIMARY_MAC)
        self.progress("plugged a pass-through NIC into another slot")
        time.sleep(AFTER)

    def _complete(self):
        if self.outcome.aided:
            self._ask(self.twin, "guest-net-failover-complete")
            time.sleep(SETTLE)
        else:
            self._watch("complete", COMPLETE + SETTLE)

    def _watch(self, name, seconds):
        """Only look on, as long as the story that this one is compared with took."""
        if self.like is not None and not self.like.failures:
            phase = self.like.phase(name)
            seconds = phase.end - phase.start
        self.progress(f"no {name}: looking on for {seconds:.1f} s")
        time.sleep(seconds)

    def _ask(self, guest, command):
        """One command, repeated for as long as the guest says that the work goes on."""
        start = time.monotonic()
        deadline = Deadline(COMMAND_SECONDS, f"{command} to be done")
        short = command.removeprefix("guest-net-failover-")
        try:
            while (status := guest.command(command, timeout=REPLY).get("status")) == "waiting":
                deadline.left()
            if status != "done":
                raise LabError(f"{command} ended as {status}")
        except (CommandError, LabError) as error:
            self.outcome.failures.append(f"{short}: {error}")
            self.progress(f"{short} failed: {error}")
        else:
            self.progress(f"{short} done in {time.monotonic() - start:.1f} s")

    def _look(self):
        """Read off the guest's kernel where the new NIC ended up."""
        outcome = self.outcome
        outcome.bond = self.twin.bond()
        outcome.interface = self.twin.interface_of(PRIMARY_MAC)
        self._keep_notes()
        listing = self.twin.exec(["/usr/bin/nmcli", "-g", "DEVICE,STATE,CONNECTION", "device"]).out
        for line in listing.splitlines():
            device, state, connection = (line.split(":") + ["", ""])[:3]
            if device == outcome.interface:
                outcome.manager = f"{state}, profile {connection or 'none'}"

    def _keep_notes(self):
        """For whoever wonders about a lost probe: the guest's journal, every drop counter."""
        lab = self.guest.lab
        notes = [self.twin.journal(2000), "--- guest", self.twin.sh("ip -s -s link").out]
        notes += ["--- wire", lab.network.ip("-s", "link"), self.twin.bond_text()]
        LOGS.mkdir(parents=True, exist_ok=True)
        (LOGS / f"{lab.name}.notes").write_text("\n".join(notes))
