# SPDX-License-Identifier: GPL-2.0-or-later
"""A booted guest that one case after the other is played on.

Every case finds the standard state: the profiles of tests.lab.profiles, the primary at rp1 and
active, no operation pending. A guest that a case failed on, or used up, is replaced by a new one.
Every message of our commands, either way, is checked against the contract.
"""
import time

from qapi import qapischema
from tests.lab import image
from tests.lab.base import LOGS, Deadline
from tests.lab.channel import CommandError
from tests.lab.guest import PRIMARY, PRIMARY_MAC
from tests.lab.lab import Lab
from tests.lab.network import GUEST_IPV4
from tests.runner.cases import Failed
from tests.vm.expect import INTERFACES, STANDBY
from tests.vm.manager import NetworkManager
from tests.vm.registry import RELEASES, VIRSH
from tests.vm.traffic import Traffic

PREFIX = "guest-net-failover-"
COMMAND_SECONDS = 60
REPLY_SECONDS = 30  # a starved guest is not what is tested; virsh's cases keep virsh's 5 s
SCHEMA = qapischema.Schema()
BONDING = "/sys/class/net/bond0/bonding"
RECORD = "/run/qga-net-failover/operation.json"
UNITS = ("qga-net-failoverd", "qga-plugind", "qemu-guest-agent")
# Everything that a command which changes nothing leaves as it is; the manager's part is its own.
SNAPSHOT = f"""cat /proc/net/bonding/bond0
grep -H . {BONDING}/* 2>/dev/null | grep -v ad_
ip -o link | sed 's/ qlen .*//'; ip -o addr; ip route
cat {RECORD} 2>/dev/null; true"""


