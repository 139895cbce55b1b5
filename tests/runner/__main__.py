# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of ./test; the machine is ready and build/meson is built when it starts."""
import argparse
import contextlib
import fnmatch
import os
import signal
import subprocess
import sys
import threading

from tests.runner import suites, tap
from tests.runner.report import Report

LOGS = os.path.join(suites.ROOT, 'build', 'logs')
RESULTS = os.path.join(suites.ROOT, 'build', 'results', 'tests.json')


def parse_arguments():
    parser = argparse.ArgumentParser(prog='./test', add_help=False)
    parser.add_argument('suites', nargs='*', metavar='SUITE')
    parser.add_argument('--list', action='store_true')
    parser.add_argument('-k', dest='pattern')
    arguments = parser.parse_args()
    known = [*suites.DEFAULT, *suites.optional()]
    unknown = [suite for suite in arguments.suites if suite not in known]
    if unknown:
        parser.error(f'no suite {unknown[0]}: there are {", ".join(known)}')
    return arguments


def selected(suite, program, pattern):
    """The names of the program's tests that the pattern matches."""
    return [name for name in tap.names(program)
            if fnmatch.fnmatchcase(f'{suite}/{name}', f'*{pattern}*')]


def list_tests(chosen, pattern):
    """Print every test; the exit code, 1 where a program does not tell."""
    status = 0
    for suite in chosen:
        print(f'{suite}: {suites.describe(suite)}')
        for program in suites.listing(suite):
            try:
                for name in selected(suite, program, pattern or ''):
                    print(f'  {suite}/{name}')
            except (OSError, subprocess.SubprocessError) as error:
                print(f'./test: {suite}/{program.name}: {error}', file=sys.stderr)
                status = 1
    return status


def run_program(report, suite, program, pattern):
    chosen = selected(suite, program, pattern) if pattern else None
    if chosen == []:
        return
    path = os.path.join(LOGS, f'{suite}-{program.name}.log')
    with open(path, 'w', encoding='utf-8') as log:
        for result in tap.run(program, chosen, log):
            report.add(suite, result, os.path.relpath(path, suites.ROOT))


def run_suite(report, suite, pattern):
    """A suite that cannot be built, started or listed is a failed test."""
    report.say(f'{suite}: {suites.DEFAULT.get(suite, "")}')
    before = len(report.rows)
    try:
        for program in suites.programs(suite):
            if tap.is_interrupted():
                return
            run_program(report, suite, program, pattern)
        problem = None if pattern or len(report.rows) > before else 'the suite has no tests'
    except (OSError, subprocess.SubprocessError) as error:
        problem = str(error)
    if problem:
        report.add(suite, tap.Result('starts', 'failed', 0.0, problem, ()))


def run_row(report, row, pattern):
    for suite in row:
        run_suite(report, suite, pattern)


@contextlib.contextmanager
def fetching():
    """While what the guests boot from is made; what it says is in build/logs/fetch.log."""
    with open(os.path.join(LOGS, 'fetch.log'), 'wb') as log, \
            subprocess.Popen(suites.FETCH, stdin=subprocess.DEVNULL, stdout=log,
                             stderr=log) as process:
        try:
            yield
        except BaseException:
            process.terminate()
            raise


def run_rows(report, rows, pattern):
    """Rows of suites, side by side."""
    threads = [threading.Thread(target=run_row, args=(report, row, pattern)) for row in rows]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException:
        tap.interrupt()
        for thread in threads:
            thread.join()
        raise


def run_default(report, pattern):
    """All that runs without a name: first what needs few guests, side by side, since much of it
    waits; then the guests, which beside other load lose packets of their own accord."""
    os.environ['SHORT'] = '1'
    with contextlib.nullcontext() if pattern else fetching():
        run_rows(report, suites.SIDE_BY_SIDE, pattern)
    run_row(report, suites.AFTERWARDS, pattern)


def main():
    arguments = parse_arguments()
    os.makedirs(LOGS, exist_ok=True)
    if arguments.list:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        return list_tests(arguments.suites or [*suites.DEFAULT, *suites.optional()], arguments.pattern)
    report = Report(RESULTS)
    # Not whatever SIGINT does: a shell has it ignored in the background, and programs inherit that.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if arguments.suites:
            run_row(report, arguments.suites, arguments.pattern)
        else:
            run_default(report, arguments.pattern)
    except KeyboardInterrupt:
        report.add('run', tap.Result('interrupted', 'failed', 0.0, 'by the user', ()))
    if arguments.pattern and not report.rows:
        print(f"./test: no test matches '{arguments.pattern}'; ./test --list names them", file=sys.stderr)
    return report.finish(os.environ.get('CI', '') not in ('', 'false', '0'))


if __name__ == '__main__':
    sys.exit(main())
