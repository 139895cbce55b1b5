# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian packages: the host can talk to the guest before, during and after everything that a
package manager does, also where the host itself runs it through the agent."""
import contextlib
import re
import statistics

from tests.lab.base import wait_until
from tests.runner.cases import Failed
from tests.vm import expect
from tests.vm.package import CONFFILE, NAMES, NEW, NEW_VERSION, OLD, dpkg
from tests.vm.pings import Pings
from tests.vm.registry import PACKAGE, case

RESTARTS = 5
RESTART = "systemctl restart qemu-guest-agent.service"
# What may pass between a ping and its reply, as a multiple of what passes when the stock agent is
# restarted and nothing else goes on. dpkg and systemd's reload compete for the guest's one CPU, and
# two services are started where a restart starts one: 3 to 8 were measured, and a busy machine
# stretches one more than the other.
GAP_FACTOR = 20
# The kernel drops what it holds of a port that is closed (drivers/char/virtio_console.c,
# port_fops_release): a ping that came between the last read and the close.
LOST_AT_CLOSE = 1
POLICY = "/usr/sbin/policy-rc.d"
EDITED = "# edited by the administrator\n[general]\nblock-rpcs=guest-net-failover-cancel\n"
PORT = "/dev/virtio-ports/org.qemu.guest_agent.0"


class Watched:
    """The pings around a case, in phases; each is held to what the stock agent's restart costs."""

    def __init__(self, stage, pings):
        self.stage = stage
        self.pings = pings
        self.limit = None

    def measure(self):
        """What a restart of the stock agent costs, in the same guest and now."""
        windows = []
        for _ in range(RESTARTS):
            with self._window() as windows_of_one:
                self.stage.outside(RESTART)
            windows += windows_of_one
        median = statistics.median(window.longest for window in windows)
        self.stage.rows += [window.row("restart") for window in windows]
        self.limit = median * GAP_FACTOR

    @contextlib.contextmanager
    def _window(self):
        found, start = [], self.pings.settled()
        yield found
        found.append(self.pings.window(start, self.pings.settled()))

    @contextlib.contextmanager
    def phase(self, name):
        with self._window() as found:
            yield
        window = found[0]
        self.stage.rows.append(window.row(name))
        if window.lost > LOST_AT_CLOSE or window.longest > self.limit:
            raise Failed(f"{name}: {window.lost} of {window.sent} pings lost, the longest took "
                         f"{window.longest:.2f} s, of {self.limit:.2f} s at most")


@contextlib.contextmanager
def watched(stage):
    with Pings(stage.guest) as pings:
        watch = Watched(stage, pings)
        watch.measure()
        yield watch


@case("package/install-upgrade-remove-purge", PACKAGE)
def life(stage):
    guest, before = stage.guest, stage.file_list()
    with watched(stage) as watch:
        with watch.phase("install"):
            stage.dpkg("--install", OLD)
            stage.wait_ours(True)
        stage.through_plugind()
        guest.write(CONFFILE, EDITED)
        agent = stage.pid("qemu-ga")
        with watch.phase("upgrade"):
            stage.dpkg("--install", NEW)
        stage.through_plugind()
        expect.same(stage.installed(), dict.fromkeys(NAMES, NEW_VERSION), "what is installed")
        expect.same(stage.pid("qemu-ga"), agent, "process of qemu-ga after an upgrade")
        expect.same(guest.read(CONFFILE), EDITED, "the configuration after an upgrade")
        with watch.phase("remove"):
            stage.dpkg("--remove", *NAMES)
        stage.as_debian_made_it()
        expect.same(guest.read(CONFFILE), EDITED, "the configuration after the removal")
        with watch.phase("again"):
            stage.dpkg("--install", OLD)
            stage.wait_ours(True)
        stage.through_plugind()
        with watch.phase("purge"):
            stage.dpkg("--purge", *NAMES)
        stage.as_debian_made_it()
    expect.unchanged(before, stage.file_list(), "the list of files")


