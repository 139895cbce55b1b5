# SPDX-License-Identifier: GPL-2.0-or-later
"""Two libvirt hosts, one guest, and virt-net-failover between them.

The guest's e1000e plays the pass-through NIC: it is marked. A case finds the guest on host A (here),
its NIC in the bond at rp1 and active, nothing on record; ready() sees to that.
"""
import json
import re
import shutil
import subprocess
import time
from datetime import datetime
from typing import NamedTuple

from tests.lab import image
from tests.lab.base import LOGS, MESON, LabError, stop_process
from tests.lab.guest import PRIMARY, PRIMARY_MAC, STANDBY, Nic
from tests.lab.lab import Lab
from tests.lab.libvirt import nic_xml
from tests.lab.network import HOST_IPV4, OTHER_IPV4
from tests.runner.cases import Failed

TOOL = MESON / "host" / "virt-net-failover"
NAME = "a"
# Of QEMU's STOP and RESUME, as vm/cases_migrate.py: what was sent in between is the stop-and-copy's.
BEFORE_STOP = 0.05
AFTER_RESUME = 0.5
LIFECYCLE = re.compile(r"^(\S+ \S+?): event 'lifecycle' for domain '?(\w+)'?: (\w+) ")


class Result(NamedTuple):
    """How the tool ended: its exit code, its events (--json), what it said."""

    code: int
    events: list
    said: str
    seen: list  # (time.monotonic(), event)

    @property
    def result(self):
        return next((event for event in self.events if event["event"] == "result"), {})

    def text(self):
        return f"exit {self.code}, {json.dumps(self.result)}\n{self.said}"


class Tool:
    """The program, running. on_progress is called at each of these events."""

    def __init__(self, uri, words, on_progress=lambda: None):
        argv = [str(TOOL), "-c", uri, *map(str, words), "--json"]
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.on_progress = on_progress
        self.seen = []

    def _read(self, line):
        event = json.loads(line)
        self.seen.append((time.monotonic(), event))
        if event["event"] == "progress":
            self.on_progress()
        return event

    def until(self, wanted):
        """Read events until one fits; that event, or Failed."""
        for line in self.process.stdout:
            event = self._read(line)
            if wanted(event):
                return event
        raise Failed(f"the tool ended without what was waited for: {self.end().text()}")

    def end(self):
        """Read the rest; a Result."""
        for line in self.process.stdout:
            self._read(line)
        said = self.process.stderr.read()
        code = self.process.wait()
        return Result(code, [event for _, event in self.seen], said, self.seen)

    def signal(self, number):
        self.process.send_signal(number)


def phase_is(name, event="phase"):
    """A condition for until(): the beginning of a phase, or ("phase-ended") its end."""
    return lambda found: found["event"] == event and found.get("phase") == name


class Pauses:
    """When the guest stood still, as libvirt's events tell: `virsh event` on each host."""

    def __init__(self, hosts):
        self.path = [LOGS / f"host-events-{host.name}" for host in hosts]
        LOGS.mkdir(parents=True, exist_ok=True)
        self.processes = []
        for host, path in zip(hosts, self.path):
            argv = ["virsh", "-q", "-c", host.uri(), "event", "--event", "lifecycle", "--loop",
                    "--timestamp"]
            with open(path, "w", encoding="utf-8") as log:
                self.processes.append(subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=log,
                                                       stderr=log))

    def stop(self):
        for process in self.processes:
            stop_process(process)

    def read(self):
        """(the first stop, the last resume), as time.monotonic(); Failed if there was none."""
        offset = time.time() - time.monotonic()
        times = {"Suspended": [], "Resumed": []}
        for path in self.path:
            for line in path.read_text().splitlines():
                found = LIFECYCLE.match(line)
                if found and found[3] in times:
                    stamp = datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S.%f%z").timestamp()
                    times[found[3]].append(stamp - offset)
        if not all(times.values()):
            texts = "".join(path.read_text() for path in self.path)
            raise Failed(f"libvirt told of no stop and resume:\n{texts}")
        return min(times["Suspended"]), max(times["Resumed"])


