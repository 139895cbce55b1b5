# SPDX-License-Identifier: GPL-2.0-or-later
"""A second way into a guest, past its agent: a root shell on a virtio-serial port of its own.

What the agent channel costs, and how things stand while the agent is frozen, stopped or dead, can
only be seen from elsewhere. The port is hot-plugged, and gone when the block ends: what a guest is
made of stays the same for whoever comes next.
"""
import itertools
import json
import re

from tests.lab.base import Deadline, LabError, wait_until
from tests.lab.channel import CommandError, LineSocket
from tests.vm.registry import VIRSH

PORT = "vm.test.shell"
# The shell's first read must find a host: from a port without one it reads its end.
START = f"""systemd-run -q --collect sh -c '
until test -e /dev/virtio-ports/{PORT}; do sleep 0.1; done
exec sh 0<>/dev/virtio-ports/{PORT} 1>&0 2>&1'"""
# One number each; read without waking the process that they are about.
FOOTPRINT = r"""pid=$(pidof %s) || exit 1; cd /proc/$pid
echo pid $pid
echo written $(sed -n 's/^write_bytes: //p' io)
echo switches $(cat task/*/status | awk '/^voluntary_ctxt/ { sum += $2 } END { print sum }')
echo anonymous $(awk '/^RssAnon/ { print $2 }' status)
echo descriptors $(ls fd | wc -l)
echo ticks $(cut -d ' ' -f 14,15 stat | awk '{ print $1 + $2 }')"""


def monitor(stage, command, arguments):
    """One QMP command, past libvirt where there is one."""
    if stage.kind != VIRSH:
        return stage.guest.qmp.command(command, arguments)
    text = json.dumps({"execute": command, "arguments": arguments})
    done = stage.guest.host.virsh("qemu-monitor-command", stage.guest.name, text).stdout
    if "error" in (reply := json.loads(done)):
        raise CommandError(command, reply["error"])
    return reply["return"]


class Shell:
    """with Shell(stage) as shell: shell("id")"""

    numbers = itertools.count(1)

    def __init__(self, stage):
        self.stage = stage
        self.id = f"shell-{next(self.numbers)}"
        self.path = stage.guest.folder / self.id
        self.socket = LineSocket(self.path, f"the shell of {stage.guest.name}")

    def __enter__(self):
        address = {"type": "unix", "data": {"path": str(self.path)}}
        backend = {"type": "socket", "data": {"addr": address, "server": True, "wait": False}}
        monitor(self.stage, "chardev-add", {"id": self.id, "backend": backend})
        self.socket.connect()
        monitor(self.stage, "device_add", {
            "driver": "virtserialport", "id": self.id, "chardev": self.id, "name": PORT,
        })
        self.stage.guest.sh(START)
        self("true")
        return self

    def __exit__(self, *_exception):
        self.socket.close()
        monitor(self.stage, "device_del", {"id": self.id})
        wait_until(self._remove, 20, f"QEMU to let go of {self.id}")

    def _remove(self):
        try:
            monitor(self.stage, "chardev-remove", {"id": self.id})
        except CommandError:
            return False  # it is busy for as long as the device is on its way out
        return True

    def __call__(self, script, timeout=30, check=True):
        """Run a script in a subshell; what it prints. check: LabError unless it exits 0."""
        mark = f"{self.id}-{next(self.numbers)}:"
        self.socket.send(f"(\n{script}\n)\necho \"{mark}\"$?\n".encode())
        deadline = Deadline(timeout, f"the shell to run {script!r}")
        out = self.socket.read_until(mark.encode(), deadline).decode(errors="replace")
        code = int(self.socket.read_until(b"\n", deadline))
        if check and code != 0:
            raise LabError(f"in the shell: {script!r} exited {code}: {out}")
        return out

    def until(self, condition, timeout=30):
        """Wait in the guest until a command succeeds; LabError if it does not."""
        # It ends in any case, for the shell to be of use afterwards.
        return self(f"""end=$(($(date +%s) + {timeout}))
until ({condition}) >/dev/null 2>&1; do
    test $(date +%s) -lt $end || exit 1
    sleep 0.1
done""", timeout + 30)

    def footprint(self, program="qga-plugind"):
        """{"pid", "written", "switches", "anonymous" (kB), "descriptors", "ticks"} of a process."""
        return {name: int(value)
                for name, value in re.findall(r"(\w+) (\d+)", self(FOOTPRINT % program))}
