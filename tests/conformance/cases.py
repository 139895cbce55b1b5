# SPDX-License-Identifier: GPL-2.0-or-later
"""qga-plugind in front of the stock qemu-ga: what the host sees, rule by rule."""
import json
import random
import time
import unittest

from tests.conformance.agents import Agents, FakeAgent, Host, PortHost, wait_for


class PluginTest(unittest.TestCase):
    options = ()
    with_agent = True

    def setUp(self):
        self.agents = Agents(self.with_agent, self.options)
        self.addCleanup(self.agents.close)
        self.host = self.agents.host()
        self.addCleanup(self.host.close)


class Order(PluginTest):
    def test_sync_and_plugin_command_in_one_write_are_answered_adjacently(self):
        self.host.send(b'{"execute":"guest-sync-delimited","arguments":{"id":7}}\n'
                       b'{"execute":"guest-test-one","id":[1,"x"]}{"execute":"guest-ping","id":3}')
        sync, plugin, ping = self.host.lines(3)
        self.assertEqual(sync, b'\xff{"return": 7}\n')
        self.assertEqual(json.loads(plugin), {"return": {"got": None}, "id": [1, "x"]})
        self.assertEqual(json.loads(ping), {"return": {}, "id": 3})

    def test_random_pipelines_are_answered_in_order(self):
        source = random.Random(20261121)
        for _ in range(30):
            names = [source.choice(["guest-ping", "guest-test-one", "guest-info", "guest-none"])
                     for _ in range(20)]
            data = b"".join(json.dumps({"execute": name, "id": i}).encode() +
                            source.choice([b"", b"\n", b" \r\n\t"]) for i, name in enumerate(names))
            while data:
                cut = source.randint(1, len(data))
                self.host.send(data[:cut])
                data = data[cut:]
            replies = [json.loads(line) for line in self.host.lines(len(names))]
            self.assertEqual([reply["id"] for reply in replies], list(range(len(names))))
            for name, reply in zip(names, replies):
                self.assertEqual("error" in reply, name == "guest-none")
                self.assertEqual("got" in reply.get("return", {}), name == "guest-test-one")

    def test_later_requests_wait_for_a_slow_plugin(self):
        release = []
        self.agents.plugin.reply = lambda line: (
            wait_for(lambda: release, "release"), self.agents.plugin.echo(line))[1]
        self.host.send(b'{"execute":"guest-test-one"}{"execute":"guest-ping"}')
        self.assertTrue(self.host.is_silent())
        release.append(True)
        self.assertIn(b"got", self.host.line())
        self.assertEqual(self.host.line(), b'{"return": {}}\n')

    def test_silent_command_does_not_hold_up_what_follows(self):
        # A mode it does not know: qemu-ga answers with an error, and only with that.
        self.host.send(b'{"execute":"guest-shutdown","arguments":{"mode":"nonsense"}}'
                       b'{"execute":"guest-test-one"}{"execute":"guest-ping"}')
        lines = self.host.lines(3)
        self.assertIn(b"error", lines[0])
        self.assertIn(b"got", lines[1])
        self.assertEqual(lines[2], b'{"return": {}}\n')
        self.assertTrue(self.host.is_silent())


