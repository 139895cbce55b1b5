# SPDX-License-Identifier: GPL-2.0-or-later
"""prepare with eject beside prepare and the host's own unplug, under PCIe's own hotplug: from the
request until QEMU says that the NIC is gone, in one guest and in turn."""
import os

from tests.bench.figures import Bench
from tests.vm import eject
from tests.vm.registry import NATIVE

EJECT, UNPLUG = "eject", "unplug by the host"
WAYS = {EJECT: eject.ejected, UNPLUG: eject.unplugged}
ROUNDS = 3 if os.environ.get("SHORT") else 5
TITLE = "prepare to DEVICE_DELETED"
MOST = 0.333  # the budget; the host's unplug waits for 5 s to begin with


def native():
    bench = Bench("bench-eject", list(WAYS))
    with eject.NativeStage("debian-12", NATIVE, lambda text: print(f"# {text}", flush=True)) as stage:
        stage.begin()
        for _ in range(ROUNDS):
            for column, way in WAYS.items():
                bench.add(TITLE, "s", column, way(stage))
                eject.brought_back(stage)
    bench.ratio("eject-to-unplug", TITLE, EJECT, UNPLUG, most=MOST)
    bench.show()
