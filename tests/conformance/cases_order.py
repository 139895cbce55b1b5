# SPDX-License-Identifier: GPL-2.0-or-later
"""Replies, and effects, come in the order of the requests; what waits while a plugin works.

qga-plugin/README.md "Order", sentence by sentence.
"""
import json
import random
import threading

from tests.conformance.base import PluginTest
from tests.conformance.hosts import wait_for
from tests.conformance.randoms import seed_of_this_run
from tests.conformance.watch import Cost

PING = b'{"return": {}}\n'


class Order(PluginTest):
    def test_sync_and_plugin_command_in_one_write_are_answered_adjacently(self):
        self.host.send(b'{"execute":"guest-sync-delimited","arguments":{"id":7}}\n'
                       b'{"execute":"guest-test-one","id":[1,"x"]}{"execute":"guest-ping","id":3}')
        sync, plugin, ping = self.host.lines(3)
        self.assertEqual(sync, b'\xff{"return": 7}\n')
        self.assertEqual(json.loads(plugin), {"return": {"got": None}, "id": [1, "x"]})
        self.assertEqual(json.loads(ping), {"return": {}, "id": 3})

    def test_random_pipelines_are_answered_in_order(self):
        seed = seed_of_this_run()
        print(f"# CONFORMANCE_SEED={seed}", flush=True)
        source = random.Random(seed)
        for _ in range(60):
            names = [source.choice(["guest-ping", "guest-test-one", "guest-info", "guest-none"])
                     for _ in range(source.choice([1, 5, 20, 300]))]
            data = b"".join(json.dumps({"execute": name, "id": i}).encode() +
                            source.choice([b"", b"\n", b" \r\n\t"]) for i, name in enumerate(names))
            cuts = sorted(source.randrange(len(data)) for _ in range(source.randrange(30)))
            pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)])]
            last = len(names) - 1
            replies = [json.loads(line) for line in self.host.talk(
                pieces, lambda line, last=last: json.loads(line)["id"] == last)]
            self.assertEqual([reply["id"] for reply in replies], list(range(len(names))))
            for name, reply in zip(names, replies):
                self.assertEqual("error" in reply, name == "guest-none")
                self.assertEqual("got" in reply.get("return", {}), name == "guest-test-one")

    def test_silent_command_does_not_hold_up_what_follows(self):
        # A mode it does not know: qemu-ga answers with an error, and only with that.
        self.host.send(b'{"execute":"guest-shutdown","arguments":{"mode":"nonsense"}}'
                       b'{"execute":"guest-test-one"}{"execute":"guest-ping"}')
        lines = self.host.lines(3)
        self.assertIn(b"error", lines[0])
        self.assertIn(b"got", lines[1])
        self.assertEqual(lines[2], b'{"return": {}}\n')
        self.assertTrue(self.host.is_silent())

    def test_a_long_request_for_a_plugin_is_nobodys(self):
        """Above 256 KiB it has gone to qemu-ga in parts, which does not know the command."""
        self.host.send(b'{"execute":"guest-test-one","id":"%s"}{"execute":"guest-ping"}'
                       % (b"x" * 600_000))
        self.assertIn(b"The command guest-test-one has not been found", self.host.line())
        self.assertEqual(self.host.line(), PING)
        self.assertEqual(self.agents.plugin.requests, [])

    def test_a_plugin_waits_for_parts_before_it(self):
        opened = self.host.ask("guest-file-open", path=str(self.agents.folder / "file"), mode="w+")
        text = b"QUJD" * (2 << 20)
        self.host.send(b'{"execute":"guest-file-write","arguments":{"handle":%d,"buf-b64":"%s"}}'
                       b'{"execute":"guest-test-one"}{"execute":"guest-ping"}'
                       % (opened["return"], text))
        self.assertEqual(json.loads(self.host.line()), {"return": {"count": 6 << 20, "eof": False}})
        self.assertIn(b"got", self.host.line())
        self.assertEqual(self.host.line(), PING)


