# SPDX-License-Identifier: GPL-2.0-or-later
"""clang-format over all C, and clang-tidy over all that is compiled.

clang-tidy takes seconds a file, so the files run in parallel and what passed is remembered by the
hash of everything that could change the answer: the file, the headers of ours that it includes,
the command line, the configuration and the tool.
"""
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

from tests.lint.files import BUILD, CACHE, ROOT, language, ours, read, run
from tests.runner.cases import Failed

# What warns with clang and is gcc's business, or what only gcc knows.
EXTRA = ('--extra-arg=-Wno-unknown-warning-option', '--quiet')


def tool(name):
    """Version 14, Debian 12's: another version formats and warns differently."""
    path = shutil.which(f'{name}-14') or shutil.which(name)
    if not path:
        raise Failed(f'{name} is not installed')
    if 'version 14.' not in run(path, '--version'):
        raise Failed(f'{path} is not version 14')
    return path


def check_format():
    files = [path for path in ours() if language(path, '') == 'c']
    try:
        run(tool('clang-format'), '--dry-run', '-Werror', *files, cwd=ROOT)
    except Failed as error:
        found = re.findall(r'^(\S+?:\d+):\d+: error', str(error), re.MULTILINE)
        first = {place.split(':')[0]: place for place in reversed(found)}
        raise Failed('clang-format-14 -i would change, first at:\n' + '\n'.join(
            sorted(first.values())) if found else str(error)) from None


def check_format_refuses():
    done = subprocess.run([tool('clang-format'), '--dry-run', '-Werror', '--assume-filename=a.c'],
                          cwd=ROOT, input=b'int  main( ){}\n', stderr=subprocess.PIPE, check=False)
    assert done.returncode != 0, 'clang-format let "int  main( ){}" pass'


def compilations():
    """Of each file of ours that is compiled, its command line, by path relative to ROOT."""
    with open(os.path.join(BUILD, 'compile_commands.json'), encoding='utf-8') as file:
        entries = json.load(file)
    found = {}
    for entry in entries:
        path = os.path.relpath(os.path.join(entry['directory'], entry['file']), ROOT)
        if not path.startswith(('build', '..')):
            found.setdefault(path, entry)
    return dict(sorted(found.items()))


def dependencies():
    """Of each object, the files of ours that it is made from; the system's packages are fixed."""
    found, current = {}, []
    for line in run('ninja', '-C', BUILD, '-t', 'deps').splitlines():
        if line.startswith(' '):
            path = os.path.normpath(os.path.join(BUILD, line.strip()))
            if path.startswith(ROOT + os.sep):
                current.append(path)
        elif ':' in line:
            current = found.setdefault(line.split(':')[0], [])
    return found


class Tidy:
    """One run of clang-tidy over several files, two at a time or as many as there are cores."""

    def __init__(self):
        self.entries = compilations()
        self.pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
        self.futures = {}

    def start(self, paths):
        self.program = tool('clang-tidy')
        configuration = [read(path) for path in ours() if path.endswith('.clang-tidy')]
        self.common = repr(configuration) + run(self.program, '--version') + repr(EXTRA)
        self.includes = dependencies()
        for path in paths:
            self.futures[path] = self.pool.submit(self._check, path)

    def _key(self, path):
        entry = self.entries[path]
        digest = hashlib.sha256((self.common + entry['command']).encode())
        for name in sorted({os.path.join(ROOT, path), *self.includes.get(entry['output'], ())}):
            with open(name, 'rb') as file:
                digest.update(name.encode() + b'\0' + file.read() + b'\0')
        return digest.hexdigest()

    def _check(self, path):
        stamp = os.path.join(CACHE, 'clang-tidy', self._key(path))
        if os.path.exists(stamp):
            return
        try:
            run(self.program, '-p', BUILD, *EXTRA, path, cwd=ROOT)
        except Failed as error:
            # The findings, without the path that the analyzer took to each.
            found = re.findall(r'^\S+: error: .*|^\S+: note: .*threshold.*', str(error), re.MULTILINE)
            raise Failed('\n'.join(found) or str(error)) from None
        os.makedirs(os.path.dirname(stamp), exist_ok=True)
        with open(stamp, 'w', encoding='utf-8') as file:
            file.write(path + '\n')

    def test(self, path):
        """Wait for the verdict; the first call starts all that the command line asks for."""
        if not self.futures:
            prefix = 'clang-tidy/'
            named = [name.removeprefix(prefix) for name in sys.argv[1:] if name.startswith(prefix)]
            self.start(named or list(self.entries))
        self.futures[path].result()


def check_tidy_refuses(tidy):
    """A finding in any file is an error, and the three sizes of the house are in force."""
    body = '    do {\n' * 4 + '    } while (a);\n' * 4 + '    a++;\n' * 70
    text = f'int f(int a);\nint f(int a)\n{{\n{body}    return a;\n}}\n'
    path = os.path.join(BUILD, 'tidy-refuses.c')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    try:
        run(tool('clang-tidy'), '--config-file=' + os.path.join(ROOT, '.clang-tidy'), path, '--')
    except Failed as error:
        assert 'lines including whitespace and comments (threshold 60)' in str(error), error
        assert 'nesting level 4 starts here (threshold 3)' in str(error), error
    else:
        raise Failed('clang-tidy let a function of 80 lines pass')
    finally:
        os.unlink(path)


def tests():
    tidy = Tidy()
    found = {'clang-format': check_format, 'clang-format/refuses': check_format_refuses,
             'clang-tidy/refuses': lambda: check_tidy_refuses(tidy)}
    return found | {f'clang-tidy/{path}': lambda path=path: tidy.test(path)
                    for path in tidy.entries}
