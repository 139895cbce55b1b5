#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Suite fuzz: each target for a while with libFuzzer, ASan and UBSan. Prints TAP, see tests/runner.

Usage: run.py [--list | --merge | TARGET…]

GNF_FUZZ_SECONDS is the time for each target: 60, or 10 where SHORT is set. --merge takes what runs
have found so far (build/fuzz/corpus) into the corpora that are kept, and makes these minimal.
README.md says what each target holds.
"""
import json
import os
import re
import selectors
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)

from tests.runner.cases import Failed, main  # noqa: E402

HERE = os.path.join(ROOT, 'tests', 'fuzz')
BUILD = os.path.join(ROOT, 'build', 'fuzz')
LOGS = os.path.join(ROOT, 'build', 'logs')
RESULTS = os.path.join(ROOT, 'build', 'results')
# Longest input of each: what is longer goes more slowly, and no other way.
TARGETS = {'framer': 512, 'framer-limits': 256, 'record': 2048, 'request': 2048, 'session': 512,
           'ifcfg-rhel': 1024, 'ifcfg-suse': 1024, 'interfaces': 1024, 'interfaces-ng': 1024,
           'interfaces-2': 1024}
# Golden files that a target begins with besides, and the folder of a guest that they are in.
GOLDEN = os.path.join(ROOT, 'tests', 'unit', 'ifcfg-golden')
FAMILIES = {'ifcfg-rhel': ('rhel', 'etc/sysconfig/network-scripts'),
            'ifcfg-suse': ('suse', 'etc/sysconfig/network'),
            'interfaces': ('ifupdown', 'etc/network'),
            'interfaces-ng': ('ifupdown-ng', 'etc/network'),
            'interfaces-2': ('ifupdown2', 'etc/network')}
SECONDS = int(os.environ.get('GNF_FUZZ_SECONDS') or (10 if os.environ.get('SHORT') else 60))
# Seconds without a word until there is a sign of life.
PATIENCE = 60
SANITIZERS = {
    'ASAN_OPTIONS': 'detect_leaks=1:strict_string_checks=1',
    'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1',
}
STATUS = re.compile(r'#(\d+)\s.*\bcov: (\d+)')
STATISTIC = re.compile(r'stat::(\w+):\s+(\d+)')
FINDING = re.compile(r'ERROR:|runtime error:|-CRITICAL|Test unit written|SUMMARY:')

rows = []


def logged(name, *command, **environment):
    """Run a command whose output goes to build/logs/NAME.log."""
    path = os.path.join(LOGS, f'{name}.log')
    os.makedirs(LOGS, exist_ok=True)
    with open(path, 'ab') as log:
        done = subprocess.run(command, env=os.environ | environment, stdin=subprocess.DEVNULL,
                              stdout=log, stderr=log, check=False)
    if done.returncode != 0:
        with open(path, encoding='utf-8', errors='replace') as log:
            raise Failed(f'{" ".join(command[:3])} failed:\n{log.read()[-4000:]}')


def build():
    """build/fuzz, with clang: gcc has no libFuzzer."""
    compiler = shutil.which('clang')
    if not compiler:
        raise Failed('clang is not installed')
    if not os.path.exists(os.path.join(BUILD, 'build.ninja')):
        logged('build-fuzz', 'meson', 'setup', BUILD, ROOT, '--prefix=/usr', '-Dfuzz=true',
               '-Db_sanitize=address,undefined', '-Db_lundef=false', '--buildtype=debug',
               '-Doptimization=2', CC=compiler)
    logged('build-fuzz', 'ninja', '-C', BUILD, 'fuzz-programs')


def program(target):
    return os.path.join(BUILD, 'tests', 'fuzz', f'fuzz-{target}')


def kept(target):
    return os.path.join(HERE, 'corpus', target)


def found(target):
    return os.path.join(BUILD, 'corpus', target)


def pack(folder):
    """The files of a golden case as one input, see config-tree.h."""
    packed = b''
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for path in (os.path.join(parent, name) for name in sorted(names)):
            if os.path.islink(path):
                continue
            with open(path, 'rb') as file:
                text = file.read()
            packed += f'--- {os.path.relpath(path, folder)}\n'.encode() + text
            packed += b'' if packed.endswith(b'\n') else b'\n'
    return packed


def seed(target, scratch):
    """A folder with the golden files of the target's family; empty where it has none."""
    seeds = os.path.join(scratch, 'seeds')
    os.makedirs(seeds)
    family, inside = FAMILIES.get(target, ('', ''))
    for case in os.listdir(os.path.join(GOLDEN, family)) if family else ():
        folder = os.path.join(GOLDEN, family, case, inside)
        if os.path.isdir(folder):
            with open(os.path.join(seeds, case), 'wb') as file:
                file.write(pack(folder))
    return seeds


def dictionary_of(target):
    """Its own, or that of all targets whose names begin alike."""
    own = os.path.join(HERE, f'{target}.dict')
    return own if os.path.exists(own) else os.path.join(HERE, f'{target.rsplit("-", 1)[0]}.dict')


