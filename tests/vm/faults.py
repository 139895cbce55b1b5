# SPDX-License-Identifier: GPL-2.0-or-later
"""The fault matrix: the engine is stopped at a step of a command, something breaks, it goes on.

A row is a command's step, a column what breaks there, a cell both. The engine of these guests is
built with -Dfault_points=true (failover/fault.h): that it stopped at the step is seen before
anything is broken. After each cell the bond must be up, send through a port with a link and answer
a ping; what query says of the NIC must be what the kernel says; and the next command must work.
"""
import json
import os
import time
from typing import NamedTuple

from tests.lab import bond as bonding
from tests.lab import profiles
from tests.lab.base import BUILD, LOGS, ROOT, locked, run
from tests.lab.guest import PRIMARY, STANDBY
from tests.runner.cases import Failed
from tests.vm import expect, tables

TABLE = "fault-matrix"
FAULT_BUILD = BUILD / "fault"
ENGINE = "/usr/libexec/qga-net-failoverd"
SCRIPT = "/usr/local/bin/faults.sh"
NIC = "enp1s0"
WAITING = 3  # the exit code of the CLI

KILLED = "engine killed"
RESTARTED = "manager restarted"
STOPPED = "manager stopped"
REMOVED = "NIC removed"
STANDBY_LOST = "standby link lost"
UNWRITABLE = "record unwritable"
CLIENT_GONE = "client gone"
TIMEOUT = "engine's timeout"
FAULTS = (KILLED, RESTARTED, STOPPED, REMOVED, STANDBY_LOST, UNWRITABLE, CLIENT_GONE, TIMEOUT)
INSIDE = {KILLED: "kill", RESTARTED: "restart-manager", STOPPED: "stop-manager",
          UNWRITABLE: "no-record", CLIENT_GONE: "no-client", TIMEOUT: "wait-client"}
# The steps that have a deadline of their own, which is cut down to this; others outlast timeout-ms.
LIMITED = ("detach", "eject", "attach", "link")
LIMIT_MS = 1
TIMEOUT_MS = 400


class Row(NamedTuple):
    """A command's step. words: of the command; gone: the NIC has been unplugged before it."""

    verb: str
    step: str
    words: tuple = ()
    gone: bool = False

    @property
    def name(self):
        return f"{self.verb}-{'gone-' if self.gone else ''}{self.step}"


BACK = ("announce", "attach", "link", "activate", "drain", "restore")
ROWS = [Row("prepare", step) for step in ("record", "switch", "drain", "detach")]
ROWS += [Row("prepare", "eject", ("--eject",))]
ROWS += [Row("complete", step) for step in BACK]
ROWS += [Row("cancel", step) for step in BACK]
ROWS += [Row("cancel", step, gone=True) for step in ("announce", "restore")]


def guest_files():
    """The engine with fault points and the script, for a guest that has the product otherwise."""
    with locked("fault-build"):
        build()
    engine = (FAULT_BUILD / "failover" / "qga-net-failoverd").read_bytes()
    script = os.path.join(ROOT, "tests", "vm", "faults.sh")
    with open(script, encoding="utf-8") as file:
        return {ENGINE: (engine, 0o755), SCRIPT: (file.read(), 0o755)}


def build():
    """build/fault, made or brought up to date."""
    if not (FAULT_BUILD / "build.ninja").exists():
        run(["meson", "setup", FAULT_BUILD, ROOT, "--prefix=/usr", "-Dfault_points=true"], 120,
            LOGS / "meson-fault.log")
    run(["ninja", "-C", FAULT_BUILD, "failover/qga-net-failoverd"], 300, LOGS / "build-fault.log")


# -- one cell --------------------------------------------------------------------------------

