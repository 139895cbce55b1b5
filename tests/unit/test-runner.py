#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the test runner, tests/runner/tap.py: whatever a program does, silence is no success.

Each case is a shell script in the place of a test program, and what the runner makes of it.
"""
import io
import os
import sys
from functools import partial

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)
sys.dont_write_bytecode = True

from tests.runner import cases, report, suites, tap

ENDS = 'fake/ends-well'
SCRIPTS = {
    'all-pass': ('echo 1..2; echo ok 1 - a; echo ok 2 /b', [('a', 'passed'), ('b', 'passed')]),
    'plan-at-the-end': ('echo ok 1 - a; echo 1..1', [('a', 'passed')]),
    'one-fails': ('echo 1..2; echo not ok 1 - a; echo ok 2 - b; exit 1',
                  [('a', 'failed'), ('b', 'passed')]),
    'skip': ('echo 1..1; echo "ok 1 - a # SKIP no root"', [('a', 'skipped')]),
    'skip-all': ('echo "1..0 # SKIP none"', [('all', 'skipped')]),
    'skip-is-no-excuse-to-fail': ('echo 1..1; echo "not ok 1 - a # SKIP b"', [('a', 'failed')]),
    'todo-is-no-pass': ('echo 1..1; echo "ok 1 - a # TODO b"', [('a', 'failed')]),
    'no-output': ('exit 0', [(ENDS, 'failed')]),
    'no-tests': ('echo 1..0', [('a', 'failed')]),
    'no-plan': ('echo ok 1 - a', [('a', 'passed'), (ENDS, 'failed')]),
    'fewer-than-planned': ('echo 1..2; echo ok 1 - a', [('a', 'passed'), ('b', 'failed')]),
    'more-than-planned': ('echo 1..1; echo ok 1 - a; echo ok 2 - b',
                          [('a', 'passed'), ('b', 'passed'), (ENDS, 'failed')]),
    'crash': ('echo 1..2; echo ok 1 - a; kill -SEGV $$', [('a', 'passed'), ('b', 'failed')]),
    'crash-at-the-end': ('echo 1..1; echo ok 1 - a; kill -9 $$',
                         [('a', 'passed'), ('b', 'failed')]),
    'exit-code': ('echo 1..2; echo ok 1 - a; echo ok 2 - b; exit 3',
                  [('a', 'passed'), ('b', 'passed'), (ENDS, 'failed')]),
    'bail-out': ('echo 1..2; echo ok 1 - a; echo Bail out! b; exit 1',
                 [('a', 'passed'), ('b', 'failed')]),
    'hangs': ('echo 1..2; echo ok 1 - a; exec sleep 60', [('a', 'passed'), ('b', 'failed')]),
}


def fake(script):
    """A program that runs the script, and lists the tests a and b."""
    script = f'if [ "$1" = --list ]; then echo a; echo b; else {script}; fi'
    return suites.Program('fake', ['sh', '-c', script, 'sh'], {}, '/', 1, ['--list'], False)


def check_script(script, expected):
    results = [(result.name, result.outcome)
               for result in tap.run(fake(script), None, io.StringIO())]
    assert results == expected, f'{results} is not {expected}'


def check_output():
    """A failed test comes with what was printed since the one before, and all is in the log."""
    log = io.StringIO()
    script = 'echo 1..2; echo x; echo ok 1 - a; echo y; echo z >&2; echo not ok 2 - b; exit 1'
    results = list(tap.run(fake(script), None, log))
    assert results[1].output == ('y', 'z'), results
    assert log.getvalue() == '1..2\nx\nok 1 - a\ny\nz\nnot ok 2 - b\n', log.getvalue()


def check_seconds():
    """A program that tells how long a test took is believed."""
    script = 'echo 1..2; echo "ok 1 - a # 3.2s"; echo "ok 2 - b # 0.5 s"'
    results = list(tap.run(fake(script), None, io.StringIO()))
    assert [result.seconds for result in results] == [3.2, 0.5], results


def check_reason():
    """What is said behind the time is why."""
    script = 'echo 1..1; echo "not ok 1 - a # 3.2 s 2 probes lost, at 0.1 s"; exit 1'
    result = next(tap.run(fake(script), None, io.StringIO()))
    assert (result.seconds, result.note) == (3.2, '2 probes lost, at 0.1 s'), result


def check_shown():
    """Of a long output the beginning and the end."""
    lines = tuple(str(number) for number in range(3 * report.SHOWN_LINES))
    found = report.shown(lines, 'log')
    assert found[:1] + found[-1:] == lines[:1] + lines[-1:], found
    assert f'({report.SHOWN_LINES} more lines in log)' in found, found
    assert report.shown(lines[:5], 'log') == lines[:5]


def check_missing_program():
    program = fake('')._replace(command=['/nonexistent/program'])
    results = list(tap.run(program, None, io.StringIO()))
    assert [result.outcome for result in results] == ['failed'], results


def main():
    tests = {f'runner/{name}': partial(check_script, *case) for name, case in SCRIPTS.items()}
    tests['runner/output'] = check_output
    tests['runner/seconds'] = check_seconds
    tests['runner/reason'] = check_reason
    tests['runner/shown'] = check_shown
    tests['runner/missing-program'] = check_missing_program
    cases.main(tests)


if __name__ == '__main__':
    main()