class Transparent(PluginTest):
    """The same bytes to qemu-ga alone and through qga-plugind: the same bytes back."""

    cases = [
        b'{"execute":"guest-ping"}', b"{'execute':'guest-ping','id':'a\"b'}", b"\xff", b"\xff\xff\n",
        b'\xff{"execute":"guest-sync-delimited","arguments":{"id":9}}\n', b"hello world \n",
        b"[1,2]", b"42\n", b'"text"', b"}", b"]", b"{]\n", b'{"execute":', b'"guest-ping"}\xff\n',
        b'{"execute":"guest-none"}', b'{"execute":1}', b'{"execute":"guest-ping","x":1}', b"{}",
        b'{"execute":"guest-ping","execute":"guest-ping"}', b'{"execute":"guest\\u002dping"}',
        b'{"execute":"guest-ping","id":{"a":[1,2.5,null]}}', b"\x01\x02 x\n", b"01\n", b"-\n",
        b"nul\n", b"%\n", b'"a\nb"\n', b"1e5 ", b"1.e\n", b"\t\r\n ", b"{" * 1030 + b"\n\xff\n",
        b"[" * 1025, b"\xff\n", b'{"execute":"guest-sync","arguments":{"id":123456789012}}',
        b'{"execute":"guest-sync-delimited"}', b'{"execute":"guest-sync","arguments":{"id":"x"}}',
        b'"\xc3\x28"', b'{"a" "b"}', b"{1:2}", b"true false\n", b"abc\xfedef{}\n", b"'a\\'b'", b"\\u0041\n",
        b'{"execute":"guest-exec","arguments":{"path":"/none"}}', b"{\"execute\":\"guest-fsfreeze-status\"}",
    ]

    def through(self, data, direct):
        end = b'\xff\n{"execute":"guest-sync","arguments":{"id":424242}}'
        host = Host(self.agents.agent_path) if direct else self.agents.host()
        host.send(data + end)
        lines = []
        while not lines or lines[-1] != b'{"return": 424242}\n':
            lines.append(host.line())
        host.close()
        return lines

    def both(self, inputs):
        self.host.close()
        piped = [self.through(data, False) for data in inputs]
        # qemu-ga serves one client at a time.
        self.agents.plugind.terminate()
        self.agents.plugind.wait()
        try:
            plain = [self.through(data, True) for data in inputs]
        finally:
            self.agents.start_plugind(())
            self.agents.host().close()
        for data, one, other in zip(inputs, piped, plain):
            self.assertEqual(one, other, f"for {data[:200]!r}")

    def test_every_case_comes_back_byte_for_byte(self):
        self.both(self.cases)

    def test_random_garbage_comes_back_byte_for_byte(self):
        source = random.Random(0xABCDEF)
        pieces = self.cases + [b"{", b"}", b"[", b"]", b'"', b"'", b",", b":", b" ", b"\n", b"\xff",
                               b"\\", b"a", b"0", b"-", b".", b"e", b"\xfe", b"\x80", b"\0"]
        self.both([b"".join(source.choice(pieces) for _ in range(source.randint(1, 12)))
                   for _ in range(400)])

    def test_a_request_in_parts_arrives_whole(self):
        opened = self.host.ask("guest-file-open", path=str(self.agents.folder / "file"), mode="w+")
        text = b"QUJD" * (2 << 20)
        self.host.send(b'{"execute":"guest-file-write","arguments":{"handle":%d,"buf-b64":"%s"}}'
                       % (opened["return"], text))
        self.assertEqual(json.loads(self.host.line()), {"return": {"count": 6 << 20, "eof": False}})
        self.assertIn("got", self.host.ask("guest-test-one")["return"])
        self.host.ask("guest-file-seek", handle=opened["return"], offset=0, whence=0)
        reply = self.host.ask("guest-file-read", handle=opened["return"], count=6 << 20)
        self.assertEqual(reply["return"]["buf-b64"].encode(), text)
        self.assertLess(self.agents.memory_kb(), 2048)


class Info(PluginTest):
    def test_ours_are_appended_and_upstream_is_untouched(self):
        merged = self.host.ask("guest-info")["return"]["supported_commands"]
        names = [entry["name"] for entry in merged]
        self.assertEqual(names[-2:], ["guest-test-one", "guest-test-two"])
        self.assertEqual(names.count("guest-ping"), 1)
        self.assertEqual(merged[-1],
                         {"name": "guest-test-two", "enabled": True, "success-response": True})

    def test_a_name_of_qemu_ga_stays_its_own(self):
        self.assertEqual(self.host.ask("guest-ping"), {"return": {}})
        self.assertEqual(self.agents.plugin.requests, [])


class Lists(PluginTest):
    options = ("--block-rpcs", "guest-test-two, guest-ping")

    def test_blocked_command_is_refused_and_shown_so(self):
        error = self.host.ask("guest-test-two", 1)
        self.assertEqual(error["error"]["class"], "CommandNotFound")
        self.assertEqual(error["id"], 1)
        shown = {entry["name"]: entry["enabled"]
                 for entry in self.host.ask("guest-info")["return"]["supported_commands"]}
        self.assertEqual((shown["guest-test-one"], shown["guest-test-two"]), (True, False))
        self.assertEqual(self.agents.plugin.requests, [])


