# SPDX-License-Identifier: GPL-2.0-or-later
"""Exchanges for the protocol itself: every shape of right and wrong JSON that a host may send.

By subject, each a function that yields Exchanges: bytes, strings, numbers, values, structure, ids,
syncs, pipelines, limits. What qemu-ga says to them is not written down anywhere: it is asked.
"""
from tests.conformance.exchange import Exchange

PING = b'{"execute":"guest-ping"}'
NONE = b'{"execute":"guest-none"}'


def ping(identity):
    return b'{"execute":"guest-ping","id":%s}' % identity


def single_bytes():
    """Every byte: alone, before and after a request, in a string, in a number, in a key."""
    for value in range(256):
        byte = bytes([value])
        for text in (b"%s", b"%s\n" + PING, PING + b"%s\n", ping(b'"a%sb"'), ping(b"1%s2"),
                     b'{"execute":"guest-ping","i%sd":1}'):
            yield Exchange(text.replace(b"%s", byte))


STRINGS = [
    rb'""', rb"''", rb"'a'", rb"'a\'b'", rb"""'a"b'""", rb'''"a'b"''', rb'"a\"b"', rb'"\\"',
    rb'"\/"', rb'"\b\f\n\r\t"', rb'"\x41"', rb'"\a"', rb'"\0"', rb'"\u0041"', rb'"\u00e9"',
    rb'"\u20AC"', rb'"\uD83D\uDE00"', rb'"\ud83d"', rb'"\ude00"', rb'"\ud83dx"', rb'"\ud83d\n"',
    rb'"\ud83d\u0041"', rb'"\ude00\ud83d"', rb'"\u0000"', rb'"a\u0000b"', rb'"\u001f"',
    rb'"\uFFFF"', rb'"\uFFFE"', rb'"\uFDD0"', rb'"\u"', rb'"\u1"', rb'"\u12"', rb'"\u123"',
    rb'"\u123g"', rb'"\U0041"', rb'"\u+041"', rb'"\u 041"', rb"'\u0027'", rb'"\"', rb'"\\\"',
    b'"a\\\nb"', b'"%"', b'"%%"', b'"%d"', b'"\xc3\xa9"', b'"\xe2\x82\xac"', b'"\xf0\x9f\x98\x80"',
    b'"\xf4\x8f\xbf\xbf"', b'"\xf4\x90\x80\x80"', b'"\xed\xa0\x80"', b'"\xed\xb0\x80"',
    b'"\xef\xbf\xbd"', b'"\xef\xbf\xbe"', b'"\xef\xbf\xbf"', b'"\xef\xb7\x90"', b'"\xc0\x80"',
    b'"\xc1\xbf"', b'"\xe0\x80\xaf"', b'"\xf0\x80\x80\xaf"', b'"\xf8\x88\x80\x80\x80"',
    b'"\xfc\x84\x80\x80\x80\x80"', b'"\xc3"', b'"\xc3("', b'"\xe2\x82"', b'"\xe2\x28\xa1"',
    b'"\xf0\x9f\x98"', b'"\x80"', b'"\xbf\xbf"', b'"a\xffb"', b'"a\xfeb"', b'"\x7f"',
    b'"' + b"x" * 4095 + b'"', b'"' + b"\xc3\xa9" * 70_000 + b'"',
    b'"' + b"\\u00e9" * 50_000 + b'"',
]

NUMBERS = [
    b"0", b"-0", b"1", b"-1", b"00", b"01", b"-01", b"+1", b".5", b"1.", b"1.5", b"-1.5", b"1.50",
    b"1e", b"1e5", b"1E5", b"1e+5", b"1e-5", b"1e+", b"-", b"--1", b"-e5", b"0x10", b"1_0",
    b"1e400", b"-1e400", b"1e-400", b"0.1", b"0.30000000000000004", b"123456789.123456789",
    b"9007199254740993", b"2147483648", b"9223372036854775807", b"9223372036854775808",
    b"-9223372036854775808", b"-9223372036854775809", b"18446744073709551615",
    b"18446744073709551616", b"9" * 300, b"0." + b"3" * 300, b"1" + b"0" * 30 + b".0", b"1.0",
    b"-0.0", b"5e-324", b"1.7976931348623157e308",
]

