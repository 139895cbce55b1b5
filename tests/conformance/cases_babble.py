# SPDX-License-Identifier: GPL-2.0-or-later
"""A qemu-ga that is slow, deaf, or talks rubbish. Against a fake, since the real one would not."""
import json
import socket
import threading

from tests.conformance.base import PluginTest
from tests.conformance.fakes import FakeAgent, Server
from tests.conformance.hosts import wait_for

MUCH = 64 << 20
PING = b'{"return": {}}\n'


class FakeTest(PluginTest):
    with_agent = False

    def setUp(self):
        super().setUp()
        self.fake = FakeAgent(self.agents.agent_path, {})
        self.addCleanup(self.fake.close)
        wait_for(lambda: "return" in self.host.ask("guest-fsfreeze-status"), "the fake")

    def assert_works(self):
        """It does not echo the id."""
        self.assertEqual(self.host.ask("guest-ping"), {"return": {}})
        self.assertEqual(self.host.ask("guest-test-one", 8, x=9),
                         {"return": {"got": {"x": 9}}, "id": 8})

    def greeted_again(self):
        self.new_host()
        wait_for(lambda: "return" in self.host.ask("guest-fsfreeze-status"), "the fake")


class Slow(FakeTest):
    def test_what_has_come_of_a_reply_is_passed_on(self):
        parts = [b'{"return": ', b'{"a": "', b"x" * 1000, b'"}', b"}", b"\n"]
        steps = [threading.Event() for _ in parts]
        self.fake.answers["guest-get-osinfo"] = lambda client: [
            step.wait(10) and client.sendall(part) for step, part in zip(steps, parts)]
        with self.fault() as cost:
            self.host.send(b'{"execute":"guest-get-osinfo"}{"execute":"guest-test-one"}')
            self.assert_idle(cost)
            for step, part in zip(steps, parts):
                self.assertTrue(self.host.is_silent(0.05))
                step.set()
                got = b""
                while len(got) < len(part):
                    got += self.host.receive()
                self.assertEqual(got, part) if part != b"\n" else self.host.held.extend(got[1:])
            self.assertIn(b"got", self.host.line())


class Counts(FakeTest):
    """How many replies come is not certain, and is found out by a sync of our own."""

    def test_a_command_without_a_reply(self):
        """As of shutdown and suspend, when they succeed."""
        self.fake.answers["guest-shutdown"] = lambda client: None
        with self.fault():
            self.host.send(b'{"execute":"guest-shutdown"}{"execute":"guest-test-one"}'
                           b'{"execute":"guest-ping"}')
            self.assertIn(b"got", self.host.line())
            self.assertEqual(self.host.line(), PING)
            self.assertTrue(self.host.is_silent())

    def test_fewer_than_we_count(self):
        """This one says nothing to 0xFF."""
        with self.fault():
            self.host.send(b'\xff\xff{"execute":"guest-test-one"}{"execute":"guest-ping"}')
            self.assertIn(b"got", self.host.line())
            self.assertEqual(self.host.line(), PING)
            self.assertTrue(self.host.is_silent())

    def test_more_than_we_count(self):
        two = [b'{"return": 1}\n', b'{"return": 2}\n']
        self.fake.answers["guest-get-time"] = b"".join(two)
        with self.fault():
            self.host.send(b'{"execute":"guest-get-time","x":"%s"}{"execute":"guest-test-one"}'
                           b'{"execute":"guest-ping"}' % (b"y" * (1 << 20)))
            self.assertEqual(self.host.lines(2), two)
            self.assertIn(b"got", self.host.line())
            self.assertEqual(self.host.line(), PING)
            self.assertTrue(self.host.is_silent())


class HalfLine(FakeTest):
    def test_the_host_sees_that_the_line_will_not_end(self):
        self.fake.answers["guest-file-read"] = b'{"return": {"count"'
        with self.fault():
            self.host.send(b'{"execute":"guest-file-read"}')
            with self.assertRaises(EOFError):
                self.host.line()
            self.greeted_again()


