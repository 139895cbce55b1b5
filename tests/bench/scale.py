# SPDX-License-Identifier: GPL-2.0-or-later
"""How the commands' time grows with interfaces that are none of theirs, and with primaries.

The backend suite's small guest with 32 more pairs of NICs, e1000e and virtio; scale_guest.py plays there and says
what it measured. Real bonds, bare netlink, nobody's manager. What waits for the world and not for
us (the drain, the new link) is also taken off, since it would hide any growth: "work".
"""
import json
import os
import shutil

from tests.backend import guest
from tests.bench.figures import Bench
from tests.lab.base import MESON
from tests.runner.cases import Failed

SHORT = bool(os.environ.get("SHORT"))
ROUNDS = 3 if SHORT else 5
UNRELATED = (10, 4000) if SHORT else (10, 100, 1000, 4000)
PRIMARIES = (1, 32) if SHORT else (1, 2, 4, 8, 16, 32)
COMMANDS = ("query", "prepare", "complete")
# DESIGN.md §7, growth.
MOST_FOR_UNRELATED = 1.5
# Linear: none costs more for there being others, but for a tenth that measuring scatters by. One
# alone also pays what is the same for all.
MOST_PER_PRIMARY = 1.1
SECONDS = 1800
PLAYER = MESON / "scale-guest"


def nics():
    """QEMU's options: the NICs, eight functions to a slot, and the memory that they need."""
    options = ["-m", "1536"]
    for kind, (driver, first_slot) in enumerate((("e1000e", 0x14), ("virtio-net-pci", 0x18))):
        for number in range(32):
            slot, function = divmod(number, 8)
            options += ["-netdev", f"user,restrict=on,id=more{kind}-{number}", "-device",
                        f"{driver},netdev=more{kind}-{number},mac=52:54:00:00:1{kind}:{number:02x},"
                        f"addr={first_slot + slot:x}.{function},multifunction=on,romfile="]
    return options


def played(what, sizes):
    """What the guest measured: dictionaries, as they come."""
    # The guest sees this folder wherever it lies, and the engine is in it.
    shutil.copy(os.path.join(os.path.dirname(__file__), "scale_guest.py"), PLAYER)
    command = " ".join(map(str, (PLAYER, MESON / "failover/qga-net-failoverd", what, ROUNDS, *sizes)))
    for line in guest.boot([command], ("PATH=/usr/sbin:/usr/bin:/sbin:/bin",), SECONDS, nics()):
        if line.startswith("{"):
            yield json.loads(line)
        elif line.startswith("#exit ") and line != "#exit 0":
            raise Failed(f"the program in the guest ended so: {line}")
        else:
            print(f"# {line}", flush=True)


def measure(bench, what, sizes):
    for sample in played(what, sizes):
        for kind in ("all", "work"):
            bench.add(f"{sample['command']}, {kind}", "ms", str(sample["size"]), sample[kind])
    for command in COMMANDS:
        for size in sizes:
            count = len(bench.rows[f"{command}, all"][1].get(str(size), ()))
            if count < ROUNDS:
                raise Failed(f"{command} at {size}: {count} of {ROUNDS} samples")


def unrelated():
    bench = Bench("bench-scale", [str(size) for size in UNRELATED])
    measure(bench, "unrelated", UNRELATED)
    least, most = str(UNRELATED[0]), str(UNRELATED[-1])
    for command in COMMANDS:
        for kind in ("all", "work"):
            bench.ratio(f"{command}-{kind}-{most}-to-{least}", f"{command}, {kind}", most, least,
                        most=MOST_FOR_UNRELATED)
    bench.show()


def primaries():
    bench = Bench("bench-scale-primaries", [str(size) for size in PRIMARIES])
    measure(bench, "primaries", PRIMARIES)
    most = PRIMARIES[-1]
    for command in COMMANDS:
        for kind in ("all", "work"):
            title = f"{command}, {kind}"
            each = bench.median(title, str(most)) / most
            bench.figure(f"{command}-{kind}-each-of-{most}-to-one", each / bench.median(title, "1"),
                         "ratio", most=MOST_PER_PRIMARY)
    bench.show()
