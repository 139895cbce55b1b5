# SPDX-License-Identifier: GPL-2.0-or-later
"""Which commands are shown, and which a host may give: guest-info, allow-rpcs, block-rpcs."""
from tests.conformance.agents import Channel
from tests.conformance.base import PluginTest
from tests.conformance.hosts import wait_for


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


class ListTest(PluginTest):
    """`allowed` are the plugins' commands that a host may give; the rest is refused as qemu-ga
    refuses, and shown so."""

    def expect_allowed(self, *allowed):
        shown = {entry["name"]: entry["enabled"]
                 for entry in self.host.ask("guest-info")["return"]["supported_commands"]}
        for name in ("guest-test-one", "guest-test-two"):
            before = len(self.agents.plugin.requests)
            reply = self.host.ask(name, 1)
            self.assertEqual(shown[name], name in allowed)
            self.assertEqual(len(self.agents.plugin.requests) - before, int(name in allowed))
            if name not in allowed:
                self.assertEqual(reply, {"id": 1, "error": {
                    "class": "CommandNotFound",
                    "desc": f"Command {name} has been disabled: the command is not allowed"}})
        self.assertTrue(shown["guest-ping"])
        self.assertEqual(self.host.ask("guest-ping"), {"return": {}})


class BlockList(ListTest):
    config = "[general]\nblock-rpcs=guest-test-two,guest-ping,guest-no-such-thing\n"

    def test_what_it_names_is_refused(self):
        self.expect_allowed("guest-test-one")


class AllowList(ListTest):
    config = "[general]\nallow-rpcs = guest-no-such-thing , guest-test-two\n"

    def test_only_what_it_names_is_allowed(self):
        self.expect_allowed("guest-test-two")


class AllowNone(ListTest):
    config = "[general]\nallow-rpcs=\n"

    def test_an_empty_list_allows_nothing(self):
        self.expect_allowed()


class BothLists(ListTest):
    config = ("[general]\nallow-rpcs=guest-test-one,guest-test-two\n"
              "block-rpcs=guest-test-one\n")

    def test_block_wins(self):
        self.expect_allowed("guest-test-two")


class NoLists(ListTest):
    config = "[general]\nverbose=true\nstatedir=/run\n"  # qemu-ga's

    def test_all_are_allowed(self):
        self.expect_allowed("guest-test-one", "guest-test-two")


class ListOptions(ListTest):
    config = "[general]\nallow-rpcs=guest-test-one\n"
    options = ("-a", "guest-test-one, guest-test-two", "-b", " guest-test-one")

    def test_options_win_over_the_file(self):
        self.expect_allowed("guest-test-two")


class AgentBlocks(PluginTest):
    """The lists of qemu-ga: a name that it has stays its own also where it may not be used."""

    def setUp(self):
        super().setUp()
        self.host.close()
        self.agents.stop_agent()
        self.agents.agent_options = ("--block-rpcs", "guest-ping")
        self.agents.start_agent()
        self.host = self.agents.host()
        wait_for(lambda: "return" in self.host.ask("guest-get-time"), "qemu-ga")

    def test_a_blocked_name_of_qemu_ga_is_not_the_plugins(self):
        self.assertIn("has been disabled", self.host.ask("guest-ping")["error"]["desc"])
        shown = [entry["enabled"] for entry
                 in self.host.ask("guest-info")["return"]["supported_commands"]
                 if entry["name"] == "guest-ping"]
        self.assertEqual(shown, [False])
        self.assertEqual(self.agents.plugin.requests, [])


class MistypedKey(ListTest):
    """Nobody is to believe in a list that is not in force; and the agent itself goes on."""

    config = "[general]\nblock-rpc=guest-test-two\n"

    def test_no_plugin_is_allowed(self):
        self.expect_allowed()
        wait_for(lambda: "there is no key block-rpc" in self.agents.log_text(), "the warning")


class MistypedGroup(ListTest):
    config = "[qga]\nblock-rpcs=guest-test-two\n"

    def test_no_plugin_is_allowed(self):
        self.expect_allowed()


class MistypedMethod(ListTest):
    """The host is on the port that most have, and is not to lose the agent for a word in a file."""

    config = "[general]\nmethod=virtio-cereal\n"
    method = Channel.FROM_FILE

    def test_the_default_is_used(self):
        self.expect_allowed("guest-test-one", "guest-test-two")
        wait_for(lambda: "there is no method virtio-cereal, only virtio-serial, isa-serial"
                 in self.agents.log_text(), "the warning")


class NoKeyFile(ListTest):
    config = "block-rpcs guest-test-two\n"

    def test_no_plugin_is_allowed(self):
        self.expect_allowed()