class BadPlugin(PluginTest):
    def expect_error(self, text):
        reply = self.host.ask("guest-test-one", "me")
        self.assertEqual(reply["error"]["class"], "GenericError")
        self.assertIn(text, reply["error"]["desc"])
        self.assertEqual(reply["id"], "me")
        self.assertEqual(self.host.ask("guest-ping"), {"return": {}})

    def test_plugin_that_closes(self):
        self.agents.plugin.reply = lambda line: None
        self.expect_error("without a reply")

    def test_plugin_that_sends_rubbish(self):
        for rubbish in (b"rubbish\n", b"[]\n", b"\n", b"{}\n", b'{"return": 1} {"return": 2}\n',
                        b'{"return": "\xc3\x28"}\n', b'{"return": {\n}}\n'):
            self.agents.plugin.reply = lambda line, text=rubbish: text
            self.expect_error("not one JSON object")

    def test_plugin_that_hangs(self):
        self.agents.plugin.reply = lambda line: time.sleep(3)
        self.expect_error("in time")

    def test_plugin_that_is_not_there(self):
        self.agents.plugin.close()
        (self.agents.folder / "plugin").unlink()
        self.expect_error("cannot be reached")

    def test_plugin_gets_one_line_of_plain_json(self):
        self.host.send(b"{'execute':'guest-test-one',\n 'id':'a\"b\\'c',\n 'arguments':{'x': [1, 2]}}")
        self.assertEqual(json.loads(self.host.line()),
                         {"return": {"got": {"x": [1, 2]}}, "id": 'a"b\'c'})
        self.assertEqual(self.agents.plugin.requests,
                         [b'{"execute":"guest-test-one","id":"a\\"b\'c","arguments":{"x":[1,2]}}\n'])


class AgentAway(PluginTest):
    with_agent = False

    def test_what_needs_no_agent_is_answered(self):
        self.assertEqual(self.host.ask("guest-ping", 5), {"return": {}, "id": 5})
        self.assertEqual(self.host.ask("guest-sync", id=99), {"return": 99})
        self.host.send(b'{"execute":"guest-sync-delimited","arguments":{"id":8}}')
        self.assertEqual(self.host.line(), b'\xff{"return": 8}\n')
        self.assertIn("got", self.host.ask("guest-test-one")["return"])
        names = [entry["name"] for entry in self.host.ask("guest-info")["return"]["supported_commands"]]
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
        self.host.send(b'{"execute":"guest-file-write","arguments":{"buf-b64":"%s"}}' % (b"A" * (4 << 20)))
        self.assertIn(b"GenericError", self.host.line())
        self.assertEqual(self.host.ask("guest-ping"), {"return": {}})


class AgentRestarts(PluginTest):
    def test_killed_in_mid_command(self):
        self.agents.agent.send_signal(19)
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

    def test_rubbish_of_an_earlier_client_is_not_seen(self):
        self.agents.plugind.terminate()
        self.agents.plugind.wait()
        host = Host(self.agents.agent_path)
        host.send(b'{"execute":"guest-pi')
        host.close()
        self.agents.start_plugind(())
        host = self.agents.host()
        self.assertEqual(host.ask("guest-get-osinfo").keys(), {"return"})
        host.close()


class FakeTest(PluginTest):
    """Against a fake, since freezing is not for the machine that runs this."""

    with_agent = False
    STATUS = b'{"return": "thawed"}\n'

    def setUp(self):
        super().setUp()
        self.fake = FakeAgent(self.agents.agent_path, {
            "guest-fsfreeze-status": self.STATUS,
            "guest-fsfreeze-freeze": b'{"return": 2}\n',
            "guest-fsfreeze-freeze-list": b'{"return": 0}\n',
            "guest-fsfreeze-thaw": b'{"return": 2}\n',
        })
        self.addCleanup(self.fake.close)
        wait_for(lambda: "return" in self.host.ask("guest-fsfreeze-status"), "the fake agent")

    def is_refused(self):
        reply = self.host.ask("guest-test-one", 9)
        shown = [entry["enabled"] for entry
                 in self.host.ask("guest-info")["return"]["supported_commands"]]
        refused = "error" in reply
        self.assertEqual(set(shown), {not refused})
        if refused:
            self.assertEqual(reply, {"id": 9, "error": {
                "class": "CommandNotFound",
                "desc": "Command guest-test-one has been disabled: the agent is in frozen state"}})
        return refused


class Frozen(FakeTest):
    def test_plugin_commands_are_refused_from_freeze_to_thaw(self):
        self.assertFalse(self.is_refused())
        self.host.send(b'{"execute":"guest-fsfreeze-freeze"}{"execute":"guest-test-one"}')
        self.assertEqual(json.loads(self.host.line()), {"return": 2})
        self.assertIn(b"frozen state", self.host.line())
        self.assertTrue(self.is_refused())
        self.host.ask("guest-fsfreeze-thaw")
        self.assertFalse(self.is_refused())

    def test_a_freeze_of_nothing_is_none(self):
        self.host.ask("guest-fsfreeze-freeze-list")
        self.assertFalse(self.is_refused())

    def test_nothing_is_logged(self):
        self.host.ask("guest-fsfreeze-freeze")
        before = self.agents.log_text()
        self.fake.close()
        self.agents.agent_path.unlink()
        self.fake.answers["guest-info"] = b"x"
        self.host.ask("guest-info")
        wait_for(lambda: self.host.ask("guest-ping") == {"return": {}}, "our own answer")
        self.assertTrue("error" in self.host.ask("guest-test-one"))
        self.assertEqual(self.agents.log_text(), before)


