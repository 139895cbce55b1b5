# SPDX-License-Identifier: GPL-2.0-or-later
"""qemu-ga away, refusing, stopped, crashed, restarted between and within requests."""
import json
import os
import socket
import threading

from tests.conformance.base import PluginTest
from tests.conformance.fakes import Server
from tests.conformance.hosts import Host, wait_for
from tests.conformance.watch import Cost


class AgentAway(PluginTest):
    with_agent = False

    def test_what_needs_no_agent_is_answered(self):
        self.assertEqual(self.host.ask("guest-ping", 5), {"return": {}, "id": 5})
        self.assertEqual(self.host.ask("guest-sync", id=99), {"return": 99})
        self.host.send(b'{"execute":"guest-sync-delimited","arguments":{"id":8}}')
        self.assertEqual(self.host.line(), b'\xff{"return": 8}\n')
        self.assertIn("got", self.host.ask("guest-test-one")["return"])
        info = self.host.ask("guest-info")["return"]["supported_commands"]
        names = [entry["name"] for entry in info]
        self.assertIn("guest-test-one", names)
        self.assertIn("guest-ping", names)
        self.assertNotIn("guest-exec", names)

    def test_other_commands_fail_at_once_and_work_when_it_is_back(self):
        reply = self.host.ask("guest-get-time")
        self.assertEqual(reply["error"]["class"], "GenericError")
        self.host.send(b"rubbish\n")
        self.assertIn(b"error", self.host.line())
        self.agents.start_agent()
        wait_for(lambda: "return" in self.host.ask("guest-get-time"), "qemu-ga")

    def test_parts_of_a_long_request_get_one_error(self):
        self.host.send(b'{"execute":"guest-file-write","arguments":{"buf-b64":"%s"}}'
                       % (b"A" * (4 << 20)))
        self.assertIn(b"GenericError", self.host.line())
        self.assertEqual(self.host.ask("guest-ping"), {"return": {}})


class AgentRestarts(PluginTest):
    def test_killed_in_mid_command(self):
        self.agents.pause_agent()
        self.host.send(b'{"execute":"guest-get-time","id":1}{"execute":"guest-ping","id":2}'
                       b'{"execute":"guest-test-one","id":3}')
        self.assertTrue(self.host.is_silent())
        self.agents.stop_agent()
        time_reply, ping, plugin = [json.loads(line) for line in self.host.lines(3)]
        self.assertEqual((time_reply["error"]["class"], time_reply["id"]), ("GenericError", 1))
        self.assertEqual(ping, {"return": {}, "id": 2})
        self.assertEqual(plugin["id"], 3)
        self.agents.start_agent()
        wait_for(lambda: "return" in self.host.ask("guest-get-time"), "qemu-ga")

    def test_killed_in_mid_reply(self):
        """Of 64 MiB the host has some: it sees that the line will not end, and may ask again."""
        path = self.agents.folder / "big"
        path.write_bytes(os.urandom(48 << 20))
        with self.fault() as cost:
            handle = self.host.ask("guest-file-open", path=str(path))["return"]
            self.host.send(b'{"execute":"guest-file-read","arguments":{"handle":%d,"count":%d}}'
                           b'{"execute":"guest-ping"}' % (handle, 48 << 20))
            start = self.host.receive()
            self.assertEqual(start[:10], b'{"return":')
            self.agents.stop_agent()
            with self.assertRaises(EOFError):
                self.host.line()
            self.new_host()
            self.assertEqual(self.host.ask("guest-ping", 1), {"return": {}, "id": 1})
            self.assert_idle(cost)
            self.agents.start_agent()
            wait_for(lambda: "return" in self.host.ask("guest-fsfreeze-status"), "qemu-ga")

    def test_between_requests(self):
        with self.fault():
            for _ in range(5):
                self.agents.stop_agent()
                self.agents.start_agent()
                wait_for(lambda: "return" in self.host.ask("guest-get-osinfo"), "qemu-ga")

    def test_within_a_request(self):
        """One half was sent before, the other comes after; a long one has half arrived as well."""
        for half in (b'{"execute":"guest-pi', b'{"execute":"guest-none","x":"' + b"y" * (1 << 20)):
            with self.fault():
                self.host.send(b'{"execute":"guest-get-osinfo"}' + half)
                self.assertIn(b"kernel", self.host.line())
                self.agents.stop_agent()
                self.agents.start_agent()
                self.host.send(b'ng"}{"execute":"guest-ping","id":5}')
                self.assertIn(b"return" if len(half) < 100 else b"error", self.host.line())
                self.assertEqual(self.host.line(), b'{"return": {}, "id": 5}\n')
                wait_for(lambda: "return" in self.host.ask("guest-fsfreeze-status"), "qemu-ga")

    def test_within_a_number_that_waits_for_a_plugin(self):
        """Its end is not known before the byte behind it, which is the plugin's next request."""
        go_on = threading.Event()
        self.agents.plugin.reply = lambda line: (go_on.wait(), self.agents.plugin.echo(line))[1]
        self.host.send(b'{"execute":"guest-test-one"}12')
        wait_for(lambda: self.agents.plugin.requests, "the plugin to be asked")
        self.agents.stop_agent()
        self.agents.start_agent()
        self.host.send(b'{"execute":"guest-test-two"}')
        go_on.set()
        self.assertIn(b"got", self.host.line())
        self.assertIn(b"error", self.host.line())
        self.assertIn(b"got", self.host.line())
        self.assertEqual(self.host.ask("guest-ping", 3), {"return": {}, "id": 3})

    def test_with_many_requests_under_way(self):
        """Each is answered once and in order, by it, or by us in its place."""
        with self.fault():
            self.agents.pause_agent()
            self.host.send(b"".join(b'{"execute":"guest-get-time","id":%d}' % i
                                    for i in range(1000)))
            self.assertTrue(self.host.is_silent())
            self.agents.stop_agent()
            self.agents.start_agent()
            replies = [json.loads(line) for line in self.host.lines(1000)]
            self.assertEqual([reply["id"] for reply in replies], list(range(1000)))
            self.assertIn("error", replies[0])
            wait_for(lambda: "return" in self.host.ask("guest-fsfreeze-status"), "qemu-ga")

    def test_rubbish_of_an_earlier_client_is_not_seen(self):
        for rubbish in (b'{"execute":"guest-pi', b"[[[", b'{"a":{"b":"', b"'", b"nul", b"-", b'"\\'):
            self.host.close()
            self.agents.plugind.terminate()
            self.agents.plugind.wait()
            other = Host(self.agents.agent_path)
            other.send(rubbish)
            other.close()
            self.agents.start_plugind()
            self.host = self.agents.host()
            self.assertEqual(self.host.ask("guest-get-osinfo").keys(), {"return"})
            self.assert_works()