class Stage:
    """progress: a function of a text. Use as a context manager; boots at the first need."""

    manager = NetworkManager()

    def __init__(self, name, kind, progress):
        self.name = name
        self.kind = kind
        self.progress = progress
        self.lab = None
        self.guest = None
        self.rows = []  # what Traffic measures in the present case
        self.tables = {}  # what the present case has added to tables, see tables.py
        self.disk = None
        self.files = {}

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.drop()

    # -- life -------------------------------------------------------------------------------

    def fetch(self):
        """Make what takes long and is kept, if needed: the disk."""
        self.disk = image.ensure(self.release, self.progress, variant=self.manager.variant)

    def boot(self):
        # Other runs on this machine may have pruned it since.
        if self.disk is None or not self.disk.disk.exists():
            self.fetch()
        self.progress("booting")
        self.files = self.manager.files(INTERFACES["rp1"])
        self.lab = Lab(f"vm-{self.name}-{self.kind}")
        self.lab.__enter__()
        self.guest = self.make()
        self.guest.wait_boot()
        self.wait_network()
        self.progress("the agent answers, the bond is complete")

    @property
    def release(self):
        return RELEASES[self.name]

    def make(self):
        """The guest, started."""
        return (self.lab.libvirt_guest if self.kind == VIRSH else self.lab.guest)(self.disk)

    def wait_network(self):
        """Until its bond is complete."""
        self.guest.wait_network()

    def drop(self):
        """End the guest and its wire."""
        if self.lab is not None:
            self.lab.__exit__(None, None, None)
        self.lab = self.guest = None

    def begin(self):
        """A guest in the standard state, whatever was before."""
        self.rows = []
        if self.guest is None:
            self.boot()
        else:
            self.configure()

    def notes(self, name):
        """What a failure is explained with; the whole journal goes to a file."""
        if self.guest is None:
            return ["there is no guest"]
        try:
            if self.kind != VIRSH:
                self.guest.connect_agent(30)  # an answer that came too late is not mistaken
            journal = self.guest.journal(3000)
            bond = self.guest.bond_text()
        except Exception as error:  # pylint: disable=broad-except
            return [f"the guest does not answer any more: {error}"]
        path = LOGS / f"vm-{name.replace('/', '-')}.journal"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(journal)
        told = tuple(f" {unit}[" for unit in (*UNITS, self.manager.unit)) + (" kernel: bond0", " kernel: e1000e")
        lines = [line for line in journal.splitlines()
                 if "guest-exec" not in line and any(words in line for words in told)]
        return ["the guest's bond:", *bond.splitlines(), "the end of the journal:", *lines[-25:]]

    # -- the standard state -----------------------------------------------------------------

    def configure(self, port="rp1", mac=PRIMARY_MAC, **options):
        """Bring the guest into a state as if it had booted so; options: of the manager's files."""
        files = self.manager.files(INTERFACES[port], **options)
        self.settle("cancel", self.request("cancel"))
        if self._is_configured(files, port, mac):
            return
        nic = self.guest.nics.get(PRIMARY)
        if nic and (nic.port, nic.mac) != (port, mac):
            self.guest.unplug()
        changed = [path for path in files if self.files[path] != files[path]]
        for path in changed:
            self.guest.write(path, *files[path])
        self.files = files
        self.manager.forget(self.guest)
        if PRIMARY not in self.guest.nics:
            self.guest.plug(port, mac)
        whole_bond = any("bond0" in path for path in changed)
        self._activate(INTERFACES[port], whole_bond)

    def _is_configured(self, files, port, mac):
        nic = self.guest.nics.get(PRIMARY)
        if files != self.files or nic is None or (nic.port, nic.mac) != (port, mac):
            return False
        bond, interface = self.guest.bond(), INTERFACES[port]
        return (sorted(bond.ports) == sorted([interface, STANDBY])
                and self.manager.is_clean(self.guest)
                and bond.active == bond.primary == interface
                and all(port.up for port in bond.ports.values()))

    def _activate(self, interface, whole_bond):
        """Let the manager do what it does at boot, then the bond be as at boot."""
        self.manager.join(self.guest, interface, whole_bond)
        self.wait_network()
        if self.manager.has_primary_option(self.files):
            self.guest.sh(f"echo {interface} >{BONDING}/primary")
            self.guest.wait_bond(lambda bond: bond.active == bond.primary == interface,
                                 f"{interface} to be active")

    # -- commands ---------------------------------------------------------------------------

    def request(self, short, arguments=None):
        """One of our commands, once; its checked return value, or CommandError."""
        name = PREFIX + short
        SCHEMA.check_arguments(name, arguments)
        return self.ask(name, arguments)

    def ask(self, name, arguments=None):
        """As request, with arguments that need not fit the contract."""
        try:
            patience = None if self.kind == VIRSH else REPLY_SECONDS
            reply = self.guest.command(name, arguments, patience)
        except CommandError as error:
            check_error(error)
            raise
        try:
            SCHEMA.check_return(name, reply)
        except qapischema.SchemaError as error:
            raise Failed(f"the reply to {name} does not fit the contract: {error}\n{reply}") from error
        return reply

    def settle(self, short, report, arguments=None):
        """Repeat a command for as long as its work goes on, as a host does; the last report."""
        deadline = Deadline(COMMAND_SECONDS, f"{short} to be done")
        while report["status"] == "waiting":
            deadline.left()
            report = self.request(short, arguments)
        return report

    def query(self):
        return self.request("query")

    def prepare(self, arguments=None):
        return self.settle("prepare", self.request("prepare", arguments), arguments)

    def complete(self, arguments=None):
        return self.settle("complete", self.request("complete", arguments), arguments)

    def cancel(self, arguments=None):
        return self.settle("cancel", self.request("cancel", arguments), arguments)

    def add_row(self, table, row):
        """A row of a table (tables.py): what it tells of has held."""
        self.tables.setdefault(table, []).append(row)

    # -- looking ----------------------------------------------------------------------------

    def traffic(self, allow=None, address=GUEST_IPV4):
        return Traffic(self, allow, address)

    def option(self, name):
        """An option of the bond, first word."""
        return (self.guest.read(f"{BONDING}/{name}").split() or [""])[0]

    def snapshot(self):
        return self.guest.sh(f"{self.manager.snapshot}\n{SNAPSHOT}").out

    def profile_on(self, interface):
        """UUID of the profile that NetworkManager has active on an interface, or ""."""
        argv = ["/usr/bin/nmcli", "-g", "GENERAL.CON-UUID", "device", "show", interface]
        return self.guest.exec(argv).out.strip()

    def profile_bytes(self):
        return self.manager.bytes(self.guest)

    def mark_log(self):
        """A point in the kernel's log; for kernel_log."""
        mark = f"vm-test-{time.monotonic_ns()}"
        self.guest.sh(f"echo {mark} >/dev/kmsg")
        return mark

    def kernel_log(self, mark):
        """The kernel's lines since the mark."""
        return self.guest.exec(["/bin/dmesg"]).out.partition(mark)[2].splitlines()


def check_error(error):
    """An error of ours is a GenericError that starts with a code of the contract."""
    if error.cls not in ("", "GenericError"):
        raise Failed(f"error class {error.cls}: {error.desc}")
    if error.code not in SCHEMA.enums["GuestNetFailoverReasonCode"].values:
        raise Failed(f"the error starts with no code of the contract: {error.desc}")