class FrozenBefore(FakeTest):
    STATUS = b'{"return": "frozen"}\n'

    def test_a_restarted_plugind_knows(self):
        self.assertTrue(self.is_refused())


class HalfLine(PluginTest):
    with_agent = False

    def test_the_host_sees_that_the_line_will_not_end(self):
        fake = FakeAgent(self.agents.agent_path, {"guest-file-read": b'{"return": {"count"'})
        self.addCleanup(fake.close)
        wait_for(lambda: "version" in self.host.ask("guest-info")["return"]
                 and self.host.ask("guest-fsfreeze-status") == {"return": "thawed"}, "the fake")
        self.host.send(b'{"execute":"guest-file-read"}')
        with self.assertRaises(EOFError):
            self.host.line()
        host = self.agents.host()
        wait_for(lambda: host.ask("guest-fsfreeze-status") == {"return": "thawed"}, "the fake")
        host.close()


class HostLeaves(PluginTest):
    def test_in_mid_request_a_hundred_times(self):
        source = random.Random(3)
        request = b'{"execute":"guest-test-one","id":1}{"execute":"guest-info"}'
        for _ in range(100):
            self.host.send(request[:source.randint(1, len(request))])
            self.host.close()
            self.host = self.agents.host()
            self.assertEqual(self.host.ask("guest-sync", id=77), {"return": 77})
        self.addCleanup(self.host.close)
        self.assertLess(self.agents.memory_kb(), 2048)

    def test_half_closed_client_gets_its_replies(self):
        self.host.send(b'{"execute":"guest-ping"}{"execute":"guest-test-one"}{"exec')
        self.host.socket.shutdown(1)
        self.assertEqual(self.host.line(), b'{"return": {}}\n')
        self.assertIn(b"got", self.host.line())
        self.assertEqual(self.host.socket.recv(10), b"")

    def test_after_parts_of_a_long_request(self):
        self.host.send(b'{"execute":"guest-file-write","arguments":{"buf-b64":"%s' % (b"A" * (2 << 20)))
        self.host.close()
        host = self.agents.host()
        self.assertIn("return", host.ask("guest-get-osinfo"))
        host.close()


class PortHangsUp(unittest.TestCase):
    """A port is one stream for one host after the other: none waits for what another asked."""

    PLUGIN_SECONDS = 60  # longer than the test may take: giving up is not the time's doing
    # A terminal is opened anew a second after it was hung up; the rest is for a busy machine.
    NEXT_HOST_SECONDS = 3

    def setUp(self):
        self.agents = Agents(plugind_options=("-m", "isa-serial"), plugin_seconds=self.PLUGIN_SECONDS)
        self.addCleanup(self.agents.close)
        self.working = True
        self.addCleanup(setattr, self, "working", False)
        self.agents.plugin.reply = self.reply_when_told

    def reply_when_told(self, line):
        wait_for(lambda: not self.working, "the end of the plugin's work")
        return self.agents.plugin.echo(line)

    def host(self):
        host = PortHost(self.agents.host_path)
        self.addCleanup(host.close)
        return host

    def names(self):
        return [json.loads(line)["execute"] for line in self.agents.plugin.requests]

    def leave(self, request, taken):
        """A host that hangs up once the plugin has taken so many requests; the next host."""
        host = self.host()
        host.send(request)
        wait_for(lambda: len(self.names()) == taken, "the plugin's request")
        self.assertTrue(host.is_silent())
        host.close()
        return self.host()

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


class Bounded(PluginTest):
    def test_a_host_that_never_reads_costs_no_memory(self):
        self.host.socket.settimeout(3)
        with self.assertRaises(TimeoutError):
            while True:
                self.host.send(b'{"execute":"guest-info"}' * 100)
        self.assertLess(self.agents.memory_kb(), 16384)
        before = self.agents.cpu_ticks()
        time.sleep(1)
        self.assertLessEqual(self.agents.cpu_ticks() - before, 2)

    def test_idle_costs_no_processor_time(self):
        self.host.ask("guest-ping")
        before = self.agents.cpu_ticks()
        time.sleep(1)
        self.assertLessEqual(self.agents.cpu_ticks() - before, 1)