class AgentStops(PluginTest):
    """SIGSTOP, and going on later: it has not gone away, so all that it is asked waits for it."""

    def test_and_goes_on(self):
        with self.fault() as cost:
            self.agents.pause_agent()
            self.host.send(b'{"execute":"guest-get-osinfo"}\n\xff'
                           b'{"execute":"guest-test-one","id":1}'
                           b'{"execute":"guest-sync-delimited","arguments":{"id":7}}')
            self.assert_idle(cost)
            self.assertTrue(self.host.is_silent())
            self.assertEqual(self.agents.plugin.requests, [])
            self.agents.resume_agent()
            lines = self.host.lines(4)
            self.assertIn(b"kernel", lines[0])
            self.assertIn(b"JSON parse error", lines[1])
            self.assertIn(b"got", lines[2])
            self.assertEqual(lines[3], b'\xff{"return": 7}\n')

    def test_before_it_was_greeted(self):
        """A greeting that nobody answers: requests wait for it for a while, then we answer."""
        self.agents.plugind.terminate()
        self.agents.plugind.wait()
        self.agents.pause_agent()
        self.agents.start_plugind()
        self.new_host()
        self.host.send(b'{"execute":"guest-ping"}{"execute":"guest-get-osinfo"}')
        with Cost(self.agents.plugind.pid) as cost:
            self.assert_idle(cost)
            self.assertTrue(self.host.is_silent())
            self.assertEqual(self.host.line(), b'{"return": {}}\n')
            self.assertIn(b"does not answer", self.host.line())
            self.assert_idle(cost)
            self.agents.resume_agent()
            wait_for(lambda: "return" in self.host.ask("guest-get-osinfo"), "qemu-ga")
        self.assert_works()

    def test_while_hosts_come_and_go(self):
        """What the gone ones asked is done and answered to nobody; the next gets its own."""
        with self.fault() as cost:
            self.agents.pause_agent()
            self.host.send(b'{"execute":"guest-sync","arguments":{"id":1}}')
            self.host.close()
            self.host = self.agents.host()
            self.host.send(b'{"execute":"guest-sync","arguments":{"id":2}}')
            self.assert_idle(cost)
            self.agents.resume_agent()
            self.assertEqual(self.host.line(), b'{"return": 2}\n')


class Closer(Server):
    """In qemu-ga's place: takes a connection and closes it."""

    clients = 0

    def serve(self, client):
        self.clients += 1


class AgentRefuses(PluginTest):
    """There is a socket, but nobody who answers."""

    def refuse(self, make, reached=lambda server: True):
        with self.fault() as cost:
            self.agents.stop_agent()
            server = make(self.agents.agent_path)
            wait_for(lambda: reached(server), "an attempt to connect")
            wait_for(lambda: "error" in self.host.ask("guest-get-osinfo"), "an error")
            self.assertEqual(self.host.ask("guest-ping", 5), {"return": {}, "id": 5})
            self.assertIn("got", self.host.ask("guest-test-one")["return"])
            self.assert_idle(cost)
            server.close()
            self.agents.agent_path.unlink()
            self.agents.start_agent()
            wait_for(lambda: "return" in self.host.ask("guest-get-osinfo"), "qemu-ga")

    @staticmethod
    def bound(path):
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(path))
        return server

    def test_nobody_listens(self):
        self.refuse(self.bound)

    def test_it_closes_at_once(self):
        self.refuse(Closer, lambda server: server.clients > 1)

    def test_it_never_accepts(self):
        def make(path):
            server = self.bound(path)
            server.listen(0)
            other = socket.socket(socket.AF_UNIX)
            other.connect(str(path))
            self.addCleanup(other.close)
            return server
        self.refuse(make)
