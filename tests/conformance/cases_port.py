# SPDX-License-Identifier: GPL-2.0-or-later
"""A port is one stream for one host after the other; a pty stands in for a serial line.

A pty that hangs up is as a serial line that does, but not as a virtio port without a host: that one
comes back by itself, and is played in guests (tests/vm).
"""
import json
import os
import random
import time

from tests.conformance.base import PluginTest
from tests.conformance.hosts import wait_for
from tests.conformance.watch import Cost


class PortTest(PluginTest):
    method = "isa-serial"


class PortHosts(PortTest):
    """They come and go in the middle of everything; the next one is always served."""

    ROUNDS = 5  # a terminal is opened anew a second after it was hung up

    def test_leave_in_mid_request(self):
        source = random.Random(9)
        request = b'\xff{"execute":"guest-get-osinfo","id":1}{"execute":"guest-test-one"}{"execute":"gu'
        with self.fault():
            for number in range(self.ROUNDS):
                self.host.send(request[:source.randint(1, len(request))])
                self.new_host()
                self.assertEqual(self.host.ask("guest-sync", id=number), {"return": number})

    def test_leave_in_mid_reply(self):
        """What was queued for a host that hung up is dropped, and not told to the next."""
        path = self.agents.folder / "big"
        path.write_bytes(os.urandom(8 << 20))
        with self.fault() as cost:
            for number in range(2):
                handle = self.host.ask("guest-file-open", path=str(path))["return"]
                self.host.send(b'{"execute":"guest-file-read","arguments":{"handle":%d,"count":%d}}'
                               % (handle, 8 << 20))
                self.host.receive()
                self.assert_idle(cost)
                self.new_host()
                self.assertEqual(self.host.ask("guest-sync", id=number), {"return": number})

    def test_nobody_is_there(self):
        with self.fault() as cost:
            self.host.close()
            self.assert_idle(cost)
            self.host = self.agents.host()
            self.assertEqual(self.host.ask("guest-ping", 1), {"return": {}, "id": 1})


class PortComesLate(PortTest):
    def test_it_is_opened_when_it_is_there(self):
        self.agents.plugind.terminate()
        self.agents.plugind.wait()
        self.host.close()
        self.agents.channel.path.unlink()
        self.agents.start_plugind()
        wait_for(lambda: "trying again" in self.agents.log_text(), "the failure to open it")
        with Cost(self.agents.plugind.pid) as cost:
            self.assert_idle(cost)
        self.host = self.agents.host()
        self.assert_works()
        self.assertEqual(self.agents.log_text().count("trying again"), 1)


class PortPlugin(PortTest):
    """A host that hangs up while a plugin works: the next one does not wait for that."""

    plugin_seconds = 60  # longer than the test may take: giving up is not the time's doing
    # A terminal is opened anew a second after it was hung up; the rest is for a busy machine.
    NEXT_HOST_SECONDS = 3

    def setUp(self):
        super().setUp()
        self.working = True
        self.addCleanup(setattr, self, "working", False)
        self.agents.plugin.reply = self.reply_when_told

    def reply_when_told(self, line):
        wait_for(lambda: not self.working, "the end of the plugin's work")
        return self.agents.plugin.echo(line)

    def names(self):
        return [json.loads(line)["execute"] for line in self.agents.plugin.requests]

    def leave(self, request, taken):
        """A host that hangs up once the plugin has taken so many requests; the next host."""
        self.host.send(request)
        wait_for(lambda: len(self.names()) == taken, "the plugin's request")
        self.assertTrue(self.host.is_silent())
        self.new_host()
        return self.host

    def test_the_next_host_does_not_wait_for_a_plugin(self):
        host = self.leave(b'{"execute":"guest-test-one","id":1}', 1)
        start = time.monotonic()
        self.assertEqual(host.ask("guest-ping", 2), {"return": {}, "id": 2})
        self.assertEqual(host.ask("guest-sync", id=77), {"return": 77})
        self.assertLess(time.monotonic() - start, self.NEXT_HOST_SECONDS)
        self.assertTrue(self.working)

    def test_the_next_host_never_sees_the_late_reply(self):
        host = self.leave(b'{"execute":"guest-test-one","id":1}', 1)
        self.assertEqual(host.ask("guest-ping", 2), {"return": {}, "id": 2})
        self.working = False
        self.assertTrue(host.is_silent(1))
        self.assertEqual(host.ask("guest-test-one", 3, x=4), {"return": {"got": {"x": 4}}, "id": 3})
        self.assertEqual(self.names(), ["guest-test-one"] * 2)

    def test_what_was_asked_behind_it_is_still_done_and_not_answered(self):
        host = self.leave(b'{"execute":"guest-test-one"}{"execute":"guest-get-time"}'
                          b'{"execute":"guest-test-two"}', 1)
        self.assertEqual(host.ask("guest-ping", 2), {"return": {}, "id": 2})
        self.assertEqual(self.names(), ["guest-test-one"])
        self.working = False
        wait_for(lambda: self.names() == ["guest-test-one", "guest-test-two"], "the second request")
        self.assertTrue(host.is_silent(1))
