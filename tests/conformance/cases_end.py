# SPDX-License-Identifier: GPL-2.0-or-later
"""qga-plugind is told to end, as by an upgrade: nothing under way is lost, and qemu-ga, which may
be running that upgrade for the host, goes on."""
import json
import os
import signal

from tests.conformance.base import PluginTest
from tests.conformance.hosts import DEADLINE_S, Host, wait_for

ROUNDS = 20
AT_ONCE_S = 5  # half of what main.c waits for what is under way


class End(PluginTest):
    plugin_seconds = 60

    def setUp(self):
        super().setUp()
        wait_for(lambda: "return" in self.host.ask("guest-fsfreeze-status"), "qemu-ga")

    def terminate(self):
        self.agents.plugind.send_signal(signal.SIGTERM)

    def assert_ended(self):
        self.assertEqual(self.agents.plugind.wait(DEADLINE_S), 0)
        self.assertIsNone(self.agents.agent.poll(), "qemu-ga has ended, too")
        host = Host(self.agents.agent_path)
        self.assertEqual(host.ask("guest-ping", 1), {"return": {}, "id": 1})
        host.close()

    def test_at_rest_it_ends_at_once(self):
        """Whatever stands behind the last request."""
        for end in (b"", b"\n", b" \t\r\n", b"\xff\n", b"rubbish\n", b"}", b"nul "):
            self.host.send(b'{"execute":"guest-get-osinfo"}' + end)
            self.assertIn(b"kernel", self.host.line())
            while self.host.ready("r", 0.1):
                self.host.receive()
            self.terminate()
            self.assertEqual(self.agents.plugind.wait(AT_ONCE_S), 0)
            self.agents.start_plugind()
            self.new_host()

    def test_what_is_under_way_is_answered(self):
        self.agents.pause_agent()
        self.host.send(b'{"execute":"guest-get-time","id":1}{"execute":"guest-test-one","id":2}'
                       b'{"execute":"guest-get-osinfo","id":3}')
        self.assertTrue(self.host.is_silent())
        self.terminate()
        self.host.send(b'{"execute":"guest-ping","id":4}')
        self.assertTrue(self.host.is_silent())
        self.agents.resume_agent()
        replies = [json.loads(line) for line in self.host.lines(4)]
        self.assertEqual([reply["id"] for reply in replies], [1, 2, 3, 4])
        self.assertEqual([list(reply.keys() - {"id"}) for reply in replies], [["return"]] * 4)
        self.assert_ended()

    def test_a_long_reply_is_delivered_whole(self):
        path = self.agents.folder / "big"
        path.write_bytes(os.urandom(8 << 20))
        handle = self.host.ask("guest-file-open", path=str(path))["return"]
        self.host.send(b'{"execute":"guest-file-read","arguments":{"handle":%d,"count":%d}}'
                       % (handle, 8 << 20))
        self.assertTrue(self.host.ready("r"))
        self.terminate()
        self.assertEqual(json.loads(self.host.line())["return"]["count"], 8 << 20)
        self.assert_ended()

    def test_a_long_request_is_taken_whole(self):
        handle = self.host.ask("guest-file-open", path="/dev/null", mode="w")["return"]
        text = b'{"execute":"guest-file-write","arguments":{"handle":%d,"buf-b64":"%s"}}' % (
            handle, b"A" * (4 << 20))
        self.host.send(text[:1 << 20])
        self.terminate()
        self.host.send(text[1 << 20:])
        self.assertEqual(json.loads(self.host.line())["return"]["count"], 3 << 20)
        self.assert_ended()

    def test_the_greeting_is_ended(self):
        self.terminate()
        self.assert_ended()
        for _ in range(ROUNDS):
            self.agents.start_plugind(())
            self.new_host()
            self.terminate()
            self.assert_ended()

    def test_in_the_middle_of_pings(self):
        for _ in range(ROUNDS):
            self.host.send(b'{"execute":"guest-ping"}' * 50)
            self.host.line()
            self.terminate()
            self.assertEqual(self.host.lines(49), [b'{"return": {}}\n'] * 49)
            self.assert_ended()
            self.agents.start_plugind(())
            self.new_host()

    def test_the_second_time_at_once(self):
        self.agents.pause_agent()
        self.host.send(b'{"execute":"guest-ping"}')
        self.assertTrue(self.host.is_silent())
        self.terminate()
        self.assertTrue(self.host.is_silent())
        self.assertIsNone(self.agents.plugind.poll(), "it did not wait for the reply")
        self.terminate()
        self.assertEqual(self.agents.plugind.wait(DEADLINE_S), 0)
        self.agents.resume_agent()
