# SPDX-License-Identifier: GPL-2.0-or-later
"""Exchanges for every command of qemu-ga, by name, and conversations about files and processes.

READING only looks. CHANGING would change the machine that runs the tests: of those, only what fails
before it does anything is sent (an argument they do not have, one of the wrong type), and
qga-plugind passes an error on by the same way as a success.
"""
import base64
import json
import pathlib

from tests.conformance.exchange import Exchange, byte_by_byte

# Command: the rules for what comes back, and the arguments of each call.
READING = {
    "guest-ping": ((), [{}]),
    "guest-sync": ((), [{"id": n} for n in (0, 1, -1, 2**31, 2**63 - 1, -2**63)]),
    "guest-sync-delimited": ((), [{"id": n} for n in (0, 1, -1, 2**31, 2**63 - 1, -2**63)]),
    "guest-info": (("ours",), [{}]),
    "guest-get-time": (("time",), [{}]),
    "guest-get-osinfo": ((), [{}]),
    "guest-get-timezone": ((), [{}]),
    "guest-get-host-name": ((), [{}]),
    "guest-get-users": ((), [{}]),
    "guest-get-vcpus": ((), [{}]),
    "guest-get-disks": ((), [{}]),
    "guest-get-fsinfo": (("used",), [{}]),
    "guest-get-memory-blocks": ((), [{}]),
    "guest-get-memory-block-info": ((), [{}]),
    "guest-get-diskstats": (("statistics",), [{}]),
    "guest-get-cpustats": (("ticks",), [{}]),
    "guest-get-load": (("load",), [{}]),
    "guest-get-devices": ((), [{}]),
    "guest-network-get-interfaces": (("statistics",), [{}]),
    "guest-network-get-route": ((), [{}]),
    "guest-fsfreeze-status": ((), [{}]),
    "guest-ssh-get-authorized-keys": ((), [{"username": "root"}, {"username": "nobody-of-ours"}]),
    "guest-exec": ((), [{"path": "/no/such/program"}]),
    "guest-exec-status": ((), [{"pid": 0}, {"pid": 2**31 - 1}]),
    "guest-file-open": ((), [{"path": "/no/such/folder/file"}, {"path": "/", "mode": "w"},
                             {"path": "/dev/null", "mode": "nonsense"}]),
    "guest-file-close": ((), [{"handle": 5}]),
    "guest-file-read": ((), [{"handle": 5}, {"handle": 5, "count": 1}]),
    "guest-file-write": ((), [{"handle": 5, "buf-b64": "QQ=="}]),
    "guest-file-seek": ((), [{"handle": 5, "offset": 0, "whence": "set"}]),
    "guest-file-flush": ((), [{"handle": 5}]),
}

# Command: an argument of it and a value that its type does not allow.
CHANGING = {
    "guest-set-time": ("time", [[], {}, "now", None, 1.5, True]),
    "guest-set-vcpus": ("vcpus", [1, {}, "x", None, [1], [{"logical-id": "x"}]]),
    "guest-set-memory-blocks": ("mem-blks", [1, {}, "x", None, [1], [{"phys-index": "x"}]]),
    "guest-set-user-password": ("username", [1, [], {}, None, True]),
    "guest-ssh-add-authorized-keys": ("username", [1, [], {}, None, True]),
    "guest-ssh-remove-authorized-keys": ("username", [1, [], {}, None, True]),
    "guest-shutdown": ("mode", [1, [], {}, None, "nonsense"]),
    "guest-fsfreeze-freeze-list": ("mountpoints", [1, {}, "x", None, [1]]),
    "guest-fstrim": ("minimum", [[], {}, "x", None, True]),
    "guest-suspend-disk": (None, []),
    "guest-suspend-ram": (None, []),
    "guest-suspend-hybrid": (None, []),
    "guest-fsfreeze-freeze": (None, []),
    "guest-fsfreeze-thaw": (None, []),
}

NAMES = [*READING, *CHANGING]


def request(command, arguments=None, **more):
    found = {"execute": command}
    if arguments:
        found["arguments"] = arguments
    return json.dumps(found | more).encode()


def calls():
    """Every command that is safe to run, with and without an id."""
    for command, (rules, arguments) in READING.items():
        for one in arguments:
            yield Exchange(request(command, one), rules)
            yield Exchange(request(command, one, id={"of": [command, 1]}), rules)