class World:
    """with World(say) as world: …"""

    def __init__(self, say, name="host", kernel_words=()):
        self.say = say
        self.lab = Lab(name)
        self.kernel_words = kernel_words
        self.guest = None
        self.here = None
        self.there = None

    def __enter__(self):
        self.lab.__enter__()
        return self

    def __exit__(self, *exception):
        for host in (self.here, self.there):
            if host is not None:
                host.virsh("destroy", NAME, check=False)
        self.lab.__exit__(*exception)

    def boot(self):
        if self.guest is not None:
            return
        self.say("starting two libvirt hosts and a guest")
        disk = image.ensure("bookworm", self.say)
        self.guest = self.lab.libvirt_guest(disk, NAME, kernel_words=self.kernel_words)
        self.here = self.lab.host
        self.there = self.lab.other_host()
        self._await_boot()

    def boot_again(self):
        """A new disk, and started at home as the first time. The console of before is kept."""
        LOGS.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.guest.console, LOGS / f"host-died-{time.monotonic_ns()}.console")
        for host in (self.here, self.there):
            host.virsh("destroy", NAME, check=False)
        self.guest.host = self.here
        self.guest.start()
        self._await_boot()

    def kernel_died(self):
        """The guest's kernel panicked: the emulator's doing, see vm/cases_agent.py."""
        console = self.guest.console
        return console.exists() and b"Kernel panic" in console.read_bytes()

    def _await_boot(self):
        self.guest.wait_boot()
        self.guest.wait_network()
        self.expect(self.tool("mark", NAME, PRIMARY_MAC), 0)

    # -- the tool ---------------------------------------------------------------------------

    def start(self, *words, host=None):
        return Tool((host or self.guest.host).uri(), words)

    def tool(self, *words, host=None):
        """Run the tool against the host that the guest is on, or another; a Result."""
        return self.start(*words, host=host).end()

    def migrate_words(self, target, *more):
        address = OTHER_IPV4 if target is self.there else HOST_IPV4
        return ["migrate", NAME, target.uri(), "--unsafe", "--migrateuri", f"tcp://{address}", *more]

    def start_migration(self, *more, target=None):
        target = target or self.there
        # Else others' guests starve it there, and it does not answer.
        return Tool(self.guest.host.uri(), self.migrate_words(target, *more),
                    lambda: target.favour(NAME))

    def migrate(self, *more, target=None, code=0):
        """To the other host; the guest is there afterwards if code says so."""
        target = target or self.there
        result = self.expect(self.start_migration(*more, target=target).end(), code)
        if code in (0, 4):
            self.guest.host = target
        return result

    def expect(self, result, code, *texts):
        whole = result.text()
        if result.code != code:
            raise Failed(f"exit code {result.code}, not {code}: {whole}")
        for text in texts:
            if text not in whole:
                raise Failed(f"nothing of '{text}' in: {whole}")
        return result

    # -- devices ----------------------------------------------------------------------------

    def device_file(self, port="rp1", mac=PRIMARY_MAC, bridge=None, alias=None):
        """The path of the XML of a NIC to plug in."""
        text = nic_xml(Nic(PRIMARY, port, mac))
        if alias:
            text = text.replace(f"ua-{PRIMARY}", alias)
        if bridge:
            text = text.replace("bridge='br0'", f"bridge='{bridge}'")
        path = self.lab.folder / f"{port}-{mac.replace(':', '')}-{bridge}.xml"
        path.write_text(text)
        return path

    # -- the guest --------------------------------------------------------------------------

    def whereabouts(self):
        """The host that the guest runs on, as libvirt says."""
        running = [host for host in (self.here, self.there)
                   if host.virsh("domstate", NAME, check=False).stdout.strip() == "running"]
        if len(running) != 1:
            raise Failed(f"the guest runs on {len(running)} hosts")
        return running[0]

    def active(self, mac=PRIMARY_MAC):
        """The NIC with that MAC is the bond's active port; waits for it."""
        self.guest.wait_bond(
            lambda bond: any(port.mac == mac and port.up and name == bond.active
                             for name, port in bond.ports.items()),
            f"{mac} to be the active port", 15)
        self.guest.wait_for(self.lab.network.ping, "the guest's answer to a ping", 15)

    def query(self):
        """What the guest says."""
        return self.guest.command("guest-net-failover-query")

    @staticmethod
    def nic(result, mac):
        """The line of the table for the NIC that had this MAC before; Failed if there is none."""
        found = [nic for nic in result.result["nics"] if nic["nic"] == mac]
        if len(found) != 1:
            raise Failed(f"{len(found)} lines for {mac}: {result.text()}")
        return found[0]

    def on_record(self):
        return "xmlns/domain/unplugged" in self.guest.host.virsh("dumpxml", NAME).stdout

    def restored(self, host=None):
        """As before: on this host, NIC active, nothing on record, nothing pending."""
        host = host or self.here
        if self.whereabouts() is not host:
            raise Failed(f"the guest is on {self.whereabouts().name}")
        self.guest.host = host
        self.active()
        if self.on_record():
            raise Failed("the record is still in the metadata")

    def ready(self):
        """The standard state, whatever a case left; quick where it is there already."""
        self.boot()
        for host in (self.here, self.there):
            if host.process.poll() is not None:
                host.run()
        try:
            self.guest.host = self.whereabouts()
            self.guest.set_link(STANDBY, True)
            self.active()
            if self.on_record() or self.guest.host is not self.here:
                raise Failed("not at home")
        except (Failed, LabError):
            self._bring_home()

    def _bring_home(self):
        self.guest.host = self.whereabouts()
        self.tool("mark", NAME, f"ua-{PRIMARY}")
        self.tool("resume", NAME)
        if self.guest.host is not self.here:
            self.migrate("--device-xml", self.device_file(), target=self.here)
        elif self.guest.interface_of(PRIMARY_MAC) != "enp1s0":
            self.expect(self.tool("detach", NAME), 0)
            self.expect(self.tool("attach", NAME, "--device-xml", self.device_file()), 0)
        self.restored()

    def traffic(self, body):
        """Run body() at 1 kHz of probes; (its value, sent, lost outside the stop-and-copy, inside)."""
        pauses = Pauses((self.here, self.there))
        probe = self.lab.probe()
        time.sleep(0.5)
        try:
            value = body()
        finally:
            time.sleep(1)
            log = probe.stop()
            pauses.stop()
        stop, resume = pauses.read()
        lost = log.lost_times()
        inside = [sent for sent in lost if stop - BEFORE_STOP <= sent <= resume + AFTER_RESUME]
        return value, len(log.sent), len(lost) - len(inside), len(inside)
