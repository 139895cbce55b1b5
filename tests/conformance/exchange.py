# SPDX-License-Identifier: GPL-2.0-or-later
"""What is sent, what comes back, and whether two agents said the same.

An exchange is the bytes of a request and the lines that come back for it. Where they end is marked
by 0xFF and a guest-sync-delimited, so whatever a request leaves in a parser is void for the next
one, and a line too many or too few is seen with the exchange that caused it. What differs between
any two runs of one agent is blanked by the named RULES that an exchange asks for, and by no other.
"""
import hashlib
import json
import re
from itertools import zip_longest
from typing import NamedTuple

from tests.conformance.hosts import wait_for

LONG = 4096

# Each is for the one command that it is named after in commands.py.
RULES = {
    "time": (rb'"return": \d{19}\b', b'"return": TIME'),
    "pid": (rb'"pid": \d+', b'"pid": PID'),
    "used": (rb'"used-bytes": \d+', b'"used-bytes": USED'),
    "statistics": (rb'"(stats|statistics)": \{[^{}]*\}', b'"statistics": {}'),
    "ticks": (rb'(?<=": )\d{2,}', b"TICKS"),
    "load": (rb'(?<=m": )[0-9.e-]+', b"LOAD"),
    # All that qga-plugind may add to what qemu-ga says.
    "ours": (rb', \{"enabled": true, "name": "guest-test-\w+", "success-response": true\}', b""),
}


class Exchange(NamedTuple):
    request: bytes
    rules: tuple = ()


class Row(NamedTuple):
    """An exchange as it went."""

    request: bytes
    lines: tuple


def shorten(data):
    return repr(data) if len(data) < 400 else f"{data[:300]!r}… ({len(data)} bytes)"


def settle(line, rules):
    """A line as it is compared."""
    for rule in rules:
        line = re.sub(*RULES[rule], line)
    if len(line) > LONG:
        return b"%d bytes, SHA-256 %s" % (len(line), hashlib.sha256(line).hexdigest().encode())
    return line


def mark(number):
    return b'\xff{"execute":"guest-sync-delimited","arguments":{"id":%d}}' % number


def whole(data):
    return [data]


def byte_by_byte(data):
    return [data[i:i + 1] for i in range(len(data))]


def talk_marked(host, exchanges, cut, first):
    """Several exchanges at once; the lines of each."""
    last = b'\xff{"return": %d}\n' % (first + len(exchanges) - 1)
    data = b"".join(exchange.request + mark(first + i) for i, exchange in enumerate(exchanges))
    groups = [[]]
    for line in host.talk(cut(data), lambda line: line == last):
        groups[-1].append(line)
        if line == b'\xff{"return": %d}\n' % (first + len(groups) - 1):
            groups.append([])
    assert groups.pop() == [] and len(groups) == len(exchanges), f"marks are missing: {groups}"
    return groups


def play(host, exchanges, cut=whole, depths=None):
    """Tells a host the exchanges, as many at once as each of `depths` says (one by one without);
    `cut` makes pieces of what is sent. The rows."""
    rows, number = [], 0
    while number < len(exchanges):
        batch = exchanges[number:number + (next(depths) if depths else 1)]
        groups = talk_marked(host, batch, cut, 70_000_000 + number)
        rows += [Row(request, tuple(settle(line, rules) for line in lines))
                 for (request, rules), lines in zip(batch, groups)]
        number += len(batch)
    return rows


class Conversation:
    """Exchanges that depend on what was answered: handles of files, processes that end."""

    def __init__(self, host):
        self.host = host
        self.rows = []

    def ask_raw(self, request, rules=(), cut=whole):
        line, = self.host.talk(cut(request), lambda line: True)
        named = re.sub(*RULES["pid"], request) if "pid" in rules else request
        self.rows.append(Row(named, (settle(line, rules),)))
        return json.loads(line)

    def ask(self, command, rules=(), **arguments):
        named = {name.replace("_", "-"): value for name, value in arguments.items()}
        return self.ask_raw(json.dumps({"execute": command, "arguments": named}).encode(), rules)

    def run(self, *argv, **more):
        """guest-exec until the program has ended; how often it was asked for that does not count.
        """
        reply = self.ask("guest-exec", ("pid",), path=argv[0], arg=list(argv[1:]), **more)
        pid = reply["return"]["pid"]
        before = len(self.rows)

        def ended():
            del self.rows[before:]
            return self.ask("guest-exec-status", ("pid",), pid=pid)["return"]["exited"]

        wait_for(ended, f"{argv} to end")


def difference(number, alone, through):
    """The first line in which two rows differ, as text for people."""
    if alone.request != through.request:
        return f"exchange {number}: {shorten(alone.request)}, but {shorten(through.request)}"
    pairs = zip_longest(alone.lines, through.lines, fillvalue=b"")
    line, one, other = next((i, *pair) for i, pair in enumerate(pairs, 1) if pair[0] != pair[1])
    return (f"exchange {number}: {shorten(alone.request)}\n"
            f"  line {line} alone   {shorten(one)}  (of {len(alone.lines)} lines)\n"
            f"  line {line} through {shorten(other)}  (of {len(through.lines)} lines)")


def differences(alone, through):
    """Where two transcripts differ: a text for each place."""
    found = []
    if len(alone) != len(through):
        found.append(f"{len(alone)} exchanges alone, {len(through)} through")
    return found + [difference(number, one, other)
                    for number, (one, other) in enumerate(zip(alone, through)) if one != other]