class Rubbish(FakeTest):
    def test_a_reply_of_rubbish_comes_as_it_is(self):
        with self.fault():
            for rubbish in (b"\n", b"rubbish\n", b"\xff\xfe\0\n", b'{"return"\n',
                            b"\xff" * 5000 + b"\n"):
                self.fake.answers["guest-get-osinfo"] = rubbish
                self.host.send(b'{"execute":"guest-get-osinfo"}{"execute":"guest-ping"}')
                self.assertEqual(self.host.lines(2), [rubbish, PING])

    def test_a_guest_info_of_rubbish_comes_as_it_is(self):
        with self.fault():
            for rubbish in (b"\n", b'{"return": {}}\n', b'{"return": {"supported_commands": 5}}\n',
                            b'{"return": {"supported_commands": [}}\n', b"x" * (3 << 20) + b"\n",
                            b'{"error": {"class": "GenericError", "desc": "no"}}\n'):
                self.fake.answers["guest-info"] = rubbish
                self.host.send(b'{"execute":"guest-info"}{"execute":"guest-ping"}')
                self.assertEqual(self.host.lines(2), [rubbish, PING])

    def test_lines_that_nobody_asked_for_are_nobodys(self):
        more = b'{"return": 1}\n{"event": "X"}\n\n\xff' + b"x" * 100_000
        self.fake.answers["guest-ping"] = PING + more
        with self.fault():
            self.fake.answers["guest-get-time"] = lambda client: client.sendall(b'{"return": 5}\n')
            self.host.send(b'{"execute":"guest-ping"}')
            self.assertEqual(self.host.line(), PING)
            self.assertTrue(self.host.is_silent())
            self.fake.answers["guest-ping"] = PING
            wait_for(lambda: "return" in self.host.ask("guest-fsfreeze-status"), "the fake")

    def test_lines_without_end(self):
        """Passed on as they come, for as long as the host takes them; bounded while it does not."""
        for command in ("guest-get-osinfo", "guest-info"):
            good = self.fake.answers.get(command)
            with self.fault() as cost:
                self.fake.answers[command] = b"x" * MUCH
                self.host.send(b'{"execute":"%s"}' % command.encode())
                wait_for(lambda: self.host.ready("r", 0), "the line's start")
                self.assert_idle(cost)
                with self.assertRaises(EOFError):
                    self.host.line()
                self.fake.answers[command] = good
                self.greeted_again()


class Bad(Server):
    """In qemu-ga's place until it is closed."""

    def __init__(self, path):
        self.over = threading.Event()
        self.sent = self.clients = 0
        super().__init__(path)

    def serve(self, client):
        self.clients += 1
        self.misbehave(client)

    def misbehave(self, client):
        raise NotImplementedError

    def close(self):
        self.over.set()
        super().close()


class Babbler(Bad):
    """Says rubbish without end instead of a greeting."""

    text = b"x" * (1 << 16)

    def misbehave(self, client):
        while not self.over.is_set():
            client.sendall(self.text)
            self.sent += len(self.text)


class LineBabbler(Babbler):
    text = b'{"return": 1}\n\xff{"return": 5, "id": 5}\n' * 1000


class Deaf(Bad):
    """Takes the connection, and nothing else."""

    def misbehave(self, client):
        self.over.wait()


class Greeting(PluginTest):
    """One that is no qemu-ga at all: we answer in its place until it has been replaced."""

    def replace(self, kind):
        self.agents.stop_agent()
        server = kind(self.agents.agent_path)
        wait_for(lambda: server.clients, "the greeting")
        self.assertEqual(self.host.ask("guest-ping"), {"return": {}})
        self.assertIn("error", self.host.ask("guest-get-osinfo"))
        self.assertIn("got", self.host.ask("guest-test-one")["return"])
        return server

    def restore(self, server):
        server.close()
        self.agents.agent_path.unlink()
        self.agents.start_agent()

    def test_of_rubbish_without_newline(self):
        self.play(Babbler)

    def test_of_lines_without_end(self):
        self.play(LineBabbler)

    def test_that_is_not_answered(self):
        self.play(Deaf)

    def play(self, kind):
        with self.fault() as cost:
            server = self.replace(kind)
            if kind is Deaf:
                self.assert_idle(cost)
            else:
                wait_for(lambda: server.sent > MUCH, "much of it")
            self.restore(server)
            wait_for(lambda: "return" in self.host.ask("guest-get-osinfo"), "qemu-ga")


class DeafLater(FakeTest):
    def test_what_it_never_reads_fails_when_it_goes(self):
        """64 MiB for one that takes none of it: the host is held up, then told of each."""
        over = threading.Event()
        self.addCleanup(over.set)
        self.fake.answers["guest-get-osinfo"] = lambda client: (
            over.wait() and client.shutdown(socket.SHUT_RDWR))
        pad = b"x" * 65_000
        data = b'{"execute":"guest-get-osinfo","id":0}' + b"".join(
            b'{"execute":"guest-ping","x":"%s","id":%d}' % (pad, i) for i in range(1, MUCH >> 16))
        last = (MUCH >> 16) - 1
        with self.fault() as cost:
            taken = self.host.send_until_full(data)
            self.assertLess(taken, 8 << 20)
            self.assert_idle(cost)
            self.fake.close()
            self.agents.agent_path.unlink()
            over.set()
            lines = self.host.talk([data[taken:]], lambda line: json.loads(line).get("id") == last)
            self.assertEqual([json.loads(line).get("id") for line in lines], list(range(last + 1)))
            self.fake = FakeAgent(self.agents.agent_path, {})
            self.addCleanup(self.fake.close)
            self.greeted_again()
