# SPDX-License-Identifier: GPL-2.0-or-later
"""What a test does inside a guest, over whichever agent channel there is.

Machine is the part that a guest under plain QEMU and one under libvirt share: everything here is
made of stock agent commands, so it works with and without the product installed.
"""

import base64
import time
from dataclasses import dataclass

from tests.lab import bond as bonding
from tests.lab.base import Deadline, LabError, wait_until

# Between two questions to a guest that is waited for: each takes a process there, and its time from
# what is waited for.
ASK_SECONDS = 0.4
# Where there is no journal, its daemons' output is kept in files.
JOURNAL = "journalctl --no-pager -n {lines} || {{ dmesg; tail -n {lines} /var/log/*.log; }}"


@dataclass(frozen=True)
class Result:
    """How a command in the guest ended."""

    code: int
    out: str
    err: str


def _text(status, member):
    return base64.b64decode(status.get(member, "")).decode(errors="replace")


class Machine:
    """A running guest with an agent. Subclasses bring command() and their own hotplug, and set
    name, lab (whose wire it is on) and nics (by device id, those it has now)."""

    name = "guest"
    lab = None
    nics = {}

    def command(self, name, arguments=None, timeout=10):
        """Run one agent command; its return value, or channel.CommandError."""
        raise NotImplementedError

    def exec(self, argv, timeout=30, check=True, stdin=None):
        """Run a program in the guest (no shell); a Result. check: LabError unless it exits 0."""
        arguments = {"path": argv[0], "arg": [str(a) for a in argv[1:]], "capture-output": True}
        if stdin is not None:
            arguments["input-data"] = base64.b64encode(stdin.encode()).decode()
        pid = self.command("guest-exec", arguments)["pid"]
        deadline = Deadline(timeout, f"'{' '.join(map(str, argv))}' in {self.name} to end")
        pause = 0.05
        while not (status := self.command("guest-exec-status", {"pid": pid}))["exited"]:
            # Asking costs the guest time and a journal line each.
            time.sleep(min(pause, deadline.left()))
            pause = min(pause * 1.5, 0.5)
        code = status.get("exitcode", -status.get("signal", 1))
        result = Result(code, _text(status, "out-data"), _text(status, "err-data"))
        if check and code != 0:
            raise LabError(f"in {self.name}: {argv} exited {code}: {result.err or result.out}")
        return result

    def sh(self, script, timeout=30, check=True):
        """Run a shell script in the guest; a Result."""
        return self.exec(["/bin/sh", "-c", script], timeout, check)

    def read(self, path):
        """A file of the guest, as text ("" only if it is empty)."""
        return self.exec(["/bin/cat", path]).out

    def write(self, path, text, mode=0o644):
        """Write a file in the guest, whole."""
        self.exec(["/bin/sh", "-c", f"umask 077; cat >{path}; chmod {mode:o} {path}"], stdin=text)

    def bond(self, name="bond0"):
        """The bond as the guest's kernel reports it (a bond.Bond)."""
        return bonding.parse(self.bond_text(name))

    def bond_text(self, name="bond0"):
        """/proc/net/bonding/NAME as it is."""
        return self.read(f"/proc/net/bonding/{name}")

    def interfaces(self):
        """Names of the guest's network interfaces, without lo."""
        return sorted(set(self.exec(["/bin/ls", "/sys/class/net"]).out.split())
                      - {"lo", "bonding_masters"})

    def interface_of(self, mac):
        """The interface with that permanent MAC, or None; bond ports included."""
        for name, port in self.bond().ports.items():
            if port.mac == mac:
                return name
        script = 'for i in /sys/class/net/*/address; do echo "$i $(cat $i)"; done'
        for line in self.sh(script).out.splitlines():
            path, _, address = line.partition(" ")
            name = path.split("/")[4]
            if address == mac and not name.startswith("bond"):
                return name
        return None

    def wait_for(self, condition, what, timeout=30):
        """The first true value of condition(); LabError that names `what` after timeout."""
        return wait_until(condition, timeout, f"{what} in {self.name}", interval=ASK_SECONDS)

    def wait_bond(self, condition, what, timeout=30, name="bond0"):
        """Wait until condition(Bond) holds; that Bond."""

        def attempt():
            result = self.exec(["/bin/cat", f"/proc/net/bonding/{name}"], check=False)
            bond = bonding.parse(result.out) if result.code == 0 else None
            return bond if bond and condition(bond) else None

        return self.wait_for(attempt, what, timeout)

    def wait_network(self, timeout=90):
        """Wait until the bond has every NIC of the guest up and answers from the wire."""
        want = len(self.nics)
        # First what costs the guest nothing.
        self.wait_for(self.lab.network.ping, "the bond to answer a ping", timeout)
        self.wait_bond(
            lambda bond: bond.active and sum(port.up for port in bond.ports.values()) >= want,
            f"{want} ports with a link in the bond", timeout,
        )
        # It may have changed its active port just now.
        return self.wait_for(self.lab.network.ping, "the bond to answer a ping", timeout)

    def journal(self, lines=80):
        """The end of the guest's journal, for failure messages."""
        return self.sh(JOURNAL.format(lines=lines), check=False).out
