# SPDX-License-Identifier: GPL-2.0-or-later
"""Lab: one wire, its guests, a scratch folder; whatever happens, all of it is gone afterwards.

Names carry the pid of their maker. What a run that was killed left behind is removed by the next.
"""

import os
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tests.lab import profiles
from tests.lab.base import LOGS, LabError, run
from tests.lab.flow import Flow
from tests.lab.guest import PRIMARY, PRIMARY_MAC, STANDBY, STANDBY_MAC, Config, Guest, Nic
from tests.lab.libvirt import Libvirt, LibvirtGuest
from tests.lab.network import GUEST_IPV4, Network
from tests.lab.probe import Probe

LEFTOVER = re.compile(r"^gnf-(\d+)-")


def _maker_is_gone(name):
    match = LEFTOVER.match(name)
    return bool(match) and not Path(f"/proc/{match.group(1)}").exists()


def remove_leftovers():
    """End and remove what a killed run of the lab left: processes, namespaces, folders."""
    for line in run(["ip", "netns", "list"]).splitlines():
        name = line.split(" ")[0] if line else ""
        if _maker_is_gone(name):
            for pid in run(["ip", "netns", "pids", name]).split():
                os.kill(int(pid), signal.SIGKILL)
            run(["ip", "netns", "del", name])
    for folder in Path(tempfile.gettempdir()).glob("gnf-*"):
        if _maker_is_gone(folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def end_on_signals():
    """Make SIGTERM and SIGHUP unwind the program as Ctrl-C does, so that labs are torn down."""

    def leave(number, _frame):
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)


def _config(image, files, primary_port, primary_mac, standby_mac):
    nics = [Nic(STANDBY, "rp4", standby_mac)]
    if primary_port:
        nics.append(Nic(PRIMARY, primary_port, primary_mac))
    return Config(image, profiles.bond_profiles() if files is None else files, nics)


class Lab:
    """with Lab("name") as lab: guests on one wire.

    When the block ends by an exception, the guests' consoles are shown; they are kept in
    build/logs/NAME-GUEST.console in any case.
    """

    def __init__(self, name):
        self.name = name
        self.network = Network()
        self.guests = []
        self.probes = []
        self.host = None
        self.other = None
        self.folder = None

    def __enter__(self):
        remove_leftovers()
        self.folder = Path(tempfile.mkdtemp(prefix=f"gnf-{os.getpid()}-"))
        try:
            self.network.start()
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(self, kind, _value, _traceback):
        failed = kind is not None and issubclass(kind, Exception)
        try:
            for probe in self.probes:
                probe.kill()
            for guest in self.guests:
                self._end(guest, failed)
            for host in (self.host, self.other):
                if host is not None:
                    host.stop()
        finally:
            if self.other is not None:
                self.other.network.stop()
            self.network.stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, guest, failed):
        if failed:
            print(guest.failure_notes(), file=sys.stderr)
        try:
            guest.stop()
        except LabError as error:
            print(f"lab: stopping {guest.name}: {error}", file=sys.stderr)
        if guest.console.exists():
            LOGS.mkdir(parents=True, exist_ok=True)
            shutil.copy(guest.console, LOGS / f"{self.name}-{guest.name}.console")

    def guest(self, image, name="a", files=None, primary_port="rp1", primary_mac=PRIMARY_MAC,
              standby_mac=STANDBY_MAC, memory=512, options=(), more=()):
        """Start a guest with a bond of standby (rp4, enp4s0) and primary; does not wait.

        files: {path: text or (text, mode)} laid over its disk; default profiles.bond_profiles().
        primary_port None: no pass-through NIC. more: Nics besides these two, or in the place of one
        of them, by its id.
        """
        config = _config(image, files, primary_port, primary_mac, standby_mac)
        config.nics = list({nic.id: nic for nic in [*config.nics, *more]}.values())
        config.memory, config.options = memory, list(options)
        return self._start(Guest(self, name, config))

    def libvirt_guest(self, image, name="a", files=None, primary_port="rp1",
                      primary_mac=PRIMARY_MAC, standby_mac=STANDBY_MAC, kernel_words=()):
        """The same guest as a libvirt domain, under a libvirtd of the lab's own; does not wait.
        kernel_words: more of its kernel's command line."""
        if self.host is None:
            self.host = Libvirt(self)
            self.host.start()
        config = _config(image, files, primary_port, primary_mac, standby_mac)
        config.kernel_line = " ".join([config.kernel_line, *kernel_words])
        return self._start(LibvirtGuest(self, self.host, name, config))

    def other_host(self):
        """A second libvirt host on the same wire, for the guests of libvirt_guest() to go to."""
        self.other = Libvirt(self, "other", self.network.beyond())
        return self.other.start()

    def _start(self, guest):
        self.guests.append(guest)
        return guest.start()

    def probe(self, interval_us=1000, address=GUEST_IPV4):
        """Start probing the guests' address from the wire; a Probe."""
        path = self.folder / f"probe-{len(self.probes)}"
        probe = Probe(self.network, path, interval_us, address)
        self.probes.append(probe)
        return probe

    def flow(self, guest, interval_us=1000):
        """Start datagrams both ways between the wire and a guest that has flow.guest_files(); a
        Flow, once they arrive."""
        flow = Flow(guest, self.folder / f"flow-{len(self.probes)}", interval_us)
        self.probes.append(flow)
        return flow
