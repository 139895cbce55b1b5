# SPDX-License-Identifier: GPL-2.0-or-later
"""What the cases share: qga-plugind between a host and qemu-ga, and what a fault may cost it."""
import contextlib
import unittest

from tests.conformance import results
from tests.conformance.agents import SANITIZED, Agents
from tests.conformance.hosts import wait_for
from tests.conformance.watch import Cost

# In ticks of 10 ms.
IDLE_S = 1
IDLE_TICKS = 2
# Anonymous memory: in the worst moment; and more than before, when all is over.
PEAK_KB = 16 << 10
LEFT_KB = 1 << 10


class PluginTest(unittest.TestCase):
    options = ()
    config = "[general]\n"
    method = "unix-listen"
    with_agent = True
    plugin_seconds = 2
    left_kb = LEFT_KB

    def setUp(self):
        self.agents = Agents(self.with_agent, self.options, self.plugin_seconds, self.config,
                             self.method)
        self.addCleanup(self.agents.close)
        self.host = self.agents.host()
        self.addCleanup(lambda: self.host.close())  # pylint: disable=unnecessary-lambda

    def new_host(self):
        self.host.close()
        self.host = self.agents.host()

    def assert_works(self):
        """The next commands are answered, each by whom it should be."""
        self.assertEqual(self.host.ask("guest-ping", "next"), {"return": {}, "id": "next"})
        self.assertEqual(self.host.ask("guest-fsfreeze-status"), {"return": "thawed"})
        self.assertEqual(self.host.ask("guest-test-one", 8, x=9),
                         {"return": {"got": {"x": 9}}, "id": 8})

    def assert_idle(self, cost):
        """Once what can be done is done, there comes a second in which nothing is."""
        seen = []

        def is_idle():
            seen.append(cost.ticks_of(IDLE_S))
            used, sleeps = seen[-1]
            return sleeps and used <= IDLE_TICKS

        wait_for(is_idle, f"a second of at most {IDLE_TICKS} ticks")
        results.most("idle-ticks-per-second", seen[-1][0], "ticks", IDLE_TICKS, self._testMethodName)

    @contextlib.contextmanager
    def fault(self):
        """Around what goes wrong: behind it the next commands work, and it has cost nothing."""
        wait_for(lambda: self.host.ask("guest-fsfreeze-status") == {"return": "thawed"}, "qemu-ga")
        with Cost(self.agents.plugind.pid) as cost:
            yield cost
            self.assert_works()
            wait_for(lambda: cost.descriptors() == cost.start_descriptors,
                     f"{cost.start_descriptors} descriptors, there are {cost.descriptors()}")
            left_kb = cost.memory_kb() - cost.start_kb
        if SANITIZED:
            return
        results.most("peak-memory", cost.peak_kb, "KiB", PEAK_KB, self._testMethodName)
        self.assertLess(cost.peak_kb, PEAK_KB)
        self.assertLess(left_kb, self.left_kb, "memory is left behind")
