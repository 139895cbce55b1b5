# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest as Debian made it, with the Debian packages at hand, and what tells who serves its port.

The standard state that a case finds: nothing of ours is installed, qemu-ga has the port. What is
run outside() the agent is no child of it, and is waited for without making one: a hand-over of the
port waits until the agent has none.
"""
import base64
import contextlib

from tests.lab import image, profiles
from tests.lab.base import ROOT, run
from tests.lab.channel import CommandError
from tests.lab.lab import Lab
from tests.vm import expect
from tests.vm.pings import Lost, Pings
from tests.vm.stage import PREFIX, SCHEMA, Stage

NAMES = ("qga-plugind", "qga-net-failover", "qga-net-failover-nm")
OLD, NEW = "old", "new"
NEW_VERSION = "0.1.0-999"
FOLDER = "/root/packages"
CONFFILE = "/etc/qemu/qga-plugins.conf"
BUILD_SECONDS = 600
DPKG_SECONDS = 180
AGENT_SECONDS = 60
OUTSIDE = "/run/vm-test-outside"
# Which of the two has the port: "qemu-ga" or "qga-plugind".
OWNER = """for pid in $(pidof qemu-ga qga-plugind); do
    ls -l /proc/$pid/fd | grep -q /dev/vport && cat /proc/$pid/comm
done; true"""
# Every file, but for what a running system and the package manager's own books change; /run/host is
# made by systemd (since 254) for any unit that has a root of its own.
FILES = """find / -xdev \\( -path /var/lib/dpkg -o -path /var/log -o -path /var/cache -o -path /tmp \\
    -o -path /var/tmp -o -path /var/lib/systemd -o -path /root/packages \\) -prune -o -print
find /run -xdev \\( -path /run/systemd -o -path /run/udev -o -path /run/log -o -path /run/user \\
    -o -path '/run/vm-test-*' -o -path /run/NetworkManager -o -path /run/lock \\
    -o -path /run/host \\) -prune -o -print"""


def build():
    """{OLD: paths, NEW: paths} of the packages of this tree, the same build in two versions."""
    command = [ROOT / "packaging" / "build-deb"]
    made = {OLD: run(command, BUILD_SECONDS).split(),
            NEW: run([*command, "--version", NEW_VERSION], BUILD_SECONDS).split()}
    # The host's tool is nothing for a guest.
    return {version: [path for path in paths if "/virt-net-failover_" not in path]
            for version, paths in made.items()}


def files(packages):
    """The packages as files of a guest."""
    return {f"{FOLDER}/{version}/{path.rpartition('/')[2]}": open(path, "rb").read()
            for version, paths in packages.items() for path in paths}


def dpkg(verb, *what):
    """dpkg's command line: ("--install", OLD) or ("--purge", "qga-plugind", …)."""
    if verb == "--install":
        what = [f"{FOLDER}/{version}/*.deb" for version in what]
    return " ".join(["DEBIAN_FRONTEND=noninteractive dpkg", verb, *what])


