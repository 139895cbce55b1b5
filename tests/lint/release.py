# SPDX-License-Identifier: GPL-2.0-or-later
"""A release has no fault points: nothing of failover/fault.c is in what is installed.

Looked for are the names of the files that arm a point. (The names of its functions are in any build
with debug information: fault.h has them as nothing but plain calls.)
"""
import os
import re
import shlex
import tempfile

from tests.lint import clang
from tests.lint.files import read, run
from tests.lint.install import installed
from tests.runner.cases import Failed

SOURCE = 'failover/fault.c'
ENGINE = 'usr/libexec/qga-net-failoverd'
LIKE = 'failover/drain.c'  # compiled as the source would be


def traces():
    """What tells that fault.c is there: its own strings."""
    text = re.sub(r'/\*.*?\*/', '', read(SOURCE), flags=re.DOTALL)
    code = re.sub(r'^#.*$', '', text, flags=re.MULTILINE)
    strings = [word for word in re.findall(r'"([^"]*)"', code) if '%s' in word]
    if not strings:
        raise Failed(f'{SOURCE} has no strings: look again at what tells it')
    return [word.encode() for word in strings]


def found(path):
    with open(path, 'rb') as file:
        data = file.read()
    return [trace.decode() for trace in traces() if trace in data]


def check():
    there = found(os.path.join(installed(), ENGINE))
    if there:
        raise Failed(f'{ENGINE} has fault points: {", ".join(there)}')


def check_refuses():
    """Compiled as with -Dfault_points=true, each trace is there."""
    entry = clang.compilations()[LIKE]
    words = shlex.split(entry['command'])
    source = next(word for word in words if word.endswith(LIKE))
    with tempfile.TemporaryDirectory() as folder:
        target = os.path.join(folder, 'fault.o')
        words[words.index('-o') + 1] = target
        words[words.index(source)] = source.replace(LIKE, SOURCE)
        run(*words, '-DGNF_FAULT_POINTS', cwd=entry['directory'])
        missing = set(traces()) - {trace.encode() for trace in found(target)}
    if missing:
        raise Failed(f'a build with fault points does not show {sorted(missing)}')


def tests():
    return {'release/no-fault-points': check, 'release/self-test/no-fault-points': check_refuses}
