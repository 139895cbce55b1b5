# SPDX-License-Identifier: GPL-2.0-or-later
"""Run one program that prints TAP, and turn its output into results as it comes.

Every test of the plan ends in exactly one result. A program that crashes, stops before its plan's
end, hangs or runs nothing adds a failed result of its own, so silence never looks like success.
"""
import os
import re
import selectors
import signal
import subprocess
import threading
import time
from typing import NamedTuple

RESULT = re.compile(r'(?P<no>not )?ok\b\s*\d*\s*(?:-\s+)?(?P<name>[^#]*?)\s*'
                    r'(?:#\s*(?P<note>.*))?$')
PLAN = re.compile(r'1\.\.(\d+)\s*(?:#\s*(?P<note>.*))?$')
SECONDS = re.compile(r'([\d.]+) ?s\b')
SKIP = re.compile(r'skip\S*\s*', re.IGNORECASE)
TODO = re.compile(r'todo\b', re.IGNORECASE)


class Result(NamedTuple):
    name: str
    outcome: str  # passed, failed, skipped
    seconds: float
    note: str  # why skipped, or what went wrong with the program
    output: tuple  # the lines since the result before


class Reader:
    """What the lines of one program's output say."""

    def __init__(self):
        self.planned = None
        self.count = 0
        self.seen = set()
        self.failed = False
        self.lines = []
        self.bailed = None
        self.stamp = time.monotonic()

    def line(self, text):
        """Take a line; return a Result where it is one, else None."""
        plan = PLAN.match(text)
        result = RESULT.match(text)
        if plan:
            self.planned = int(plan[1])
            if self.planned == 0 and plan['note']:
                return self.result('all', 'skipped', SKIP.sub('', plan['note'], count=1))
        elif result:
            self.count += 1
            return self._outcome(result)
        else:
            if text.startswith('Bail out!'):
                self.bailed = text.removeprefix('Bail out!').strip()
            self.lines.append(text)
        return None

    def _outcome(self, match):
        note = match['note'] or ''
        name = match['name'].strip().lstrip('/') or f'test-{self.count}'
        # What is still to do has not been tested: there is no pass by TODO.
        if SKIP.match(note) and not match['no']:
            return self.result(name, 'skipped', SKIP.sub('', note, count=1))
        failed = match['no'] or TODO.match(note)
        return self.result(name, 'failed' if failed else 'passed', note)

    def result(self, name, outcome, note):
        now = time.monotonic()
        told = SECONDS.search(note)
        seconds = float(told[1]) if told else now - self.stamp
        note = SECONDS.sub('', note, count=1).strip() if told else note
        result = Result(name, outcome, seconds, note, tuple(self.lines))
        self.seen.add(name)
        self.failed |= outcome == 'failed'
        self.stamp, self.lines = now, []
        return result

    def end(self, status):
        """What was wrong with the program as a whole, or None."""
        if self.bailed is not None:
            return f'bailed out: {self.bailed}'
        if status < 0:
            return f'killed by {signal.Signals(-status).name}'
        if not self.planned and not self.seen:
            return f'exited with {status} and ran no test'
        if self.planned is None:
            return f'exited with {status} and printed no plan'
        if self.count != self.planned:
            return f'ran {self.count} of {self.planned} tests (exit code {status})'
        if status and not self.failed:
            return f'exited with {status} though every test passed'
        return None


def _lines(process, silence):
    """Yield the output's lines; kill the program when it says nothing for too long."""
    rest = b''
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(silence):
                os.killpg(process.pid, signal.SIGKILL)
                yield f'Bail out! nothing printed for {silence} s: killed'
                return
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                break
            *whole, rest = (rest + chunk).split(b'\n')
            yield from (line.decode(errors='replace') for line in whole)
    if rest:
        yield rest.decode(errors='replace')


def _stop(process):
    """End the program and what it started, politely first: it may have guests to clean up."""
    for number, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
        if process.poll() is not None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue


_running = set()
_interrupted = threading.Event()


def interrupt():
    """End what runs in other threads, and let no more begin."""
    _interrupted.set()
    for process in list(_running):
        _stop(process)


def is_interrupted():
    return _interrupted.is_set()


def run(program, chosen, log):
    """Run a program, or only the tests chosen by name, and yield the Results while they come.

    All output goes to the log, too.
    """
    reader = Reader()
    arguments = program.select(chosen) if chosen else []
    try:
        process = subprocess.Popen(program.command + arguments, cwd=program.folder,
                                   env=os.environ | program.environment, start_new_session=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
    except OSError as error:
        yield Result(f'{program.name}/starts', 'failed', 0.0, str(error), ())
        return
    _running.add(process)
    try:
        for line in _lines(process, program.silence):
            log.write(line + '\n')
            log.flush()
            result = reader.line(line)
            if result:
                yield result
        problem = reader.end(process.wait())
    finally:
        _running.discard(process)
        _stop(process)
        process.stdout.close()
    if problem:
        culprit, missing = _culprit(program, chosen, reader)
        note = f'{problem}; {missing} more did not run' if missing else problem
        yield reader.result(culprit, 'failed', note)


def _culprit(program, chosen, reader):
    """The test that a program ended in, as the first one without a result, and how many follow."""
    try:
        listed = chosen or names(program)
    except (OSError, subprocess.SubprocessError):
        listed = []
    unseen = [name for name in listed if name not in reader.seen]
    if not unseen or reader.planned is None:
        return f'{program.name}/ends-well', len(unseen)
    return unseen[0], len(unseen) - 1


def names(program):
    """The names of a program's tests, as it lists them itself."""
    listing = subprocess.run(program.command + program.list_option, cwd=program.folder,
                             env=os.environ | program.environment, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, timeout=program.silence, check=True)
    lines = listing.stdout.decode(errors='replace').splitlines()
    # GLib prints TAP around its list.
    return [line.strip().lstrip('/') for line in lines
            if line.strip() and not line.startswith(('#', '1..', 'ok ', 'TAP version'))]
