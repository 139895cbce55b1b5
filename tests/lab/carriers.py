# SPDX-License-Identifier: GPL-2.0-or-later
"""Which NIC carries the guest's traffic, seen from the wire: packets per tap, every 20 ms.

The counters are read from /proc/PID/net/dev of a process in the lab's namespace, so nothing is
asked of the guest and nothing is started.
"""

import threading
import time

INTERVAL = 0.02


class CarrierSampler:
    """Samples from the moment it is made until stop(); a thread that only reads one file."""

    def __init__(self, pid):
        self.path = f"/proc/{pid}/net/dev"
        self.samples = []
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.ending.wait(INTERVAL):
            try:
                with open(self.path, encoding="ascii") as file:
                    lines = file.readlines()[2:]
            except OSError:
                return
            counts = {}
            for line in lines:
                name, _, numbers = line.partition(":")
                # what a tap receives is what the guest sent
                counts[name.strip()] = int(numbers.split()[1])
            self.samples.append((time.monotonic(), counts))

    def stop(self):
        """[(start, end, tap)]: which tap the guest sent on, pauses on the same tap included."""
        self.ending.set()
        self.thread.join()
        stretches = []
        for (start, before), (end, after) in zip(self.samples, self.samples[1:]):
            sent = {tap: after[tap] - before.get(tap, 0) for tap in after if "-" in tap}
            tap = max(sent, key=sent.get, default=None)
            # a handful of stray frames (discovery, announcements) is not the traffic
            if tap is None or sent[tap] < 5:
                continue
            if stretches and stretches[-1][2] == tap:
                stretches[-1] = (stretches[-1][0], end, tap)
            else:
                stretches.append((start, end, tap))
        return stretches
