# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's own schema compiler takes the contract, included from the stock agent's schema.

Compiler and schema come from the source package of the QEMU that is installed here, through apt
with sources derived from its own at run time; only the original tarball is fetched, only what is
needed is kept, in build/cache/qemu-schema/VERSION.
"""
import glob
import os
import shutil
import tarfile
import tempfile

from tests.lint.files import CACHE, ROOT, run
from tests.runner.cases import Failed

from tests.lint.contract import SCHEMA

KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
CONTRACT = os.path.join(ROOT, 'qapi', 'net-failover.json')


def source_lists():
    """deb-src lines for all that apt has Debian binaries from."""
    targets = run('apt-get', 'indextargets', '--format', '$(BASE_URI) $(COMPONENT)',
                  'Created-By: Packages', 'Origin: Debian').splitlines()
    for base, component in sorted({tuple(target.split()) for target in targets}):
        uri, _, suite = base.rstrip('/').partition('/dists/')
        yield f'deb-src [signed-by={KEYRING}] {uri} {suite} {component}\n'


def fetch(version, folder):
    """The original tarball of QEMU's source package, into the folder; its path."""
    for name in ('lists/partial', 'cache/archives/partial'):
        os.makedirs(os.path.join(folder, name))
    sources = os.path.join(folder, 'sources.list')
    with open(sources, 'w', encoding='utf-8') as file:
        file.writelines(source_lists())
    apt = ['apt-get', '-q', '-o', f'Dir::Etc::SourceList={sources}',
           '-o', 'Dir::Etc::SourceParts=/dev/null', '-o', f'Dir::State::Lists={folder}/lists',
           '-o', f'Dir::Cache={folder}/cache', '-o', 'APT::Sandbox::User=root',
           '-o', 'Acquire::Languages=none']
    run(*apt, 'update', cwd=folder)
    run(*apt, 'source', '--download-only', '--tar-only', f'qemu={version}', cwd=folder)
    return glob.glob(os.path.join(folder, 'qemu_*.orig.tar.*'))[0]


def wanted(member):
    path = member.name.partition('/')[2]
    return path.startswith(('scripts/qapi/', 'scripts/qapi-gen.py', 'qga/qapi-schema.json'))


def stock(known=[]):  # pylint: disable=dangerous-default-value
    """The folder with scripts/ and qga/ of the installed QEMU's source."""
    if not known:
        version = run('dpkg-query', '-W', '-f', '${source:Version}', 'qemu-system-x86')
        kept = os.path.join(CACHE, 'qemu-schema', version.replace(':', '_'))
        if not os.path.exists(kept):
            os.makedirs(os.path.dirname(kept), exist_ok=True)
            with tempfile.TemporaryDirectory(dir=os.path.dirname(kept)) as folder:
                with tarfile.open(fetch(version, folder)) as tar:
                    tar.extractall(os.path.join(folder, 'source'),
                                   [member for member in tar if wanted(member)])
                os.rename(glob.glob(os.path.join(folder, 'source', '*'))[0], kept)
        known.append(kept)
    return known[0]


def generate(contract, output):
    """Run QEMU's qapi-gen.py on the stock schema with the contract included."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, 'net-failover.json'), 'w', encoding='utf-8') as file:
            file.write(contract)
        schema = shutil.copy(os.path.join(stock(), 'qga', 'qapi-schema.json'), folder)
        with open(schema, 'a', encoding='utf-8') as file:
            file.write("\n{ 'include': 'net-failover.json' }\n")
        run('/usr/bin/python3', '-B', os.path.join(stock(), 'scripts', 'qapi-gen.py'),
            '-o', output, '-p', 'qga-', schema)


def contract_text():
    with open(CONTRACT, encoding='utf-8') as file:
        return file.read()


def check_accepts():
    """The commands, and every type with them, come out as C beside the stock ones."""
    with tempfile.TemporaryDirectory() as output:
        generate(contract_text(), output)
        header = ''
        for path in glob.glob(os.path.join(output, 'qga-qapi-commands*.h')):
            with open(path, encoding='utf-8') as file:
                header += file.read()
    for name in ('guest-ping', *SCHEMA.commands):
        if f' qmp_{name.replace("-", "_")}(' not in header.replace('*', ' '):
            raise Failed(f'{name} is not in the generated headers')


def check_refuses():
    """A type that is not there, or a member without its documentation, does not pass."""
    text = contract_text()
    for bad in (text.replace("'returns': 'GuestNetFailoverInfo'", "'returns': 'GuestNone'"),
                text.replace('# @dry-run:', '# @dry-runs:')):
        assert bad != text
        try:
            with tempfile.TemporaryDirectory() as output:
                generate(bad, output)
        except Failed:
            continue
        raise AssertionError('qapi-gen.py took a broken contract')


def tests():
    return {'qemu/accepts-the-contract': check_accepts, 'qemu/refuses': check_refuses}
