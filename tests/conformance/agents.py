# SPDX-License-Identifier: GPL-2.0-or-later
"""The processes of the conformance tests: a stock qemu-ga, a plugin, qga-plugind in front of both.

In a temporary folder, on any of the channels that both know; every wait is for a condition.
"""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

from tests.conformance.fakes import Plugin
from tests.conformance.hosts import DEADLINE_S, Host, PortHost, wait_for

QEMU_GA = shutil.which("qemu-ga", path="/usr/sbin:/usr/bin:/sbin:/bin")
PLUGIND = os.environ.get("QGA_PLUGIND", "qga-plugind")
# It was built with sanitizers: what they find is what counts, and memory says nothing, since they
# keep what was freed.
SANITIZED = bool(os.environ.get("CONFORMANCE_SANITIZED"))
# What systemd does for a socket unit: descriptor 3, and who it is for.
ACTIVATE = 'exec 3<&"$0"; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'


class Channel:
    """A way from the host to an agent: the option letters it is started with, and a host's end."""

    METHODS = ("unix-listen", "isa-serial", "virtio-serial", "activated")
    FROM_FILE = "from-file"  # a port, and no option says so

    def __init__(self, method, path):
        self.method = method
        self.path = path
        self.is_port = method.endswith("-serial") or method == self.FROM_FILE
        self.first = PortHost(path) if self.is_port else None
        self.listener = None
        if method == "activated":
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(path))
            self.listener.listen(1)

    def start(self, program, *options, log):
        """The agent at the other end. An activated one is told of a port that is not there."""
        argv, inherited = [program, "-m", self.method, "-p", self.path, *options], ()
        if self.method == self.FROM_FILE:
            del argv[1:3]
        if self.listener:
            argv[2:5] = ["virtio-serial", "-p", "/no/such/port"]
            inherited = (self.listener.fileno(),)
            argv = ["/bin/sh", "-c", ACTIVATE, str(inherited[0]), *argv]
        return subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                pass_fds=inherited)

    def host(self):
        """A new host; of a port it takes the last one's place."""
        if self.first:
            host, self.first = self.first, None
            return host
        return PortHost(self.path) if self.is_port else Host(self.path)

    def close(self):
        if self.first:
            self.first.close()
        if self.listener:
            self.listener.close()


class Stock:
    """qemu-ga on a channel, alone."""

    def __init__(self, method="unix-listen", options=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gnf-"))
        self.channel = Channel(method, self.folder / "stock")
        with open(self.folder / "log", "w", encoding="utf-8") as log:
            self.process = self.channel.start(QEMU_GA, "-t", self.folder, *options, log=log)

    def host(self):
        return self.channel.host()

    def close(self):
        self.process.terminate()
        self.process.wait(DEADLINE_S)
        self.channel.close()
        shutil.rmtree(self.folder)


class Agents:
    """A folder with qemu-ga, a plugin and qga-plugind; a host comes by host()."""

    def __init__(self, with_agent=True, plugind_options=(), plugin_seconds=2, config="[general]\n",
                 method="unix-listen", agent_options=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gnf-"))
        self.agent_path = self.folder / "agent"
        self.agent_options = agent_options
        self.agent = self.plugin = self.plugind = None
        self.channel = Channel(method, self.folder / "host")
        self.log = open(self.folder / "log", "w+", encoding="utf-8")
        (self.folder / "plugins.conf").write_text(config)
        (self.folder / "test.plugin").write_text(
            "[Plugin]\nCommands=guest-test-one;guest-test-two;guest-ping;\n"
            f"Socket={self.folder}/plugin\nTimeoutSec={plugin_seconds}\n"
        )
        self.start_plugin()
        if with_agent:
            self.start_agent()
        self.start_plugind(plugind_options)

    def start_agent(self):
        (self.folder / "state").mkdir(exist_ok=True)
        self.agent = subprocess.Popen(
            [QEMU_GA, "-m", "unix-listen", "-p", self.agent_path, "-t", self.folder / "state",
             *self.agent_options], stdout=self.log, stderr=self.log)
        wait_for(self.agent_path.exists, "qemu-ga")

    def start_plugin(self):
        (self.folder / "plugin").unlink(missing_ok=True)
        self.plugin = Plugin(self.folder / "plugin")

    def start_plugind(self, options=()):
        self.plugind = self.channel.start(
            PLUGIND, "-s", self.agent_path, "-P", self.folder, "-c", self.folder / "plugins.conf",
            *options, log=self.log)

    def stop_agent(self):
        self.agent.kill()
        self.agent.wait()
        self.agent_path.unlink(missing_ok=True)

    def pause_agent(self):
        self.agent.send_signal(signal.SIGSTOP)

    def resume_agent(self):
        self.agent.send_signal(signal.SIGCONT)

    def host(self):
        return self.channel.host()

    def log_text(self):
        return (self.folder / "log").read_text(encoding="utf-8")

    def close(self):
        self.plugind.terminate()
        status = self.plugind.wait(DEADLINE_S)
        if self.agent:
            self.agent.kill()
            self.agent.wait()
        self.plugin.close()
        self.channel.close()
        text = self.log_text()
        self.log.close()
        shutil.rmtree(self.folder)
        if status != 0:
            raise AssertionError(f"qga-plugind ended with {status}:\n{text}")