def options(target):
    dictionary = dictionary_of(target)
    crashes = os.path.join(RESULTS, 'fuzz', target, '')
    for folder in (found(target), crashes):
        os.makedirs(folder, exist_ok=True)
    return [f'-max_len={TARGETS[target]}', f'-artifact_prefix={crashes}', '-rss_limit_mb=3000',
            *([f'-dict={dictionary}'] if os.path.exists(dictionary) else [])]


def lines_of(process, target, last):
    """The output's lines as they come; a word for the runner while there are none."""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        rest = b''
        while True:
            if not selector.select(PATIENCE):
                print(f'# {target}: at work, {last.get("executions", 0)} executions or more',
                      flush=True)
                continue
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                return
            *whole, rest = (rest + chunk).split(b'\n')
            yield from (line.decode(errors='replace') for line in whole)


def follow(process, target):
    """Log a run; its figures, and the lines that tell what it found."""
    figures, findings = {}, []
    path = os.path.join(LOGS, f'fuzz-{target}-libfuzzer.log')
    told = time.monotonic()
    with open(path, 'w', encoding='utf-8') as log:
        for line in lines_of(process, target, figures):
            log.write(line + '\n')
            status = STATUS.match(line)
            if status:
                figures |= {'executions': int(status[1]), 'coverage': int(status[2])}
            elif STATISTIC.match(line):
                name, value = STATISTIC.match(line).groups()
                figures[name] = int(value)
            elif FINDING.search(line):
                findings.append(line)
            if time.monotonic() - told > PATIENCE:
                told = time.monotonic()
                print(f'# {target}: {figures.get("executions", 0)} executions', flush=True)
    findings.append(f'the whole log is {os.path.relpath(path, ROOT)}')
    return figures, findings


def write_results():
    """build/results/fuzz.json, as far as it goes."""
    figures = {f'{row["target"]}-executions': {'value': row['executions'], 'unit': 'executions'}
               for row in rows}
    crashes = sum(row['crashes'] for row in rows)
    figures['crashes'] = {'value': crashes, 'unit': 'targets', 'budget': 0, 'holds': crashes == 0}
    with open(os.path.join(RESULTS, 'fuzz.json'), 'w', encoding='utf-8') as file:
        json.dump({'name': 'fuzz', 'rows': rows, 'figures': figures}, file, indent=1)
        file.write('\n')


def fuzz(target):
    build()
    with tempfile.TemporaryDirectory(prefix='fuzz-', dir='/dev/shm') as scratch:
        command = [program(target), f'-max_total_time={SECONDS}', '-print_final_stats=1',
                   '-reload=0', *options(target), found(target), kept(target),
                   seed(target, scratch)]
        started = time.monotonic()
        with subprocess.Popen(command, env=os.environ | SANITIZERS | {'TMPDIR': scratch},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as process:
            figures, findings = follow(process, target)
    seconds = time.monotonic() - started
    executions = figures.get('number_of_executed_units', 0)
    rows.append({'target': target, 'executions': executions, 'seconds': round(seconds, 1),
                 'per-second': round(executions / seconds), 'coverage': figures.get('coverage', 0),
                 'crashes': int(process.returncode != 0)})
    write_results()
    print(f'#| {target:14} {executions:10} executions in {seconds:6.1f} s, '
          f'{figures.get("coverage", 0)} edges, {figures.get("new_units_added", 0)} new inputs')
    if process.returncode != 0:
        raise Failed('\n'.join(findings))
    if executions == 0:
        raise Failed('nothing was executed')


def is_made(name):
    """Inputs that libFuzzer made are named by their hash; those with a name of ours stay."""
    return re.fullmatch(r'[0-9a-f]{40}', name)


def merge(target):
    """Those that have a name, and the smallest set that covers the rest of what all cover."""
    build()
    names = os.listdir(kept(target))
    with tempfile.TemporaryDirectory(prefix='fuzz-', dir='/dev/shm') as scratch:
        # What the golden files cover needs no inputs of their own.
        minimal = seed(target, scratch)
        shutil.copytree(kept(target), minimal, ignore=lambda _, all: filter(is_made, all),
                        dirs_exist_ok=True)
        # What is longer than max_len would be cut.
        longest = max([TARGETS[target], *(entry.stat().st_size for folder in (kept(target), minimal)
                                          for entry in os.scandir(folder))])
        # Which edges, not how often: a fraction of the inputs.
        logged(f'fuzz-merge-{target}', program(target), '-merge=1', '-use_counters=0',
               *options(target), f'-max_len={longest}', minimal, kept(target), found(target),
               TMPDIR=scratch, **SANITIZERS)
        for name in filter(is_made, names):
            os.unlink(os.path.join(kept(target), name))
        for name in filter(is_made, os.listdir(minimal)):
            shutil.copy(os.path.join(minimal, name), kept(target))
    print(f'{target}: {len(os.listdir(kept(target)))} inputs')


if __name__ == '__main__':
    if sys.argv[1:2] == ['--merge']:
        for chosen in sys.argv[2:] or TARGETS:
            merge(chosen)
    else:
        main({name: lambda name=name: fuzz(name) for name in TARGETS})
