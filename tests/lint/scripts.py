# SPDX-License-Identifier: GPL-2.0-or-later
"""Shell and Python: what an interpreter would find only on the line that is reached last."""
import os
import subprocess

from tests.lint.files import ROOT, language, ours, read, run
from tests.runner.cases import Failed


def written_in(wanted):
    return [path for path in ours() if language(path, read(path)) == wanted]


def check_shell():
    run('shellcheck', '--external-sources', '--source-path=SCRIPTDIR', *written_in('shell'),
        cwd=ROOT)


def check_shell_refuses():
    done = subprocess.run(['shellcheck', '-s', 'bash', '-'], input=b'rm $1\n', check=False,
                          stdout=subprocess.PIPE)
    assert done.returncode != 0, 'shellcheck let "rm $1" pass'


def check_python():
    problems = []
    for path in written_in('python'):
        try:
            compile(read(path), path, 'exec', dont_inherit=True)
        except SyntaxError as error:
            problems.append(f'{path}:{error.lineno}: {error.msg}')
    if problems:
        raise Failed('\n'.join(problems))


def check_executable():
    """What has an interpreter can be started, and the other way round."""
    wrong = [path for path in ours() if read(path).startswith('#!')
             and not os.access(os.path.join(ROOT, path), os.X_OK)
             and language(path, read(path)) == 'shell']
    if wrong:
        raise Failed(f'not executable: {", ".join(wrong)}')


def tests():
    return {'scripts/shellcheck': check_shell, 'scripts/shellcheck/refuses': check_shell_refuses,
            'scripts/python': check_python, 'scripts/executable': check_executable}