VALUES = [
    b"true", b"false", b"null", b"True", b"NULL", b"nul", b"nulll", b"truefalse", b"undefined",
    b"NaN", b"Infinity", b"-Infinity", b"[]", b"{}", b"[[]]", b"[{}]", b'{"":""}',
    b"[1,2.5,null,true,\"x\"]", b'{"a":{"b":[{"c":[]}]}}', b"[1,]", b"[,1]", b"[1 2]", b"[,]",
    b'{"a":1,}', b'{,"a":1}', b'{"a" 1}', b'{"a"}', b'{"a":}', b"{1:2}", b"{null:1}",
    b'{"a":1 "b":2}', b'{"a":1;"b":2}', b"{a:1}", b"{'a':1}", b'{"a":1,"a":2}',
    b'{"a":1,"\\u0061":2}', b'{"a":{"b":1,"b":2}}', b"[1,[2,[3,[4]]]]", b"%i", b"%d", b"(1)",
    b"<x>", b"/* c */1", b"//1\n", b"#1\n", b"1,2", b"'a':1", b"\"a\":1", b"@", b"~", b"`a`",
    b"$x",
]


def ids():
    """An id of every type of value, with success and with an error; wrong ones among them."""
    for value in STRINGS + NUMBERS + VALUES:
        yield Exchange(ping(value))
        yield Exchange(b'{"id":%s,"execute":"guest-none"}' % value)
    for depth in (2, 100, 1000, 1020, 1021, 1022, 1023, 1024, 1025):
        yield Exchange(ping(b"[" * depth + b"]" * depth))
        yield Exchange(ping(b'{"a":' * depth + b"1" + b"}" * depth))
    yield Exchange(ping(b"[%s]" % b",".join(b"%d" % i for i in range(20_000))))
    yield Exchange(ping(b"{%s}" % b",".join(b'"k%d":%d' % (i, i) for i in range(2000))))


def alone():
    """Any value on its own, and where a name, arguments or an integer belong."""
    for value in STRINGS + NUMBERS + VALUES:
        yield Exchange(value)
        yield Exchange(value + b"\n" + PING)
        yield Exchange(b'{"execute":%s}' % value)
        yield Exchange(b'{"execute":"guest-sync","arguments":%s}' % value)
        yield Exchange(b'{"execute":"guest-sync","arguments":{"id":%s}}' % value)