class Cell:
    """One fault at one step, on a guest in the standard state."""

    def __init__(self, stage, row, fault):
        self.stage = stage
        self.guest = stage.guest
        self.row = row
        self.fault = fault
        self.answer = ""
        self.reason = {}  # the device's, when all had ended

    def script(self, *words):
        return self.guest.exec([SCRIPT, *words], timeout=60).out

    def cli(self, *words):
        """A command to its end; its report."""
        done = self.guest.exec(["/usr/bin/qga-net-failover", *words, "--wait", "--json"],
                               timeout=60, check=False)
        if done.code not in (0, 4):
            raise Failed(f"{' '.join(words)} exited {done.code}: {done.out}{done.err}")
        return json.loads(done.out)

    def play(self):
        """All of it; the row of the table."""
        start = time.monotonic()
        self.set_up()
        limit = str(LIMIT_MS) if self.fault == TIMEOUT and self.row.step in LIMITED else ""
        words = [self.row.verb, *self.row.words]
        words += ["--timeout-ms", str(TIMEOUT_MS if self.fault == TIMEOUT else 30000)]
        self.script("start", self.row.step, limit, *words)
        try:
            self.break_it()
            self.script("go", self.row.step)
            state = self.judge()
            self.next_command(state)
        finally:
            self.mend()
        return {"command": self.row.verb, "step": self.row.step, "gone": self.row.gone,
                "fault": self.fault, "answer": self.answer, "state": state,
                "reason": self.reason.get("code", ""), "detail": self.reason.get("detail", ""),
                "seconds": round(time.monotonic() - start, 1)}

    def set_up(self):
        if self.row.verb == "prepare":
            return
        expect.same(self.cli("prepare")["status"], "done", "status of prepare")
        if self.row.gone:
            self.guest.unplug()

    def break_it(self):
        if self.fault in INSIDE:
            self.script(INSIDE[self.fault])
        elif self.fault == REMOVED and self.row.gone:
            # There is none to be removed: one comes.
            self.guest.plug("rp1")
            self.guest.wait_for(lambda: NIC in self.guest.interfaces(), f"{NIC} to be there")
        elif self.fault == REMOVED:
            self.guest.unplug()
        elif self.fault == STANDBY_LOST:
            self.guest.set_link(STANDBY, False)
            self.guest.wait_for(lambda: self.carrier(expect.STANDBY) == "0", "the link to be lost")

    def carrier(self, interface):
        return self.guest.read(f"/sys/class/net/{interface}/carrier").strip()

    # -- what came of it --------------------------------------------------------------------

    def judge(self):
        """The command's answer, and what query and kernel say of the NIC; its state."""
        if self.fault not in (KILLED, CLIENT_GONE) and not self.waits_for_nic():
            self.answer = self.read_answer()
        if self.fault == STANDBY_LOST and self.row.gone:
            # Nothing is left that could carry the traffic.
            self.guest.set_link(STANDBY, True)
        query, text = self.settle()
        if self.row.verb == "prepare" and self.row.step == "eject" and self.is_gone():
            self.take_away()
        state = self.state_by(query)
        for device in query.get("operation", {}).get("devices", []):
            self.reason = device.get("reason", {})
        self.agree(query, bonding.parse(text))
        self.healthy()
        return state

    def waits_for_nic(self):
        return self.row.verb == "complete" and self.fault == REMOVED

    def read_answer(self):
        """How the command ended: its status, or the code of its error."""
        code, _, text = self.script("client").partition("\n")
        if self.fault == TIMEOUT:
            expect.same(int(code), WAITING, f"exit code within {TIMEOUT_MS} ms, of {text}")
        try:
            return json.loads(text)["status"]
        except (ValueError, KeyError):
            return text.partition("qga-net-failover: ")[2].split(": ")[0] or text.strip()

    def settle(self):
        query, _, text = self.script("settle").partition("\n")
        return json.loads(query), text

    def is_gone(self):
        return NIC not in self.guest.interfaces()

    def take_away(self):
        """The guest has powered the slot off."""
        if PRIMARY in self.guest.nics:
            self.guest.gone()

    def state_by(self, query):
        operation = query.get("operation")
        return operation["devices"][0]["state"] if operation and operation["devices"] else "attached"

    def agree(self, query, bond):
        """Is the NIC where query says that it is?"""
        said, there = self.state_by(query), NIC in self.guest.interfaces()
        if (self.row.gone and self.fault == REMOVED and there and said == "absent"
                and query["operation"]["status"] == "done"):
            return  # it came when the command had ended, which says how it ended
        expect.same(there, said != "absent", f"whether {NIC} is there, when query says {said}")
        if said in ("attached", "switched", "detached"):
            expect.same(NIC in bond.ports, said != "detached",
                        f"whether {NIC} is a port, when query says {said}")
        for primary in query["primaries"]:
            expect.same(primary["state"], said, "the state among the primaries")

    def healthy(self):
        """Up, with an active port that has a link, and the wire's probe answers."""
        def good(bond):
            return bond.up and bond.active and bond.ports[bond.active].up
        self.guest.wait_bond(good, "the bond to have a working active port", 10)
        self.guest.wait_for(self.stage.lab.network.ping, "the bond to answer", 10)

    # -- the next command -------------------------------------------------------------------

    def next_command(self, state):
        """It works, whatever state the guest was left in; and brings the NIC back."""
        if self.fault == UNWRITABLE:
            self.guest.sh("chmod 0755 /run/qga-net-failover")
        if self.fault == STANDBY_LOST:
            self.guest.set_link(STANDBY, True)
            self.guest.wait_bond(lambda bond: bond.ports[expect.STANDBY].up, "the standby's link")
        if self.row.verb == "prepare" and state == "attached":
            report = self.cli("prepare")
            expect.same(report["status"], "done", f"status of the next prepare: {report}")
        verb = "complete" if self.row.verb == "complete" else "cancel"
        if verb == "complete" and PRIMARY not in self.guest.nics:
            self.guest.plug("rp1")
        report = self.cli(verb)
        expect.same(report["status"], "done", f"status of the next {verb}: {report}")
        self.agree(*self.look())
        self.healthy()

    def look(self):
        query, text = self.settle()
        return query, bonding.parse(text)

    def mend(self):
        """What was broken from outside is whole again; the standard state is the stage's."""
        self.guest.sh("chmod 0755 /run/qga-net-failover; rm -f /run/qga-net-failover/fault-* "
                      "/run/qga-net-failover/reached-*")
        if self.fault == STANDBY_LOST:
            self.guest.set_link(STANDBY, True)
        if self.fault == STOPPED:
            self.guest.sh("systemctl start NetworkManager")
        if (self.fault in (STOPPED, RESTARTED) and PRIMARY in self.guest.nics
                and self.stage.profile_on(NIC) != profiles.PRIMARY_UUID):
            self.guest.sh("nmcli -w 30 connection up primary", check=False)


# -- the table -------------------------------------------------------------------------------

def table(cells):
    """The matrix, for people: the state after each cell, and the command's answer."""
    names = sorted({(cell["command"], cell["gone"], cell["step"]) for cell in cells},
                   key=lambda key: [row[:2] + (row.gone,) for row in ROWS].index(
                       (key[0], key[2], key[1])))
    head = "command step".ljust(22) + " ".join(fault[:18].ljust(18) for fault in FAULTS)
    lines = [head]
    for verb, gone, step in names:
        found = {cell["fault"]: cell for cell in cells
                 if (cell["command"], cell["gone"], cell["step"]) == (verb, gone, step)}
        words = [f"{found[fault]['state']} {found[fault]['answer']}" if fault in found else "-"
                 for fault in FAULTS]
        title = f"{verb}{' (gone)' if gone else ''} {step}"
        lines.append(title.ljust(22) + " ".join(word[:18].ljust(18) for word in words))
    return "\n".join(lines)


tables.add(tables.Table(TABLE, "faults", len(FAULTS), "cells", table))
