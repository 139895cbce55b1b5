# SPDX-License-Identifier: GPL-2.0-or-later
"""The house's own rules, line by line.

A rule is a function that yields (line number, what is wrong) for one file. A line that has to
break a line rule says so, with the reason: `nocheck:RULE because…`. The files in bad/ break each
rule on the lines marked `expect:RULE`, and nowhere else; the self-test holds the rules to that.
"""
import ast
import os
import re

from tests.lint.files import BAD, ROOT, language, ours, read, run
from tests.runner.cases import Failed

FILE_LINES = 500
FUNCTION_LINES = 60
# What runs as a daemon, or is linked into one.
DAEMONS = re.compile(r'^(qapi|netlink|qga-plugin|failover|common|cli|[a-z]+-backend)/')

# Rule: where it holds, what must not be there, and what to do instead.
BLOCKED = {
    'goto': (r'', r'\bgoto\b', 'no goto: g_autoptr and g_autofree'),
    'spawn': (DAEMONS, r'\b(g_spawn_\w+|g_subprocess_\w+|system|popen|posix_spawnp?|v?fork|'
              r'exec[lv]p?e?)\s*\(', 'daemons start no programs'),
    'sleep': (DAEMONS, r'\b(g_usleep|u?sleep|nanosleep|clock_nanosleep)\s*\(',
              'wait for an event, do not sleep'),
    'threads': (DAEMONS, r'\b(g_thread_\w+|pthread_create|g_task_run_in_thread\w*|'
                r'g_main_context_iteration)\s*\(', 'one thread, one main loop'),
    'nested-loop': (r'^(?!.*\bmain\.c$)' + DAEMONS.pattern[1:], r'\bg_main_loop_run\s*\(',
                    'only main.c runs the main loop'),
    'gobject': (DAEMONS, r'\bG_(DEFINE|DECLARE)_(\w+_)?(TYPE|INTERFACE)\w*\s*\(',
                'plain structs, no GObject types of our own'),
    'unsafe-string': (r'', r'\b(strcpy|strcat|sprintf|vsprintf|gets|strtok)\s*\(',
                      'use the g_str family'),
    'include-from-root': (r'', r'#include "[^/"]+"', 'include as "folder/file.h"'),
}


def blocked(rule, path, text):
    place, pattern, advice = BLOCKED[rule]
    if language(path, text) != 'c' or not re.search(place, path):
        return
    for number, line in enumerate(without_comments(text).split('\n'), 1):
        if re.search(pattern, line):
            yield number, advice


def without_comments(text):
    """C with comments and strings blanked, the lines and the includes kept."""
    def blank(match):
        word = match.group()
        return word if word.startswith('#') else re.sub(r'[^\n]', ' ', word)
    return re.sub(r'#include "[^"\n]*"|"(?:\\.|[^"\\\n])*"|/\*.*?\*/|//[^\n]*', blank, text,
                  flags=re.DOTALL)


def spdx(path, text):
    """Prose and pure data have no place for it."""
    if language(path, text) and text and 'SPDX-License-Identifier: GPL-2.0-or-later' not in ''.join(
            text.splitlines(True)[:5]):
        yield 1, 'the SPDX line (GPL-2.0-or-later) belongs at the top'


def purpose(path, text):
    """What a file is and its invariant stand behind the SPDX line."""
    if language(path, text) == 'c' and not re.match(
            r'/\* SPDX[^\n]*(\n \*| \*/(\n/\*)?)\n( \*|/\*) \w', text):
        yield 1, 'the SPDX line is followed by a comment: what this file is'
    if language(path, text) == 'python' and not ast.get_docstring(ast.parse(text)):
        yield 1, 'begins with a docstring that says what this file is'


def file_size(path, text):
    lines = text.count('\n')
    if language(path, text) in ('c', 'python') and lines > FILE_LINES:
        yield lines, f'{lines} lines: more than {FILE_LINES} is two files'


def function_size(path, text):
    """For Python; clang-tidy does it for C."""
    if language(path, text) != 'python':
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = node.end_lineno - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield node.lineno, f'{node.name}: {lines} lines, more than {FUNCTION_LINES}'


def shebang(path, text):
    """Debian's own interpreter, not the first in somebody's PATH."""
    first = text.split('\n', 1)[0]
    # A package's rules are a makefile by Debian's policy.
    if first.startswith('#!') and path != 'packaging/debian/rules' and first not in (
            '#!/usr/bin/python3', '#!/bin/bash', '#!/bin/sh'):
        yield 1, f'{first}: /usr/bin/python3, /bin/bash or /bin/sh'


