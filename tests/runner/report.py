# SPDX-License-Identifier: GPL-2.0-or-later
"""What a run came to: a line a test while it runs, the failures again at the end, and a file.

build/results/tests.json has every result; the last line printed is always
`N passed, N failed, N skipped`.
"""
import json
import os
import threading
import time

MARKS = {'passed': 'ok  ', 'failed': 'FAIL', 'skipped': 'skip'}
# A line of a table for people: shown though the test passed.
TABLE = '#| '
# How much of a program's output is shown with a failure, of its beginning and of its end: what was
# wrong is said first or last. The rest is in its log.
SHOWN_LINES = 30


def shown(lines, log):
    """What of a failed test's output is printed."""
    hidden = len(lines) - 2 * SHOWN_LINES
    if hidden <= 0:
        return lines
    return (*lines[:SHOWN_LINES], f'({hidden} more lines in {log})', *lines[-SHOWN_LINES:])


class Report:
    def __init__(self, path):
        self.path = path
        self.started = time.monotonic()
        self.rows = []
        self.turn = threading.Lock()  # a failure's lines stay together

    def say(self, text):
        print(f'[{time.monotonic() - self.started:7.1f} s] {text}', flush=True)

    def add(self, suite, result, log=None):
        """Count a result and tell it; a failure with what led to it. From any thread."""
        with self.turn:
            self._add(suite, result, log)

    def _add(self, suite, result, log):
        name = f'{suite}/{result.name}'
        self.rows.append({'suite': suite, 'test': name, 'result': result.outcome,
                          'seconds': round(result.seconds, 3), 'note': result.note, 'log': log})
        note = f'  ({result.note})' if result.note and result.outcome != 'passed' else ''
        self.say(f'{MARKS[result.outcome]} {result.seconds:7.2f} s  {name}{note}')
        for line in result.output:
            if line.startswith(TABLE):
                print(f'    {line[len(TABLE):]}'.rstrip(), flush=True)
        if result.outcome == 'failed':
            for line in shown(result.output, log):
                print(f'    | {line}', flush=True)

    def count(self, outcome):
        return sum(row['result'] == outcome for row in self.rows)

    def finish(self, skip_is_failure):
        """Write the file, print the summary, return the exit code."""
        figures = {outcome: {'value': self.count(outcome), 'unit': 'tests'} for outcome in MARKS}
        figures['elapsed'] = {'value': round(time.monotonic() - self.started, 1), 'unit': 's'}
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path, 'w', encoding='utf-8') as file:
            json.dump({'name': 'tests', 'rows': self.rows, 'figures': figures}, file, indent=1)
            file.write('\n')
        for outcome in ('skipped', 'failed'):
            for row in self.rows:
                if row['result'] == outcome:
                    print(f'{outcome}: {row["test"]}  {row["note"]}  ({row["log"]})')
        passed, failed, skipped = (figures[outcome]['value'] for outcome in MARKS)
        print(f'{passed} passed, {failed} failed, {skipped} skipped', flush=True)
        return int(failed > 0 or passed == 0 or (skip_is_failure and skipped > 0))
