# SPDX-License-Identifier: GPL-2.0-or-later
"""The project's own files, for the checks: all that is neither built nor made to be wrong."""
import os
import subprocess

from tests.runner.cases import Failed

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, 'build', 'meson')
CACHE = os.path.join(ROOT, 'build', 'cache')
BAD = os.path.join('tests', 'lint', 'bad')
CORPUS = os.path.join('tests', 'fuzz', 'corpus')
GOLDEN = os.path.join('tests', 'unit', 'ifcfg-golden')


def ours():
    """Paths of the project's files, relative to ROOT, sorted."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        relative = os.path.relpath(folder, ROOT)
        # CORPUS: the fuzz targets' inputs are any bytes; GOLDEN: files of guests, as they are found.
        if relative == BAD or relative.startswith((CORPUS, GOLDEN)):
            continue
        folders[:] = [name for name in folders
                      if name not in ('.git', '__pycache__', 'build')
                      and not name.startswith('build-')]
        found += [os.path.normpath(os.path.join(relative, name)) for name in names
                  if not name.endswith('.pyc')]
    return sorted(found)


def read(path):
    """The text of a project file, or '' where it is not text."""
    with open(os.path.join(ROOT, path), 'rb') as file:
        data = file.read()
    try:
        return data.decode()
    except UnicodeDecodeError:
        return ''


def language(path, text):
    """c, python, shell or another word for what the file is written in; None for prose and data."""
    suffix = os.path.splitext(path.removesuffix('.in'))[1]
    interpreter = text.split('\n', 1)[0] if text.startswith('#!') else ''
    if suffix in ('.c', '.h'):
        return 'c'
    if suffix == '.py' or 'python' in interpreter:
        return 'python'
    if suffix == '.sh' or interpreter.endswith('sh'):
        return 'shell'
    if os.path.basename(path) == 'meson.build':
        return 'meson'
    if suffix in ('.service', '.socket', '.rules', '.plugin', '.conf', '.target'):
        return 'configuration'
    return 'man' if suffix in ('.1', '.5', '.7', '.8') else None


def run(*command, **options):
    """Run a command; its output, stderr included. Failed, with the output, unless it exits 0."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, **options)
    except FileNotFoundError as error:
        raise Failed(f'{command[0]} is not installed') from error
    if done.returncode != 0:
        raise Failed(f'{" ".join(command[:6])} exited with {done.returncode}:\n{done.stdout}')
    return done.stdout