def machine(path, text):
    """Nothing of the machine that builds: its paths and the hosts that its packages come from."""
    needles = [ROOT + '/', *mirror_hosts()]
    for number, line in enumerate(text.split('\n'), 1):
        for needle in needles:
            if needle in line:
                yield number, f'{needle} is this machine\'s own'
        if re.search(r'(^|[\s"\'=(:])/home/\w', line):
            yield number, 'the home of somebody'


def text_form(path, text):
    if text and not text.endswith('\n'):
        yield text.count('\n') + 1, 'no newline at the end'
    for number, line in enumerate(text.split('\n'), 1):
        if line.endswith((' ', '\r', '\t')) and not path.endswith('.md'):
            yield number, 'blanks at the end of the line'


def mirror_hosts(known=[]):  # pylint: disable=dangerous-default-value
    """The hosts of apt's sources here; asked for once."""
    if not known:
        urls = run('apt-get', 'indextargets', '--format', '$(REPO_URI)').split()
        hosts = {re.sub(r'^\w+://([^/:]+).*', r'\1', url) for url in urls if '://' in url}
        known += [*(host for host in hosts if '.' in host), '\0']
    return known


RULES = {
    'spdx': spdx, 'purpose': purpose, 'file-size': file_size, 'function-size': function_size,
    'shebang': shebang, 'machine': machine, 'text-form': text_form,
}


def findings(rule, path, text):
    """(line number, what is wrong) of one rule in one file, without what the file excuses."""
    lines = text.split('\n')
    found = blocked(rule, path, text) if rule in BLOCKED else RULES[rule](path, text)
    for number, problem in found:
        if f'nocheck:{rule} ' not in lines[min(number, len(lines)) - 1]:
            yield number, problem


def check(rule):
    problems = [f'{path}:{number}: {problem}' for path in ours()
                for number, problem in findings(rule, path, read(path))]
    if problems:
        raise Failed('\n'.join(problems))


def self_test(rule):
    """The rule finds all that bad/ has for it, and nothing that is not marked."""
    expected, found = set(), set()
    for name in sorted(os.listdir(os.path.join(ROOT, BAD))):
        text = read(os.path.join(BAD, name))
        # bad/failover--x.c stands for failover/x.c: some rules hold only in some folders.
        path = name.replace('--', '/')
        marks = enumerate(text.split('\n'), 1)
        expected |= {(name, number) for number, line in marks if f'expect:{rule}' in line.split()}
        found |= {(name, number) for number, _ in findings(rule, path, text)}
    if not expected:
        raise Failed(f'no file in {BAD} breaks {rule}')
    if found != expected:
        raise Failed(f'missed {sorted(expected - found)}, '
                     f'found without a mark {sorted(found - expected)}')


def self_test_sizes():
    """The sizes are too long to be kept as files."""
    header = '# SPDX-License-Identifier: GPL-2.0-or-later\n"""Long."""\n'
    assert not list(findings('file-size', 'a.py', header + '\n' * (FILE_LINES - 2)))
    assert list(findings('file-size', 'a.py', header + '\n' * (FILE_LINES - 1)))
    assert list(findings('file-size', 'a.c', '\n' * (FILE_LINES + 1)))
    body = 'def f():\n' + '    pass\n' * (FUNCTION_LINES - 1)
    assert not list(findings('function-size', 'a.py', header + body))
    assert list(findings('function-size', 'a.py', header + body + '    pass\n'))


def self_test_machine():
    """This machine's own names cannot be kept in a file of the project."""
    for word in (ROOT + '/meson.build', *mirror_hosts()[:-1], '/'.join(['', 'home', 'me'])):
        assert list(findings('machine', 'a.md', f'see {word} for it\n')), word
    assert not list(findings('machine', 'a.md', 'see /usr/lib/systemd and /etc\n'))


def tests():
    sizes = ('file-size', 'function-size')
    found = {f'house/{rule}': lambda rule=rule: check(rule) for rule in (*RULES, *BLOCKED)}
    found |= {f'house/self-test/{rule}': lambda rule=rule: self_test(rule)
              for rule in (*RULES, *BLOCKED) if rule not in (*sizes, 'machine')}
    return found | {'house/self-test/sizes': self_test_sizes,
                    'house/self-test/machine': self_test_machine}
