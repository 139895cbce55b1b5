# SPDX-License-Identifier: GPL-2.0-or-later
"""What `meson install` puts on a machine: exactly the files listed, and units that hold.

installed-files.txt is the list, with the mode of each file; run.py --regenerate rewrites it.
The units are judged as installed, below a root of their own with systemd's own units beside them.
"""
import atexit
import difflib
import glob
import json
import os
import re
import shutil
import stat
import tempfile

from tests.lint.files import BUILD, ROOT, run
from tests.runner.cases import Failed

MANIFEST = os.path.join(ROOT, 'tests', 'lint', 'installed-files.txt')
HEADER = '# mode and path of every installed file; made by tests/lint/run.py --regenerate\n'
UNITS = 'usr/lib/systemd/system'
# The exposure, in tenths, that systemd-analyze security may give a service of ours at most (a unit
# that says nothing has 96). qga-plugind has no capability at all; the
# engine has to change links.
EXPOSURE = {'qga-plugind': 15, 'qga-net-failoverd': 25}


def installed(known=[]):  # pylint: disable=dangerous-default-value
    """The root of an installation, made once a run."""
    if not known:
        options = json.loads(run('meson', 'introspect', '--buildoptions', BUILD))
        prefix = next(option['value'] for option in options if option['name'] == 'prefix')
        if prefix != '/usr':
            raise Failed(f'build/meson installs below {prefix}: remove it and build again')
        root = tempfile.mkdtemp(prefix='gnf-install-')
        atexit.register(shutil.rmtree, root)
        run('meson', 'install', '-C', BUILD, '--no-rebuild', '--destdir', root)
        known.append(root)
    return known[0]


def listing(root):
    """One line for each file or link: mode, path, target."""
    lines = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            shown = path.removeprefix(root)
            shown = re.sub(r'^/usr/lib/[a-z0-9_]+-linux-gnu/', '/usr/lib/MULTIARCH/', shown)
            target = f' -> {os.readlink(path)}' if stat.S_ISLNK(mode) else ''
            lines.append(f'{stat.S_IMODE(mode):04o} {shown}{target}\n')
    return sorted(lines, key=lambda line: line.split(' ', 1)[1])


def regenerate():
    with open(MANIFEST, 'w', encoding='utf-8') as file:
        file.writelines([HEADER, *listing(installed())])


def check_manifest():
    with open(MANIFEST, encoding='utf-8') as file:
        expected = file.readlines()
    found = [HEADER, *listing(installed())]
    if len(found) == 1:
        raise Failed('nothing is installed')
    if found != expected:
        difference = difflib.unified_diff(expected, found, 'installed-files.txt', 'meson install')
        raise Failed(''.join(difference))


def units(suffixes=('.service', '.socket', '.target', '.path', '.timer')):
    found = [path for path in sorted(glob.glob(os.path.join(installed(), UNITS, '*')))
             if path.endswith(suffixes)]
    if not found:
        raise Failed('no unit is installed')
    return found


def unit_root():
    """The installation, with what our units need of the machine's beside them."""
    root = tempfile.mkdtemp(prefix='gnf-units-')
    atexit.register(shutil.rmtree, root)
    shutil.copytree('/' + UNITS, os.path.join(root, UNITS), symlinks=True)
    shutil.copytree(installed(), root, symlinks=True, dirs_exist_ok=True)
    for program in ('usr/sbin/qemu-ga', 'bin/true'):
        path = os.path.join(root, program)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy('/bin/true', path)
    add_unit(root, 'qemu-guest-agent.service', '[Service]\nExecStart=/usr/sbin/qemu-ga\n')
    return root


def add_unit(root, name, body):
    with open(os.path.join(root, UNITS, name), 'w', encoding='utf-8') as file:
        file.write(body)


def verify(root, names):
    """systemd-analyze verify on units below a root; it warns about some mistakes and exits 0."""
    output = run('systemd-analyze', f'--root={root}', '--man=no', '--recursive-errors=no', 'verify',
                 *names, env=os.environ | {'SYSTEMD_LOG_LEVEL': 'warning'})
    stems = {os.path.splitext(name)[0] for name in names}
    said = [line for line in output.splitlines() if any(stem in line for stem in stems)]
    if said:
        raise Failed('\n'.join(said))


def check_verify():
    """Ours, and the stock agent's with the drop-in that we put beside it."""
    verify(unit_root(), ['qemu-guest-agent.service', *map(os.path.basename, units())])


def check_verify_refuses():
    """A word that systemd does not know, or a program that is not there, does not pass."""
    root = unit_root()
    drop_in = os.path.join('qemu-guest-agent.service.d', '99-bad.conf')
    os.makedirs(os.path.dirname(os.path.join(root, UNITS, drop_in)), exist_ok=True)
    for name, body in (('bad.service', '[Service]\nExecStart=/bin/true\nProtectSystm=strict\n'),
                       ('bad.service', '[Service]\nExecStart=/usr/libexec/not-there\n'),
                       (drop_in, '[Service]\nSockts=a.socket\n')):
        add_unit(root, name, body)
        try:
            verify(root, [name.partition('.d/')[0]])
        except Failed:
            continue
        raise AssertionError(f'passed: {body}')


def secure(path, tenths):
    run('systemd-analyze', 'security', '--offline=true', f'--threshold={tenths}', '--no-pager',
        path)


def check_security(name):
    secure(os.path.join(installed(), UNITS, f'{name}.service'), EXPOSURE[name])


def check_security_all():
    """Every service of ours has a budget."""
    services = {os.path.basename(path).removesuffix('.service') for path in units(('.service',))}
    if services != set(EXPOSURE):
        raise Failed(f'services {sorted(services)}, budgets {sorted(EXPOSURE)}')


def check_security_refuses():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'bad.service')
        with open(path, 'w', encoding='utf-8') as file:
            file.write('[Service]\nExecStart=/bin/true\n')
        try:
            secure(path, max(EXPOSURE.values()))
        except Failed:
            return
        raise AssertionError('a service without any hardening passed')


def tests():
    found = {'install/manifest': check_manifest, 'units/verify': check_verify,
             'units/verify/refuses': check_verify_refuses,
             'units/security/budgets': check_security_all,
             'units/security/refuses': check_security_refuses}
    return found | {f'units/security/{name}': lambda name=name: check_security(name)
                    for name in EXPOSURE}