@case("package/through-the-agent-that-it-restarts", PACKAGE)
def through_the_agent(stage):
    """The host runs dpkg by guest-exec, and gets its result; the port changes hands afterwards."""
    guest, before = stage.guest, stage.file_list()

    def run(verb, *what):
        done = guest.sh(dpkg(verb, *what), timeout=180)
        expect.holds("qga-net-failover-nm" in done.out, f"dpkg's output is not whole: {done.out}")

    with watched(stage) as watch:
        agent = stage.pid("qemu-ga")
        with watch.phase("install"):
            run("--install", OLD)
            expect.same(stage.owner(), "qemu-ga", "owner of the port right after the command")
            expect.same(stage.pid("qemu-ga"), agent, "process of qemu-ga right after the command")
            stage.wait_ours(True)
        expect.same(sorted(stage.installed()), sorted(NAMES), "what is installed")
        stage.through_plugind()
        with watch.phase("upgrade"):
            run("--install", NEW)
        stage.through_plugind()
        agent = stage.pid("qemu-ga")
        with watch.phase("purge"):
            run("--purge", *NAMES)
            expect.same(stage.pid("qemu-ga"), agent, "process of qemu-ga right after the command")
            stage.wait_ours(False)
        stage.as_debian_made_it()
    expect.unchanged(before, stage.file_list(), "the list of files")


@case("package/waits-for-commands-of-the-host", PACKAGE)
def waits_for_command(stage):
    """What the host runs in the guest is not cut off by an installation that it knows nothing of."""
    guest, release = stage.guest, "/run/vm-test-release"
    wait = f"rm -f {release}; until [ -e {release} ]; do sleep 0.2; done; echo whole"
    arguments = {"path": "/bin/sh", "arg": ["-c", wait], "capture-output": True}
    pid = guest.command("guest-exec", arguments)["pid"]
    stage.dpkg("--install", OLD)
    expect.same(stage.owner(), "qemu-ga", "owner of the port while the command runs")
    state = guest.exec(["/bin/systemctl", "is-active", "qga-plugind-handover.service"], check=False)
    expect.same(state.out.strip(), "active", "the hand-over that waits")
    guest.sh(f"touch {release}")

    def result():
        status = guest.command("guest-exec-status", {"pid": pid})
        return status if status["exited"] else None

    ended = guest.wait_for(result, "the host's command to end")
    expect.same(ended["exitcode"], 0, "exit code of the host's command")
    stage.wait_ours(True)
    stage.through_plugind()


@case("package/plugin-comes-and-goes", PACKAGE)
def plugin_comes_and_goes(stage):
    """qga-plugind learns of a package that brings or takes a plugin, and qemu-ga goes on."""
    stage.dpkg("--install", OLD)
    stage.through_plugind()
    agent = stage.pid("qemu-ga")
    stage.dpkg("--remove", *NAMES[1:])
    stage.wait_ours(False)
    expect.same(stage.owner(), "qga-plugind", "owner of the port")
    stage.dpkg("--install", OLD)
    stage.through_plugind()
    expect.same(stage.pid("qemu-ga"), agent, "process of qemu-ga")


@case("package/removal-puts-the-nic-back", PACKAGE)
def puts_back(stage):
    stage.dpkg("--install", OLD)
    stage.wait_ours(True)
    stage.guest.wait_network()
    expect.done(stage.prepare(), "prepare", "detached")
    expect.on_standby(stage, "enp1s0")
    stage.dpkg("--remove", *NAMES)
    expect.on_primary(stage, "enp1s0")
    stage.as_debian_made_it()


@case("package/agent-that-does-not-run", PACKAGE)
def agent_stopped(stage):
    """As Debian leaves the agent that it has just installed: it comes with the port."""
    code, said = stage.outside(f"systemctl stop qemu-guest-agent && {dpkg('--install', OLD)}")
    expect.same(code, 0, f"exit code of dpkg with the agent stopped (it said: {said})")
    stage.through_plugind()