class PackageStage(Stage):
    """See Stage; release by its guest's name."""

    def __init__(self, name, kind, progress):
        super().__init__(name, kind, progress)
        self.packages = {}

    def fetch(self):
        self.progress("building the packages")
        self.packages = build()
        self.disk = image.ensure(self.release, self.progress, product=False)

    def boot(self):
        self.fetch()
        self.progress("booting")
        self.lab = Lab(f"vm-{self.name}-{self.kind}")
        self.lab.__enter__()
        self.guest = self.lab.guest(self.disk,
                                    files=profiles.bond_profiles() | files(self.packages))
        self.guest.wait_boot()
        self.guest.wait_network()
        self.progress("the stock agent answers")

    def begin(self):
        self.rows = []
        if self.guest is None:
            self.boot()
            return
        self.guest.connect_agent(AGENT_SECONDS)
        self.dpkg("--purge", *NAMES)
        self.wait_owner("qemu-ga")

    # -- running things --------------------------------------------------------------------

    def outside(self, script, timeout=DPKG_SECONDS):
        """Run a shell script outside of the agent; (exit code, what it said)."""
        with self.noticing_losses():
            return self._outside(script, timeout)

    def _outside(self, script, timeout):
        guest = self.guest
        text = f"( {script}\n) >{OUTSIDE}.out 2>&1; echo $? >{OUTSIDE}.part\n" \
               f"mv {OUTSIDE}.part {OUTSIDE}.code\n"
        guest.exec(["/bin/sh", "-c", f"rm -f {OUTSIDE}.*; cat >{OUTSIDE}.sh"], stdin=text)
        unit = ["--quiet", "--collect", "--unit=vm-test-outside", "/bin/sh", f"{OUTSIDE}.sh"]
        guest.command("guest-exec", {"path": "/usr/bin/systemd-run", "arg": unit})
        code = guest.wait_for(lambda: self.text(f"{OUTSIDE}.code"), f"'{script}' to end", timeout)
        return int(code), self.text(f"{OUTSIDE}.out")

    def text(self, path):
        """A file of the guest, read by the agent itself; None while it cannot be had."""
        try:
            # For a while nobody may have the port.
            handle = self.guest.command("guest-file-open", {"path": path}, AGENT_SECONDS)
            data = self.guest.command("guest-file-read", {"handle": handle, "count": 1 << 20})
            self.guest.command("guest-file-close", {"handle": handle})
        except (CommandError, Lost):
            return None  # not there yet; or who answers was restarted in between
        return base64.b64decode(data["buf-b64"]).decode(errors="replace")

    def dpkg(self, verb, *what):
        """Run dpkg outside of the agent, as an administrator does on a console."""
        code, said = self.outside(dpkg(verb, *what))
        expect.same(code, 0, f"exit code of dpkg {verb} (it said: {said})")
        return said

    # -- what is so ------------------------------------------------------------------------

    def ours(self):
        """The commands of ours that guest-info lists; None if the port changed hands under it."""
        try:
            info = self.guest.command("guest-info")["supported_commands"]
        except Lost:
            return None
        return sorted(entry["name"] for entry in info if entry["name"].startswith(PREFIX))

    @contextlib.contextmanager
    def noticing_losses(self):
        """With Pings, which tell of a reply that never comes: while the port changes hands, one
        may not."""
        if isinstance(self.guest.agent, Pings):
            yield
        else:
            with Pings(self.guest):
                yield

    def wait_ours(self, listed, seconds=AGENT_SECONDS):
        """Until guest-info lists all of our commands, or none; it makes no child of the agent."""
        names = sorted(SCHEMA.commands) if listed else []
        what = "guest-info with our commands" if listed else "guest-info without our commands"
        with self.noticing_losses():
            self.guest.wait_for(lambda: self.ours() == names, what, seconds)

    def owner(self):
        return self.guest.sh(OWNER).out.strip()

    def wait_owner(self, name):
        self.guest.wait_for(lambda: self.owner() == name, f"{name} to have the port", AGENT_SECONDS)

    def pid(self, name):
        return self.guest.exec(["/bin/pidof", name], check=False).out.strip()

    def installed(self):
        """{name: version} of our packages that are installed whole."""
        ask = "dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\\n' 'qga-*' 2>/dev/null; true"
        rows = [line.split() for line in self.guest.sh(ask).out.splitlines()]
        return {row[0]: row[1] for row in rows if row[-1] == "installed"}

    def file_list(self):
        return self.guest.sh(FILES).out

    def holds_together(self):
        """No unit has failed, and a command of the host, the very next one, works."""
        expect.same(self.guest.command("guest-ping"), {}, "the reply to guest-ping")
        failed = self.guest.exec(["/bin/systemctl", "--failed", "--no-legend", "--plain"]).out
        expect.same(failed, "", "list of failed units")

    def through_plugind(self):
        """qga-plugind has the port, qemu-ga is behind it, and the engine answers."""
        self.wait_ours(True)
        expect.same(self.owner(), "qga-plugind", "owner of the port")
        self.query()
        self.holds_together()

    def as_debian_made_it(self):
        """qemu-ga has the port, and nobody else is there."""
        self.wait_ours(False)
        self.wait_owner("qemu-ga")
        expect.same(self.pid("qga-plugind"), "", "process of qga-plugind")
        self.holds_together()
