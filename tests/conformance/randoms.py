# SPDX-License-Identifier: GPL-2.0-or-later
"""Random exchanges: right ones, wrong ones, bent ones, rubbish; random pieces; random pipelines.

All from one seed, which is printed: CONFORMANCE_SEED=N plays the same again. Nothing here can ask
for a command of CHANGING without an argument that it refuses, and the qemu-ga that it is played to
has them blocked besides.
"""
import json
import os
import random

from tests.conformance import corpus
from tests.conformance.commands import CHANGING, NAMES, READING, request
from tests.conformance.exchange import Exchange

# They are slow, or would make files and processes when they are bent.
NOT_AT_RANDOM = ("guest-get-memory-blocks", "guest-get-disks", "guest-get-diskstats",
                 "guest-file-open", "guest-exec")
PIECES = [b"{", b"}", b"[", b"]", b'"', b"'", b",", b":", b" ", b"\n", b"\xff", b"\xfe", b"\\",
          b"\\u00", b"a", b"0", b"9", b"-", b".", b"e", b"\x80", b"\0", b"\x7f", b'"execute"',
          b'"id"', b"true", b"null", b'"arguments":{', corpus.PING, corpus.NONE, b'"\xc3\xa9"', b"[[[", b"}}}"]


def seed_of_this_run():
    return int(os.environ.get("CONFORMANCE_SEED") or int.from_bytes(os.urandom(4), "big"))


class Randoms:
    def __init__(self, seed):
        self.source = random.Random(seed)
        self.reading = [name for name in READING if name not in NOT_AT_RANDOM]

    def value(self, depth=0):
        kind = self.source.randrange(9 if depth < 4 else 6)
        if kind == 0:
            return self.source.choice([True, False, None, 0, -1, 2**63, 1.5, 1e300, "", "é\u20ac😀"])
        if kind < 3:
            return self.source.randint(-10**self.source.randint(0, 18), 10**18 - 1)
        if kind < 6:
            length = self.source.choice([0, 1, 5, 30, 300])
            return "".join(chr(self.source.choice([34, 39, 92, 10, 65, 97, 0xe9, 0x20ac, 0x1f600]))
                           for _ in range(length))
        if kind < 8:
            return [self.value(depth + 1) for _ in range(self.source.randrange(5))]
        return {self.value(9) if self.source.random() < 0.5 else f"k{i}": self.value(depth + 1)
                for i in range(self.source.randrange(5))}

    def right(self):
        name = self.source.choice(self.reading)
        rules, calls = READING[name]
        more = {"id": self.value()} if self.source.random() < 0.5 else {}
        return Exchange(request(name, self.source.choice(calls), **more), rules)

    def wrong(self):
        name = self.source.choice(NAMES + ["guest-none", "", "x" * 500])
        shape = {"execute": name, "arguments": {"no-such-argument": self.value()}}
        if name not in CHANGING and self.source.random() < 0.3:
            shape["arguments"] = self.value() or {"": 0}
        if self.source.random() < 0.5:
            shape[self.source.choice(["id", "id", "control", "exec-oob", ""])] = self.value()
        members = list(shape.items())
        self.source.shuffle(members)
        ascii_only = self.source.random() < 0.5
        rules = READING.get(name, ((), 0))[0]
        return Exchange(json.dumps(dict(members), ensure_ascii=ascii_only).encode(), rules)

    def bent(self):
        """A request or two with some bytes changed, taken out, doubled or put in."""
        exchange = self.source.choice([self.right, self.wrong])()
        data = bytearray(exchange.request)
        for _ in range(self.source.randint(1, 4)):
            at, end = sorted(self.source.randint(0, len(data)) for _ in range(2))
            end = min(end, at + self.source.choice([0, 1, 1, 5, 50]))
            data[at:end] = self.source.choice([
                b"", self.source.choice(PIECES), self.source.randbytes(self.source.randint(1, 4)),
                bytes(data[at:end] * 2)])
        return Exchange(bytes(data), exchange.rules)

    def rubbish(self):
        count = self.source.randint(1, 30)
        return Exchange(b"".join(self.source.choice(PIECES) for _ in range(count)))

    def joined(self):
        """Several in one, so that what one leaves behind meets the next."""
        parts = [self.source.choice([self.right, self.wrong, self.bent, self.rubbish])()
                 for _ in range(self.source.randint(2, 6))]
        between = self.source.choice([b"", b"\n", b" ", b"\r\n\t"])
        rules = {rule: None for part in parts for rule in part.rules}
        return Exchange(between.join(part.request for part in parts), tuple(rules))

    def exchange(self):
        kinds = [self.right, self.wrong, self.bent, self.bent, self.rubbish, self.joined]
        return self.source.choice(kinds)()

    def cut(self, data):
        """Pieces of random sizes: all at once, a few, or, of what is not long, byte by byte."""
        sizes = [17, 200, 5000, len(data) + 1]
        most = self.source.choice(sizes if len(data) > 3000 else [1, 3, *sizes])
        pieces = []
        while data:
            size = self.source.randint(1, most)
            pieces.append(data[:size])
            data = data[size:]
        return pieces

    def depths(self):
        while True:
            yield self.source.choice([1, 1, 2, 3, 8, 30, 100])
