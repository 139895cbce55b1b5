# SPDX-License-Identifier: GPL-2.0-or-later
"""Between freeze and thaw: plugins are refused, nothing is logged. Against a fake qemu-ga, since
freezing is not for the machine that runs this."""
import json
import threading
import time

from tests.conformance.base import PluginTest
from tests.conformance.fakes import FakeAgent
from tests.conformance.hosts import wait_for


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


class FrozenUnknown(PluginTest):
    with_agent = False

    def test_a_plugin_is_not_asked_before_it_is_known(self):
        """qemu-ga takes its time to say that it is frozen; a command came before that."""
        asked = threading.Event()

        def late(client):
            asked.set()
            time.sleep(1)
            client.sendall(b'{"return": "frozen"}\n')

        fake = FakeAgent(self.agents.agent_path, {"guest-fsfreeze-status": late})
        self.addCleanup(fake.close)
        wait_for(asked.is_set, "qemu-ga to be greeted")
        self.assertIn("frozen state", self.host.ask("guest-test-one")["error"]["desc"])
        self.assertEqual(self.agents.plugin.requests, [])


class FrozenBefore(FakeTest):
    STATUS = b'{"return": "frozen"}\n'

    def test_a_restarted_plugind_knows(self):
        self.assertTrue(self.is_refused())