class WhilePluginWorks(PluginTest):
    """It works until `done` is set; the host sends more behind its request."""

    plugin_seconds = 60

    def setUp(self):
        super().setUp()
        self.done = threading.Event()
        self.addCleanup(self.done.set)
        self.agents.plugin.reply = lambda line: (
            self.done.wait(self.plugin_seconds), self.agents.plugin.echo(line))[1]

    def start(self, behind=b""):
        self.host.send(b'{"execute":"guest-test-one","id":1}' + behind)
        wait_for(lambda: len(self.agents.plugin.requests) == 1, "the plugin's request")

    def asked(self):
        return [json.loads(line)["execute"] for line in self.agents.plugin.requests]

    def file_path(self):
        return self.agents.folder / "made"

    def test_nothing_overtakes_it(self):
        self.start(b'{"execute":"guest-ping"}{"execute":"guest-none"}'
                   b'{"execute":"guest-sync","arguments":{"id":5}}\xff\n{"execute":"guest-info"}')
        with Cost(self.agents.plugind.pid) as cost:
            self.assert_idle(cost)
            self.assertTrue(self.host.is_silent())
            self.done.set()
            lines = self.host.lines(6)
        self.assertIn(b"got", lines[0])
        self.assertEqual(lines[1], PING)
        self.assertIn(b"The command guest-none has not been found", lines[2])
        self.assertEqual(lines[3], b'{"return": 5}\n')
        self.assertIn(b"JSON parse error", lines[4])
        self.assertIn(b"supported_commands", lines[5])

    def test_effects_behind_it_wait_too(self):
        self.start(b'{"execute":"guest-file-open","arguments":{"path":"%s","mode":"w"}}'
                   % str(self.file_path()).encode())
        self.assertTrue(self.host.is_silent())
        self.assertFalse(self.file_path().exists())
        self.done.set()
        self.assertIn(b"got", self.host.line())
        self.assertIn(b"return", self.host.line())
        self.assertTrue(self.file_path().exists())

    def test_it_waits_for_effects_before_it(self):
        self.agents.pause_agent()
        self.done.set()
        self.host.send(b'{"execute":"guest-get-osinfo"}{"execute":"guest-test-one"}')
        self.assertTrue(self.host.is_silent())
        self.assertEqual(self.asked(), [])
        self.agents.resume_agent()
        self.assertIn(b"kernel", self.host.line())
        self.assertIn(b"got", self.host.line())

    def test_plugins_wait_for_each_other(self):
        self.start(b'{"execute":"guest-test-two"}')
        self.assertTrue(self.host.is_silent())
        self.assertEqual(self.asked(), ["guest-test-one"])
        self.done.set()
        self.assertEqual(len(self.host.lines(2)), 2)
        self.assertEqual(self.asked(), ["guest-test-one", "guest-test-two"])

    def test_a_host_that_gave_up_gets_the_late_reply_before_its_next_sync(self):
        """As libvirt does after its time-out: what comes before the sync's reply is ignored."""
        self.start()
        self.host.send(b'{"execute":"guest-sync","arguments":{"id":99}}\n')
        self.assertTrue(self.host.is_silent())
        self.done.set()
        self.assertIn(b"got", self.host.line())
        self.assertEqual(self.host.line(), b'{"return": 99}\n')
        self.assert_works()

    def test_half_a_request_behind_it_goes_on(self):
        self.start(b'{"execute":"guest-pi')
        self.host.send(b'ng"}')
        self.done.set()
        self.assertIn(b"got", self.host.line())
        self.assertEqual(self.host.line(), PING)

    def test_the_next_client_waits_as_it_would_for_qemu_ga(self):
        self.start()
        self.host.close()
        self.host = self.agents.host()
        self.host.send(b'{"execute":"guest-ping"}')
        self.assertTrue(self.host.is_silent())
        self.done.set()
        self.assertEqual(self.host.line(), PING)
        self.assert_works()
