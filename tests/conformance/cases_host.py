# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts that leave in the middle, come back, never read, and send without reading."""
import base64
import json
import os
import random

from tests.conformance import results
from tests.conformance.agents import SANITIZED
from tests.conformance.base import PluginTest
from tests.conformance.hosts import wait_for

MUCH = 64 << 20
PAD = b"x" * 65_000


def blanks_and_pings(count):
    """Long requests with short replies."""
    return b"".join(b'{"execute":"guest-ping","id":%d%s}' % (i, b" " * len(PAD))
                    for i in range(count))


class HostLeaves(PluginTest):
    def test_in_mid_request_a_hundred_times(self):
        source = random.Random(3)
        request = (b'\xff{"execute":"guest-test-one","id":1}{"execute":"guest-info"}'
                   b'{"execute":"guest-sync-delimited","arguments":{"id":5}}')
        with self.fault():
            for _ in range(100):
                self.host.send(request[:source.randint(1, len(request))])
                self.new_host()
                self.assertEqual(self.host.ask("guest-sync", id=77), {"return": 77})

    def test_in_mid_reply_a_hundred_times(self):
        path = self.agents.folder / "file"
        path.write_bytes(bytes(1 << 20))
        with self.fault():
            handle = self.host.ask("guest-file-open", path=str(path))["return"]
            for number in range(100):
                self.host.send(b'{"execute":"guest-file-seek","arguments":{"handle":%d,"offset":0,'
                               b'"whence":"set"}}{"execute":"guest-file-read","arguments":'
                               b'{"handle":%d,"count":1048576}}' % (handle, handle))
                self.assertIn(b"position", self.host.line())
                self.host.receive()
                self.new_host()
                self.assertEqual(self.host.ask("guest-sync", id=number), {"return": number})

    def test_half_closed_client_gets_its_replies(self):
        self.host.send(b'{"execute":"guest-ping"}{"execute":"guest-test-one"}{"exec')
        self.host.stop_sending()
        self.assertEqual(self.host.line(), b'{"return": {}}\n')
        self.assertIn(b"got", self.host.line())
        self.assertEqual(self.host.receive(), b"")

    def test_after_parts_of_a_long_request(self):
        with self.fault():
            self.host.send(b'{"execute":"guest-file-write","arguments":{"buf-b64":"%s'
                           % (b"A" * (2 << 20)))
            self.new_host()
            self.assertIn("return", self.host.ask("guest-get-osinfo"))


