# SPDX-License-Identifier: GPL-2.0-or-later
"""What a process costs: processor time, anonymous memory at its highest, descriptors."""
import os
import pathlib
import threading
import time


class Cost:
    """The figures of a process from here on; `peak_kb` is sampled until the end of `with`."""

    SAMPLE_S = 0.005

    def __init__(self, pid):
        self.folder = pathlib.Path(f"/proc/{pid}")
        self.start_kb = self.peak_kb = self.memory_kb()
        self.start_descriptors = self.descriptors()
        self.ended = threading.Event()
        self.sampler = threading.Thread(target=self.sample, daemon=True)
        self.sampler.start()

    def sample(self):
        while not self.ended.wait(self.SAMPLE_S):
            self.peak_kb = max(self.peak_kb, self.memory_kb())

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.ended.set()
        self.sampler.join()

    def stat(self):
        """What stands behind the name in /proc/PID/stat."""
        return (self.folder / "stat").read_text().rsplit(")", 1)[1].split()

    def ticks(self):
        """User and system time, in ticks of 10 ms."""
        return sum(map(int, self.stat()[11:13]))

    def ticks_of(self, seconds):
        """Those that it uses in so long from now on; and whether it sleeps at the end, for one that
        has to wait for a processor uses none either."""
        before = self.ticks()
        time.sleep(seconds)
        return self.ticks() - before, self.stat()[0] == "S"

    def memory_kb(self):
        for line in (self.folder / "status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
        raise AssertionError("no RssAnon")

    def descriptors(self):
        return len(os.listdir(self.folder / "fd"))