STRUCTURES = [
    b"{}", b"{", b"}", b"[", b"]", b"{]", b"[}", b"}{", b"][", b"{{}}", b"[[", b"{[}", b"{[}]",
    b"]]]", b"}}}", b",", b":", b",,", b"{,}", b"{:}", b"{}{}", b"{},{}", b"[{}]" + PING,
    PING + b"}", PING + b"]" + PING, b"}" + PING, b"]" + PING, b"{" + PING, b"{" + PING + b"}",
    b"[" + PING + b"]", b"[" + PING + PING + b"]", b'{"execute"', b'{"execute":',
    b'{"execute":"guest-ping"', b'{"execute":"guest-pi', b'"guest-ping"',
    b'{"execute":"guest-ping",}', b'{"execute" "guest-ping"}', b'{"execute":"guest-ping" "id":1}',
    b'{"execute":"guest-ping"},', b'{"execute":"guest-ping","x":1}', b'{"id":1}',
    b'{"arguments":{}}', b'{"execute":null}', b'{"execute":"guest-ping","execute":"guest-ping"}',
    b'{"Execute":"guest-ping"}', b'{"execute":"guest-ping","id":1,"id":2}',
    b'{"execute":"guest-ping","arguments":{},"arguments":{}}',
    b'{"execute":"guest-sync","arguments":{"id":1,"id":1}}', b'{"return":{}}', b'{"error":{}}',
    b'{"execute":"guest-ping","return":{}}', b'{"event":"X"}', b'{"QMP":{}}', b'{"execute":""}',
    b'{"execute":"guest-ping\\u0000"}', b'{"execute":"guest\\u002dping"}',
    b'{"exec\\u0075te":"guest-ping"}', b"{'execute':'guest-ping'}", b"{'execute':\"guest-ping\"}",
    b'{\n"execute"\n:\n"guest-ping"\n}\n', b'\t{\r\n "execute" :\t"guest-ping" }\r\n',
    b'{"execute":"guest-\nping"}', b'\xef\xbb\xbf' + PING, b"hello world \n",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00" * 100, b"\x1b[2J", b"\x04", b"\x03",
    b"\n" * 1000, b" " * 5000, b"nul" * 1000, b"a" * 100_000, b"1" * 100_000,
    b'{"a":"' + b"x" * 100_000, b"'" + b"y" * 300_000, b"{" * 1000 + b"}" * 1000, b"]" * 300,
    b"\\", b"\\u0041", b'\\"', b'{"x":\\}',
]


def structures():
    for text in STRUCTURES:
        yield Exchange(text)
        yield Exchange(text + b"\n" + PING + NONE)
        yield Exchange(PING + text + b"\xff" + NONE)
        yield Exchange(text + b'","}]}' + PING)


def syncs():
    """As libvirt syncs, as Proxmox does, and as nobody does."""
    sync = b'{"execute":"guest-sync","arguments":{"id":%d}}'
    delimited = b'{"execute":"guest-sync-delimited","arguments":{"id":%d}}'
    for number in (0, 7, -7, 1 << 40, -(1 << 63)):
        yield Exchange(sync % number + b"\n")
        yield Exchange(delimited % number + b"\n" + PING)
        yield Exchange(b"\xff" + delimited % number + b"\n" + NONE)
        yield Exchange(b"\xff\n\xff\xff" + sync % number)
        yield Exchange(delimited % number * 3 + sync % number + delimited % number)
        yield Exchange(b'{"execute":"guest-pi\xff' + delimited % number + PING)
        yield Exchange(b'[[{"a":"\xff\xff' + delimited % number + sync % number)
    for text in (b"\xff", b"\xff\n", b"\xff" * 100, b"\xfe\xff", b'{"a":"\xff"}', b"[1,\xff2]",
                 b"tru\xffe",
                 b"1\xff2", b'"\\\xff"', b"{\xff}", b"\xff{}", b'{"execute":"guest-ping"\xff}'):
        yield Exchange(text)
        yield Exchange(text + PING)
        yield Exchange(PING + text + PING)


def pipelines():
    """Many requests in one write, errors and rubbish among them."""
    kinds = [PING, NONE, b'{"execute":"guest-sync","arguments":{"id":5}}', b"{}", b"[1]", b"\xff",
             b'{"execute":"guest-sync-delimited","arguments":{"id":6}}', ping(b'{"a":[1]}'), b"}",
             b"nul", b'"x"']
    for between in (b"", b"\n", b"\r\n", b" \t ", b"\n\n\n"):
        for count in (2, 3, 10, 100, 400):
            yield Exchange(between.join([PING] * count))
            yield Exchange(between.join(ping(b"%d" % i) for i in range(count)))
            yield Exchange(between.join((kinds * 40)[:count]))
    for one in kinds:
        for other in kinds:
            yield Exchange(one + b"\n" + other)
            yield Exchange(one + other + one)


def limits():
    """QEMU's own: nesting, tokens and bytes of one message, each a little below and above."""
    for depth in (1023, 1024, 1025, 1100):
        for opening in (b"[", b"{", b'{"a":', b"[{"):
            yield Exchange(opening * depth + b"\n" + PING)
            yield Exchange(opening * depth + b"\xff" + PING)
    mega = 1 << 20
    for elements in (mega - 20, mega + 20):
        yield Exchange(ping(b"[" + b"0," * (elements - 1) + b"0]"))
    for size in ((64 << 20) - 200, (64 << 20) + 200):
        yield Exchange(b'{"execute":"guest-none","x":"%s"}' % (b"A" * size))


def everything():
    """All of them but the limits, which cost seconds each."""
    for part in (single_bytes, ids, alone, structures, syncs, pipelines):
        yield from part()