class Bounded(PluginTest):
    """Neither side may send more than a bounded amount ahead of the other; nothing is lost."""

    plugin_seconds = 60
    left_kb = 2 << 10  # 1 MiB of requests may leave a heap with as many holes; it does not grow

    def reading(self, size):
        """A file of so many random bytes and the request that reads it."""
        path, data = self.agents.folder / "big", os.urandom(size)
        path.write_bytes(data)
        handle = self.host.ask("guest-file-open", path=str(path))["return"]
        request = b'{"execute":"guest-file-read","arguments":{"handle":%d,"count":%d}}'
        return request % (handle, size), base64.b64encode(data)

    def test_a_host_that_does_not_read_48_mib(self):
        request, text = self.reading(48 << 20)
        with self.fault() as cost:
            self.host.send(request + b'{"execute":"guest-ping","id":6}{"execute":"guest-test-one"}')
            wait_for(lambda: self.host.ready("r", 0), "the start of the reply")
            self.assert_idle(cost)
            self.assertEqual(json.loads(self.host.line())["return"]["buf-b64"].encode(), text)
            self.assertEqual(self.host.line(), b'{"return": {}, "id": 6}\n')
            self.assertIn(b"got", self.host.line())
            self.assert_idle(cost)

    def test_a_host_that_leaves_instead_of_reading_48_mib(self):
        request, _ = self.reading(48 << 20)
        with self.fault() as cost:
            self.host.send(request)
            wait_for(lambda: self.host.ready("r", 0), "the start of the reply")
            self.assert_idle(cost)
            self.new_host()
            self.assertEqual(self.host.ask("guest-ping", 1), {"return": {}, "id": 1})

    def exchange(self, data, count, cost):
        """As much as is taken without reading; then the rest, and all replies, each looked at."""
        taken = self.host.send_until_full(data)
        self.assert_idle(cost)
        return taken, self.finish(data[taken:], count)

    def finish(self, data, count):
        last = b'{"return": {}, "id": %d}\n' % (count - 1)
        return self.host.talk([data], lambda line: line == last)

    def test_a_host_that_sends_64_mib_without_reading(self):
        """Its replies are as long: some are on their way, then everybody waits for it to read."""
        count = MUCH // len(PAD)
        data = b"".join(b'{"execute":"guest-ping","id":"%d%s"}' % (i, PAD) for i in range(count))
        with self.fault() as cost:
            data += b'{"execute":"guest-ping","id":%d}' % count
            taken, lines = self.exchange(data, count + 1, cost)
            self.assertLess(taken, 16 << 20)
            self.assertEqual(lines[:-1], [b'{"return": {}, "id": "%d%s"}\n' % (i, PAD)
                                          for i in range(count)])

    def test_no_growth(self):
        """The same again and again, with a host that is late each time. The heap falls into pieces
        of 1 MiB in all, sooner or later; 320 bytes kept of each request would be more."""
        count, levels = 200, []
        data = blanks_and_pings(count)
        with self.fault() as cost:
            for _ in range(24):
                self.agents.pause_agent()
                taken = self.host.send_until_full(data, 0.1)
                self.agents.resume_agent()
                lines = self.finish(data[taken:], count)
                self.assertEqual(len(lines), count)
                levels.append(cost.memory_kb())
        if not SANITIZED:
            self.assertLess(max(levels) - levels[0], 1536, f"KiB after each round: {levels}")

    def test_short_requests_without_end(self):
        """Of 24 bytes each, replies of 15: what bounds them is their number."""
        count = 100_000
        data = b'{"execute":"guest-ping"}' * (count - 1)
        data += b'{"execute":"guest-ping","id":%d}' % (count - 1)
        with self.fault() as cost:
            taken, lines = self.exchange(data, count, cost)
            self.assertLess(taken, len(data))
            self.assertEqual(lines[:-1], [b'{"return": {}}\n'] * (count - 1))

    def test_64_mib_for_a_qemu_ga_that_is_stopped(self):
        count = MUCH // len(PAD)
        data = blanks_and_pings(count)
        with self.fault() as cost:
            self.agents.pause_agent()
            taken = self.host.send_until_full(data)
            self.assertLess(taken, 8 << 20)
            self.assert_idle(cost)
            self.agents.resume_agent()
            lines = self.finish(data[taken:], count)
            self.assertEqual(lines, [b'{"return": {}, "id": %d}\n' % i for i in range(count)])

    def test_64_mib_while_a_plugin_works(self):
        go_on = []
        count = MUCH // len(PAD)
        data = blanks_and_pings(count)
        with self.fault() as cost:
            self.agents.plugin.reply = lambda line: (
                wait_for(lambda: go_on, "the end"), self.agents.plugin.echo(line))[1]
            self.host.send(b'{"execute":"guest-test-one"}')
            taken = self.host.send_until_full(data)
            self.assertLess(taken, 4 << 20)
            self.assert_idle(cost)
            go_on.append(True)
            self.assertIn(b"got", self.host.line())
            lines = self.finish(data[taken:], count)
            self.assertEqual(lines, [b'{"return": {}, "id": %d}\n' % i for i in range(count)])

    def test_64_mib_while_there_is_no_qemu_ga(self):
        """What is answered in its place waits for the host, too."""
        count = MUCH // len(PAD)
        data = b"".join(b'{"execute":"guest-ping","id":"%d%s"}' % (i, PAD) for i in range(count))
        with self.fault() as cost:
            self.agents.stop_agent()
            taken, lines = self.exchange(data + b'{"execute":"guest-ping","id":%d}' % count,
                                         count + 1, cost)
            self.assertLess(taken, 16 << 20)
            self.assertEqual(len(lines), count + 1)
            self.agents.start_agent()
            wait_for(lambda: "return" in self.host.ask("guest-get-osinfo"), "qemu-ga to be back")

    def test_100_mib_of_a_plugin(self):
        """It is not asked again before the host has taken most of what it said last."""
        count, size = 50, 2 << 20
        self.agents.plugin.reply = lambda line: b'{"return": "%s"}\n' % (b"A" * size)
        with self.fault() as cost:
            self.host.send(b'{"execute":"guest-test-one"}' * count)
            self.assert_idle(cost)
            self.assertLess(len(self.agents.plugin.requests), 10)
            for _ in range(count):
                self.assertGreater(len(self.host.line()), size)
            self.agents.plugin.reply = self.agents.plugin.echo

    def test_one_request_of_60_mib(self):
        """Passed on as it comes: the host waits for qemu-ga, not for our memory."""
        request = b'{"execute":"guest-none","id":"end","x":"%s"}' % (b"A" * (60 << 20))
        with self.fault() as cost:
            self.host.talk([request], lambda line: b'"id": "end"' in line)
            self.assert_idle(cost)

    def test_idle(self):
        with self.fault() as cost:
            self.assert_idle(cost)
        results.most("memory-at-rest", cost.start_kb, "KiB", 1024, self._testMethodName)