@case("package/without-systemd", PACKAGE)
def without_systemd(stage):
    """Where an image is built: a root in which nothing runs; what runs outside does not notice."""
    before = stage.pid("qemu-ga")
    root = "/run/vm-test-root"
    enter = f"""set -e
mkdir {root}; mount -t tmpfs tmpfs {root}; mkdir {root}/up {root}/work {root}/root
mount -t overlay -o lowerdir=/,upperdir={root}/up,workdir={root}/work overlay {root}/root
mount --bind /dev {root}/root/dev
mv {root}/root/usr/bin/systemctl {root}/root/usr/bin/systemctl.away
"""
    leave = f"umount {root}/root/dev {root}/root {root}; rmdir {root}"
    script = f"chroot {root}/root sh -exc '{dpkg('--install', OLD)}; {dpkg('--install', NEW)}"
    script += f"; ls -l /usr/sbin/qga-plugind; {dpkg('--purge', *NAMES)}; ! ls {CONFFILE}'"
    code, said = stage.outside(f"{enter}{script}; code=$?; {leave}; exit $code")
    expect.same(code, 0, f"exit code of dpkg without systemd (it said: {said})")
    expect.same(stage.pid("qemu-ga"), before, "process of qemu-ga")
    stage.as_debian_made_it()


@case("package/policy-forbids", PACKAGE)
def policy_forbids(stage):
    """With a policy-rc.d that starts nothing, nothing is started or stopped, either way."""
    guest, before = stage.guest, stage.pid("qemu-ga")
    guest.write(POLICY, "#!/bin/sh\nexit 101\n", 0o755)
    try:
        for verb, what in (("--install", [OLD]), ("--purge", NAMES)):
            stage.dpkg(verb, *what)
            expect.same(stage.pid("qemu-ga"), before, f"process of qemu-ga after {verb}")
            expect.same(stage.owner(), "qemu-ga", f"owner of the port after {verb}")
            expect.same(stage.pid("qga-plugind"), "", f"process of qga-plugind after {verb}")
            socket = ["/usr/bin/test", "-e", "/run/qga-net-failover/socket"]
            expect.same(guest.exec(socket, check=False).code, 1, "exit code of test -e SOCKET")
    finally:
        guest.sh(f"rm -f {POLICY}")
    stage.as_debian_made_it()


@case("package/without-the-port", PACKAGE)
def without_port(stage):
    """Installs into a guest that has no agent port; a port that is plugged in later is served."""
    guest, mark = stage.guest, "vm-test-without-port"
    script = f"until [ ! -e {PORT} ]; do sleep 0.2; done\n{dpkg('--install', OLD)}"
    text = f"( {script}\n) >/run/vm-test-port.out 2>&1; echo {mark} $? >/dev/ttyS0\n"
    guest.exec(["/bin/sh", "-c", "cat >/run/vm-test-port.sh"], stdin=text)
    guest.sh("systemd-run --quiet --collect /bin/sh /run/vm-test-port.sh")
    said, since = len(guest.console.read_bytes()), len(guest.qmp.events)
    guest.qmp.command("device_del", {"id": "agent"})
    guest.qmp.wait_event("DEVICE_DELETED", 30, since, device="agent")
    code = re.compile(rb"%s (\d+)" % mark.encode())
    ended = wait_until(lambda: code.search(guest.console.read_bytes()[said:]), 180,
                       "dpkg to end without a port")
    since = len(guest.qmp.events)
    guest.qmp.command("device_add", {"driver": "virtserialport", "id": "agent",
                                     "chardev": "agent", "name": "org.qemu.guest_agent.0"})
    guest.qmp.wait_event("VSERPORT_CHANGE", 60, since, open=True)
    guest.connect_agent(60)
    expect.same(ended.group(1), b"0", f"exit code ({guest.read('/run/vm-test-port.out')})")
    journal = guest.sh("journalctl -q -b -o cat --grep 'Timed out waiting' _PID=1; true").out
    expect.same(journal, "", "what systemd says of devices that it waited for")
    stage.through_plugind()
