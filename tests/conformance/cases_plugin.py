# SPDX-License-Identifier: GPL-2.0-or-later
"""A plugin that is dead, slow, hanging, or talks rubbish: its commands fail, all else flows."""
import json
import socket
import threading

from tests.conformance.base import PluginTest
from tests.conformance.fakes import Server

REPLY_MAX = 4 << 20  # plugin.h: GNF_PLUGIN_REPLY_MAX

RUBBISH = [
    b"rubbish", b"[]", b"", b"{}", b'{"return": 1} {"return": 2}', b'{"return": "\xc3\x28"}',
    b'{"return": {\n}}', b"\xff", b"\0" * 100, b'\xff{"return": 1}', b'{"event": "X"}', b'"return"',
    b'{"return": 1,}', bytes(range(1, 256)),
]


def listening(path):
    """A socket with room for one that nobody takes."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(0)
    return server


class RawPlugin(Server):
    """In the place of the plugin: `act` gets the connection."""

    def __init__(self, agents, act):
        agents.plugin.close()
        self.path = agents.folder / "plugin"
        self.path.unlink()
        self.act = act
        self.hanging = threading.Event()
        super().__init__(self.path)

    def serve(self, client):
        self.act(client)

    def close(self):
        self.hanging.set()
        super().close()
        self.path.unlink()


class PluginFault(PluginTest):
    def expect_error(self, why, **arguments):
        reply = self.host.ask("guest-test-one", "me", **arguments)
        self.assertEqual(reply["error"]["class"], "GenericError")
        self.assertIn(why, reply["error"]["desc"])
        self.assertEqual(reply["id"], "me")
        self.assertEqual(self.host.ask("guest-ping"), {"return": {}})

    def bad(self, act):
        """A plugin that does this with each connection, until the test is over."""
        plugin = RawPlugin(self.agents, act)
        self.addCleanup(plugin.hanging.set)
        return plugin

    def good_again(self, plugin=None):
        if plugin:
            plugin.close()
        self.agents.start_plugin()


class SlowPlugin(PluginFault):
    plugin_seconds = 30

    def test_plugin_that_is_slow(self):
        parts = [threading.Event() for _ in range(3)]
        with self.fault() as cost:
            plugin = self.bad(lambda client: [
                part.wait(10) and client.sendall(text) for part, text
                in zip(parts, (b'{"retu', b'rn": "slo', b'w"}\n'))])
            self.host.send(b'{"execute":"guest-test-one"}{"execute":"guest-ping"}')
            for part in parts:
                self.assertTrue(self.host.is_silent(0.1))
                self.assert_idle(cost)
                part.set()
            self.assertEqual(self.host.lines(2), [b'{"return":"slow"}\n', b'{"return": {}}\n'])
            self.good_again(plugin)


class BadPlugin(PluginFault):
    plugin_seconds = 1

    def test_plugin_that_closes(self):
        with self.fault():
            self.agents.plugin.reply = lambda line: None
            self.expect_error("without a reply")
            self.agents.plugin.reply = self.agents.plugin.echo

    def test_plugin_that_closes_in_mid_line(self):
        with self.fault():
            self.agents.plugin.reply = lambda line: b'{"return": {'
            self.expect_error("without a reply")
            self.agents.plugin.reply = self.agents.plugin.echo

    def test_plugin_that_closes_at_once(self):
        with self.fault():
            plugin = self.bad(lambda client: None)
            for _ in range(50):
                self.expect_error("without a reply")
            self.good_again(plugin)

    def test_plugin_that_sends_rubbish(self):
        with self.fault():
            for rubbish in RUBBISH:
                self.agents.plugin.reply = lambda line, text=rubbish: text + b"\n"
                self.expect_error("not one JSON object")
            self.agents.plugin.reply = self.agents.plugin.echo

    def test_plugin_that_sends_two_lines(self):
        with self.fault():
            self.agents.plugin.reply = lambda line: b'{"return": 1}\n{"return": 2}\n{"retu'
            self.host.send(b'{"execute":"guest-test-one"}{"execute":"guest-ping","id":1}')
            self.assertEqual(self.host.lines(2), [b'{"return":1}\n', b'{"return": {}, "id": 1}\n'])
            self.assertTrue(self.host.is_silent())
            self.agents.plugin.reply = self.agents.plugin.echo

    def test_plugin_that_sends_too_much(self):
        with self.fault():
            self.agents.plugin.reply = lambda line: b'{"return": "%s"}\n' % (b"x" * REPLY_MAX)
            self.expect_error("longer than 4 MiB")
            self.agents.plugin.reply = lambda line: b"x" * (64 << 20)
            self.expect_error("longer than 4 MiB")
            self.agents.plugin.reply = self.agents.plugin.echo

    def test_plugin_that_sends_as_much_as_it_may(self):
        text = "y" * (REPLY_MAX - 100)
        with self.fault():
            self.agents.plugin.reply = lambda line: json.dumps({"return": text}).encode() + b"\n"
            self.assertEqual(self.host.ask("guest-test-one"), {"return": text})
            self.agents.plugin.reply = self.agents.plugin.echo

    def test_plugin_that_hangs(self):
        with self.fault() as cost:
            plugin = self.bad(lambda client: plugin.hanging.wait())
            self.host.send(b'{"execute":"guest-test-one","id":"me"}')
            self.assertIn(b"did not reply in time", self.host.line())
            self.assert_idle(cost)
            self.good_again(plugin)

    def test_plugin_that_hangs_in_mid_line(self):
        with self.fault() as cost:
            plugin = self.bad(lambda client: (client.sendall(b'{"return"'), plugin.hanging.wait()))
            self.expect_error("in time")
            self.assert_idle(cost)
            self.good_again(plugin)

    def test_plugin_that_never_reads(self):
        with self.fault() as cost:
            plugin = self.bad(lambda client: plugin.hanging.wait())
            self.expect_error("in time", text="z" * 250_000)
            self.assert_idle(cost)
            self.good_again(plugin)

    def test_plugin_that_never_accepts(self):
        """Its backlog fills up with calls that were given up; the next ones fail at once."""
        with self.fault():
            self.agents.plugin.close()
            path = self.agents.folder / "plugin"
            path.unlink()
            with listening(path):
                self.expect_error("in time")
                self.expect_error("cannot be reached")
            path.unlink()
            self.good_again()

    def test_plugin_that_is_not_there(self):
        with self.fault() as cost:
            self.agents.plugin.close()
            (self.agents.folder / "plugin").unlink()
            self.expect_error("cannot be reached")
            self.assert_idle(cost)
            self.good_again()

    def test_plugin_gets_one_line_of_plain_json(self):
        self.host.send(b"{'execute':'guest-test-one',\n 'id':'a\"b\\'c',\n 'arguments':{'x': [1, 2]}}")
        self.assertEqual(json.loads(self.host.line()),
                         {"return": {"got": {"x": [1, 2]}}, "id": 'a"b\'c'})
        self.assertEqual(self.agents.plugin.requests,
                         [b'{"execute":"guest-test-one","id":"a\\"b\'c","arguments":{"x":[1,2]}}\n'])
