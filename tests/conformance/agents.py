# SPDX-License-Identifier: GPL-2.0-or-later
"""The processes of the conformance tests: a stock qemu-ga, a plugin, qga-plugind in front of both.

All on unix sockets (and a pty for a port) in a temporary folder; every wait is for a condition and has a deadline.
"""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import select
import subprocess
import tempfile
import threading
import time
import tty

QEMU_GA = shutil.which("qemu-ga", path="/usr/sbin:/usr/bin:/sbin:/bin")
PLUGIND = os.environ.get("QGA_PLUGIND", "qga-plugind")
DEADLINE_S = 20


def wait_for(condition, what):
    end = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"timed out waiting for {what}")
        time.sleep(0.01)


def close_server(server):
    """Also wakes the thread that waits in accept(); does nothing the second time."""
    if server.fileno() >= 0:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


class Host:
    """The host's end of a channel: sends bytes, reads lines as they are."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        wait_for(lambda: self.socket.connect_ex(str(path)) == 0, f"a server at {path}")
        self.socket.settimeout(DEADLINE_S)
        self.held = b""

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        return self.socket.recv(1 << 20)

    def line(self):
        while b"\n" not in self.held:
            data = self.receive()
            if not data:
                raise EOFError(self.held)
            self.held += data
        line, self.held = self.held.split(b"\n", 1)
        return line + b"\n"

    def lines(self, count):
        return [self.line() for _ in range(count)]

    def ask(self, command, request_id=None, **arguments):
        request = {"execute": command}
        if arguments:
            request["arguments"] = arguments
        if request_id is not None:
            request["id"] = request_id
        self.send(json.dumps(request).encode() + b"\n")
        return json.loads(self.line())

    def is_silent(self, seconds=0.3):
        self.socket.settimeout(seconds)
        try:
            return self.held == b"" and self.socket.recv(1, socket.MSG_PEEK) == b"?"
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(DEADLINE_S)

    def close(self):
        self.socket.close()


class PortHost(Host):
    """The host's end of a serial port, found at `path`; close() hangs up."""

    def __init__(self, path):  # pylint: disable=super-init-not-called
        self.held = b""
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        link = path.with_suffix(".next")
        link.symlink_to(os.ttyname(self.slave))
        link.replace(path)

    def send(self, data):
        while data:
            data = data[os.write(self.master, data):]

    def receive(self):
        if not select.select([self.master], [], [], DEADLINE_S)[0]:
            raise TimeoutError
        return os.read(self.master, 1 << 16)

    def is_silent(self, seconds=0.3):
        return self.held == b"" and not select.select([self.master], [], [], seconds)[0]

    def close(self):
        for descriptor in (self.slave, self.master):
            if descriptor is not None:
                os.close(descriptor)
        self.slave = self.master = None


class Plugin(threading.Thread):
    """A plugin whose reply is `reply(line)`: bytes, or None to close without one."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.requests = []
        self.reply = self.echo
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen(8)
        self.start()

    @staticmethod
    def echo(line):
        request = json.loads(line)
        reply = {"return": {"got": request.get("arguments")}}
        if "id" in request:
            reply["id"] = request["id"]
        return json.dumps(reply).encode() + b"\n"

    def run(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            with client:
                line = client.makefile("rb").readline()
                self.requests.append(line)
                reply = self.reply(line)
                if reply is not None:
                    with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
                        client.sendall(reply)

    def close(self):
        close_server(self.server)


class FakeAgent(threading.Thread):
    """What qemu-ga would not do on demand: `answers` maps a command to the bytes of its reply.

    It answers the greeting by itself, and closes after a reply that is no whole line.
    """

    def __init__(self, path, answers):
        super().__init__(daemon=True)
        self.answers = {
            "guest-info": b'{"return": {"version": "0", "supported_commands": []}}\n',
            "guest-fsfreeze-status": b'{"return": "thawed"}\n',
        } | answers
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen(1)
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            with client:
                self.serve(client)

    @staticmethod
    def requests(client):
        text, decoder = "", json.JSONDecoder()
        while data := client.recv(1 << 16):
            text = (text + data.decode("latin-1")).lstrip("\xff \n")
            while text:
                try:
                    request, end = decoder.raw_decode(text)
                except ValueError:
                    break
                yield request
                text = text[end:].lstrip("\xff \n")

    def serve(self, client):
        for request in self.requests(client):
            command, identity = request["execute"], request.get("id")
            if command.startswith("guest-sync"):
                mark = b"\xff" if command == "guest-sync-delimited" else b""
                client.sendall(mark + b'{"return": 1, "id": %d}\n' % identity)
                continue
            reply = self.answers[command]
            client.sendall(reply)
            if not reply.endswith(b"\n"):
                return

    def close(self):
        close_server(self.server)


class Agents:
    """A folder with qemu-ga, a plugin and qga-plugind; the host's end is `host_path`."""

    def __init__(self, with_agent=True, plugind_options=(), plugin_seconds=2):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gnf-"))
        self.agent_path = self.folder / "agent"
        self.host_path = self.folder / "host"
        self.agent = self.plugind = None
        self.log = open(self.folder / "log", "w+", encoding="utf-8")
        (self.folder / "plugins.conf").write_text("[general]\n")
        (self.folder / "test.plugin").write_text(
            "[Plugin]\nCommands=guest-test-one;guest-test-two;guest-ping;\n"
            f"Socket={self.folder}/plugin\nTimeoutSec={plugin_seconds}\n"
        )
        self.plugin = Plugin(self.folder / "plugin")
        if with_agent:
            self.start_agent()
        self.start_plugind(plugind_options)

    def start_agent(self):
        (self.folder / "state").mkdir(exist_ok=True)
        self.agent = subprocess.Popen(
            [QEMU_GA, "-m", "unix-listen", "-p", self.agent_path, "-t", self.folder / "state"],
            stdout=self.log, stderr=self.log)
        wait_for(self.agent_path.exists, "qemu-ga")

    def start_plugind(self, options):
        self.plugind = subprocess.Popen(
            [PLUGIND, "-m", "unix-listen", "-p", self.host_path, "-s", self.agent_path,
             "-P", self.folder, "-c", self.folder / "plugins.conf", *options],
            stdout=self.log, stderr=self.log)

    def stop_agent(self):
        self.agent.kill()
        self.agent.wait()
        self.agent_path.unlink(missing_ok=True)

    def host(self):
        return Host(self.host_path)

    def log_text(self):
        return (self.folder / "log").read_text(encoding="utf-8")

    def cpu_ticks(self):
        fields = pathlib.Path(f"/proc/{self.plugind.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def memory_kb(self):
        for line in pathlib.Path(f"/proc/{self.plugind.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
        raise AssertionError("no RssAnon")

    def close(self):
        for process in (self.plugind, self.agent):
            if process:
                process.terminate()
        status = self.plugind.wait(DEADLINE_S)
        if self.agent:
            self.agent.kill()
            self.agent.wait()
        self.plugin.close()
        self.log.seek(0)
        text = self.log.read()
        self.log.close()
        shutil.rmtree(self.folder)
        if status != 0:
            raise AssertionError(f"qga-plugind ended with {status}:\n{text}")
