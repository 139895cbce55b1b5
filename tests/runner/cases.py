# SPDX-License-Identifier: GPL-2.0-or-later
"""The main function of a test program in Python: a table of named functions becomes TAP.

A test passes when its function returns, and fails by an exception; the message of Failed or of an
AssertionError is for people, any other exception is shown with its traceback. --list prints the
names, and names as arguments run only those.
"""
import sys
import time
import traceback


class Failed(Exception):
    """What is wrong, in one line or several."""


class Skipped(Exception):
    """Why the test cannot run here."""


def _outcome(function):
    """Run a test; its TAP verdict, the note behind the name, and the lines before it."""
    try:
        function()
    except Skipped as reason:
        return 'ok', f' SKIP {reason}', []
    except (Failed, AssertionError) as error:
        return 'not ok', '', (str(error) or traceback.format_exc()).splitlines()
    except Exception:  # pylint: disable=broad-except
        return 'not ok', '', traceback.format_exc().splitlines()
    return 'ok', '', []


def main(tests):
    """Run the tests, a dict of functions by name, as the command line says."""
    tests = {name.lstrip('/'): function for name, function in tests.items()}
    if '--list' in sys.argv:
        print('\n'.join(tests))
        return
    chosen = [name.lstrip('/') for name in sys.argv[1:]] or list(tests)
    unknown = [name for name in chosen if name not in tests]
    if unknown:
        sys.exit(f'no test {unknown[0]}')
    print(f'1..{len(chosen)}', flush=True)
    failed = False
    for number, name in enumerate(chosen, 1):
        started = time.monotonic()
        verdict, note, lines = _outcome(tests[name])
        for line in lines:
            print(f'# {line}')
        note = note or f' {time.monotonic() - started:.2f} s'
        print(f'{verdict} {number} - {name} #{note}', flush=True)
        failed |= verdict != 'ok'
    sys.exit(int(failed))
