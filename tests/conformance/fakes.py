# SPDX-License-Identifier: GPL-2.0-or-later
"""Stand-ins for what the stock agent and a good plugin would not do: threads on unix sockets."""
import contextlib
import json
import socket
import threading


def close_server(server):
    """Also wakes the thread that waits in accept(); does nothing the second time."""
    if server.fileno() >= 0:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


class Server(threading.Thread):
    """One client after the other, each given to serve()."""

    def __init__(self, path, backlog=8):
        super().__init__(daemon=True)
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen(backlog)
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            # Nobody may wait for it any more.
            with client, contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.serve(client)

    def serve(self, client):
        raise NotImplementedError

    def close(self):
        close_server(self.server)


class Plugin(Server):
    """A plugin whose reply is `reply(line)`: bytes, or None to close without one."""

    def __init__(self, path):
        self.requests = []
        self.reply = self.echo
        super().__init__(path)

    @staticmethod
    def echo(line):
        request = json.loads(line)
        reply = {"return": {"got": request.get("arguments")}}
        if "id" in request:
            reply["id"] = request["id"]
        return json.dumps(reply).encode() + b"\n"

    def serve(self, client):
        line = client.makefile("rb").readline()
        self.requests.append(line)
        reply = self.reply(line)
        if reply is not None:
            client.sendall(reply)


class FakeAgent(Server):
    """A qemu-ga: `answers` maps a command to the bytes of its reply, or to a function that gets the
    connection to misbehave on.

    It answers the greeting by itself, and closes after a reply that is no whole line.
    """

    def __init__(self, path, answers):
        self.answers = {
            "guest-ping": b'{"return": {}}\n',
            "guest-info": b'{"return": {"version": "0", "supported_commands": []}}\n',
            "guest-fsfreeze-status": b'{"return": "thawed"}\n',
        } | answers
        super().__init__(path, backlog=1)

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
                number = request["arguments"]["id"]
                more = b"" if identity is None else b', "id": %d' % identity
                client.sendall(mark + b'{"return": %d%s}\n' % (number, more))
                continue
            reply = self.answers[command]
            if callable(reply):
                reply(client)
                continue
            client.sendall(reply)
            if not reply.endswith(b"\n"):
                return
