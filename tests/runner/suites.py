# SPDX-License-Identifier: GPL-2.0-or-later
"""Which suites there are, and the programs of each.

A suite NAME is made of the meson tests of that suite in build/meson and of tests/NAME/run.py.
`sanitize` is unit and conformance once more, and backend, from a build with ASan and UBSan, which
look for leaks, too. Without a name backend is run so only: each of its tests waits more than a
sanitizer costs, and the same tests twice are seven minutes.
"""
import json
import os
import subprocess
from typing import NamedTuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, 'build', 'meson')
SANITIZE = os.path.join(ROOT, 'build', 'sanitize')

# What ./test runs without a name; other suites run by name.
DEFAULT = {
    'unit': 'functions and objects, one program a source file',
    'sanitize': 'unit, backend and conformance under ASan and UBSan, leaks too',
    'conformance': 'the stock agent, through qga-plugind and as it is',
    'lint': 'format, static analysis, house rules, contract, units, installed files',
    'vm': 'the whole path on Debian 12 and Debian 13 guests',
}

# The same, in a short form, with SHORT=1 in the environment. The other long ones (bench, faults, soak)
# run by name.
SHORTENED = {
    'fuzz': 'the fuzz targets, for a while',
}

# In which order: rows that run side by side, and what follows them.
SIDE_BY_SIDE = (('unit', 'sanitize'), ('conformance',), ('lint', 'fuzz'))
AFTERWARDS = ('vm',)
# Beside them, what takes long to be made for these; who needs it makes what is missing.
FETCH = ['/usr/bin/python3', '-B', os.path.join(ROOT, 'tests', 'vm', 'run.py'), '--fetch']

# A suite that boots guests is silent for longer.
SILENCE = {'unit': 120, 'sanitize': 240, 'lint': 400}

# A finding ends the program: with 99, since 1 is what a failed test ends with.
SANITIZERS = {
    'ASAN_OPTIONS': 'detect_leaks=1:strict_string_checks=1:exitcode=99',
    'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1:exitcode=99',
}


class Program(NamedTuple):
    name: str
    command: list
    environment: dict
    folder: str
    silence: int  # seconds without a line of output until it counts as hung
    list_option: list
    is_glib: bool

    def select(self, names):
        """The arguments that run only these tests."""
        return [word for name in names for word in ('-p', '/' + name)] if self.is_glib else names


def describe(suite):
    """What it is, and when it runs."""
    if suite in SHORTENED:
        return f'{SHORTENED[suite]}; in a short form without a name'
    return DEFAULT.get(suite, 'by name only')


def optional():
    """The suites that run by name only."""
    tests = os.path.join(ROOT, 'tests')
    return [name for name in sorted(os.listdir(tests))
            if os.path.exists(os.path.join(tests, name, 'run.py')) and name not in DEFAULT]


def _meson_programs(build, suite, silence, environment):
    """The meson tests of a suite, as meson would start them."""
    listing = subprocess.run(['meson', 'introspect', '--tests', build], check=True,
                             stdout=subprocess.PIPE)
    for test in json.loads(listing.stdout):
        if suite not in [name.rpartition(':')[2] for name in test['suite']]:
            continue
        is_glib = not any(word.endswith('.py') for word in test['cmd'])
        yield Program(test['name'], test['cmd'], test['env'] | environment,
                      test['workdir'] or build, silence, ['-l'] if is_glib else ['--list'], is_glib)


def _ninja_sanitized(log):
    """build/sanitize, made or brought up to date."""
    if not os.path.exists(os.path.join(SANITIZE, 'build.ninja')):
        subprocess.run(['meson', 'setup', SANITIZE, ROOT, '-Db_sanitize=address,undefined',
                        '-Db_lundef=false', '--buildtype=debug', '-Doptimization=1'],
                       check=True, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    subprocess.run(['ninja', '-C', SANITIZE], check=True, stdout=log, stderr=log,
                   stdin=subprocess.DEVNULL)


def _build_sanitized():
    path = os.path.join(ROOT, 'build', 'logs', 'build-sanitize.log')
    try:
        with open(path, 'w', encoding='utf-8') as log:
            _ninja_sanitized(log)
    except subprocess.CalledProcessError as error:
        with open(path, encoding='utf-8') as log:
            raise OSError(f'{" ".join(error.cmd[:3])} failed:\n{log.read()[-4000:]}') from error


def _sanitized_script(suite, arguments=(), **environment):
    """The run.py of a suite, for the sanitized programs. The suite's name is in the program's, that
    no log takes another's place."""
    command = ['/usr/bin/python3', '-B', os.path.join(ROOT, 'tests', suite, 'run.py'), *arguments]
    return Program(suite, command, SANITIZERS | environment, ROOT, 900, ['--list'], False)


def _sanitized_programs(build):
    """What is run under the sanitizers; build: where the unit suite's programs are."""
    unit = _meson_programs(build, 'unit', SILENCE['sanitize'], SANITIZERS)
    yield from (program for program in unit if program.is_glib)
    yield _sanitized_script('conformance', CONFORMANCE_SANITIZED='1',
                            QGA_PLUGIND=os.path.join(SANITIZE, 'qga-plugin', 'qga-plugind'))
    yield _sanitized_script('backend', ['--build', build])


def listing(suite):
    """The programs whose lists have all tests of a suite, without building more for it."""
    return _sanitized_programs(BUILD) if suite == 'sanitize' else programs(suite)


def programs(suite):
    """The programs of a suite, in order. A suite without any is an error for the caller."""
    if suite == 'sanitize':
        _build_sanitized()
        return list(_sanitized_programs(SANITIZE))
    silence = SILENCE.get(suite, 900)
    script = os.path.join(ROOT, 'tests', suite, 'run.py')
    # For `meson test` a suite's run.py may be a test as well; here it is run once.
    found = [program for program in _meson_programs(BUILD, suite, silence, {})
             if script not in program.command]
    if os.path.exists(script):
        command = ['/usr/bin/python3', '-B', script]
        found.append(Program('run.py', command, {}, ROOT, silence, ['--list'], False))
    return found