def refused_arguments():
    """Every command, asked in ways that are errors before it is carried out."""
    for command in NAMES:
        shape = {"execute": command, "arguments": {"no-such-argument": 1}}
        yield Exchange(json.dumps(shape).encode())
        yield Exchange(json.dumps(shape | {"id": command}).encode())
        for arguments in ([], [1], "x", 1, 1.5, True, None):
            yield Exchange(json.dumps(shape | {"arguments": arguments}).encode())
        yield Exchange(json.dumps(shape | {"control": {"run-oob": True}}).encode())
        yield Exchange(json.dumps({"exec-oob": command, "arguments": shape["arguments"]}).encode())
        yield Exchange(request(command.upper(), shape["arguments"]))
        yield Exchange(request(command + " ", shape["arguments"]))
        yield Exchange(request(command[:-1], shape["arguments"]))
    for command, (name, values) in CHANGING.items():
        for value in values:
            yield Exchange(request(command, {name: value}))
            yield Exchange(request(command, {name: value}, id=7))


def wrong_types():
    """Of every argument of the commands that only look, a value of each other type."""
    values = [None, True, 0.5, "x", "", [], [1], {}, {"x": 1}, -1, 2**63, 2**64, -2**63 - 1, 10**40]
    for command, (rules, calls_of_it) in READING.items():
        for name in {name for one in calls_of_it for name in one}:
            good = calls_of_it[0]
            for value in values:
                yield Exchange(request(command, good | {name: value}), rules)


def files(talk, folder):
    """The life of a file, small and whole."""
    path = str(folder / "file")
    handle = talk.ask("guest-file-open", path=path, mode="w+")["return"]
    for text in (b"", b"a", b"\0\xff" * 100, bytes(range(256)) * 64):
        data = base64.b64encode(text).decode()
        talk.ask("guest-file-write", handle=handle, buf_b64=data)
        talk.ask("guest-file-write", handle=handle, buf_b64=data, count=len(text))
        talk.ask("guest-file-write", handle=handle, buf_b64=data, count=len(text) + 1)
        talk.ask("guest-file-flush", handle=handle)
    for whence in ("set", "cur", "end", 0, 1, 2, 3, "nonsense"):
        for offset in (0, 1, -1, 100_000):
            talk.ask("guest-file-seek", handle=handle, offset=offset, whence=whence)
            talk.ask("guest-file-read", handle=handle, count=16)
    for count in (0, 1, 4096, 1 << 20, -1, (48 << 20) + 1):
        talk.ask("guest-file-seek", handle=handle, offset=0, whence="set")
        talk.ask("guest-file-read", handle=handle, count=count)
    talk.ask("guest-file-read", handle=handle)
    talk.ask("guest-file-close", handle=handle)
    talk.ask("guest-file-close", handle=handle)
    pathlib.Path(path).unlink()


def writes(talk, folder):
    """One request of 5 MiB, in chunks of many sizes; one of 64 KiB byte by byte; and back."""
    path = str(folder / "written")
    handle = talk.ask("guest-file-open", path=path, mode="w+")["return"]
    for length, cut in ((5 << 20, None), (5 << 20, 100_000), (300_000, 4095), (64 << 10, 1)):
        text = b"%08d" % length * (length // 8)
        data = b'{"execute":"guest-file-write","arguments":{"handle":%d,"buf-b64":"%s"}}' % (
            handle, base64.b64encode(text))
        pieces = byte_by_byte if cut == 1 else lambda sent, size=cut or len(data): [
            sent[i:i + size] for i in range(0, len(sent), size)]
        reply = talk.ask_raw(data, cut=pieces)
        assert reply["return"]["count"] == len(text), reply
    talk.ask("guest-file-seek", handle=handle, offset=0, whence="set")
    reply = talk.ask("guest-file-read", handle=handle, count=11 << 20)
    assert reply["return"]["count"] > 10 << 20, reply["return"]["count"]
    talk.ask("guest-file-close", handle=handle)
    pathlib.Path(path).unlink()


def big_reads(talk, folder):
    """48 MiB at once, the most that qemu-ga gives; twice, and the end of the file behind them."""
    path, size = folder / "big", 48 << 20
    path.write_bytes(bytes(range(256)) * (2 * size // 256) + b"end")
    handle = talk.ask("guest-file-open", path=str(path))["return"]
    for _ in range(3):
        talk.ask("guest-file-read", handle=handle, count=size)
    talk.ask("guest-file-close", handle=handle)
    path.unlink()


def programs(talk, folder):
    """guest-exec: what comes out, what goes in, how it ends; 16 MiB of output, and more."""
    talk.run("/bin/true")
    talk.run("/bin/false")
    talk.run("/bin/echo", "one", "two", capture_output=True)
    every_byte = base64.b64encode(bytes(range(256))).decode()
    talk.run("/bin/cat", capture_output=True, input_data=every_byte)
    talk.run("/bin/sh", "-c", "echo out; echo err >&2; kill -9 $$", capture_output=True)
    talk.run("/bin/sh", "-c", "echo \"$A$B\"; exit 77", capture_output=True, env=["A=1", "B=é"])
    talk.run("/usr/bin/head", "-c", str((16 << 20) + 5), "/dev/zero", capture_output=True)
    talk.run("/bin/ls", str(folder / "none"), capture_output=True, env=["LC_ALL=C"])
