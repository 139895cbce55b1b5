# SPDX-License-Identifier: GPL-2.0-or-later
"""The contract's commands, as everything else knows them: plugin file, engine, help, man page.

A command, argument or reason code that is added to net-failover.json fails here until it is
routed, handled and told of; one that is taken out fails where it is still named.
"""
import configparser
import glob
import os
import re
import sys

from tests.lint.files import BUILD, ROOT, read, run
from tests.runner.cases import Failed

sys.path.insert(0, os.path.join(ROOT, 'qapi'))
import qapischema

SCHEMA = qapischema.Schema()
PREFIX = 'guest-net-failover-'
COMMAND = re.compile(r'\bguest-net-failover-[a-z]+(?:-[a-z]+)*')
CLI = os.path.join(BUILD, 'cli', 'qga-net-failover')
MAN_PAGE = 'docs/qga-net-failover.1'


def differ(what, found, expected=tuple(SCHEMA.commands)):
    missing, extra = set(expected) - set(found), set(found) - set(expected)
    if missing:
        raise Failed(f'{what} lacks {", ".join(sorted(missing))}')
    if extra:
        raise Failed(f'{what} names what the contract has not: {", ".join(sorted(extra))}')


def check_plugin_file():
    """qga-plugind routes exactly these commands to the engine."""
    files = glob.glob(os.path.join(ROOT, 'data', '*.plugin*'))
    if len(files) != 1:
        raise Failed(f'data/ has {len(files)} plugin files, not one')
    parser = configparser.ConfigParser(strict=True, interpolation=None)
    parser.optionxform = str
    parser.read_string(re.sub(r'^(?=#)', '', read(os.path.relpath(files[0], ROOT))))
    commands = [value for section in parser.sections()
                for value in re.split(r'[;,\s]+', parser[section].get('Commands', '')) if value]
    differ(files[0], commands)


def check_engine():
    """The engine knows a command by its verb, and has contract and message compared each way."""
    verbs = SCHEMA.enums['GuestNetFailoverVerb'].values
    differ('GuestNetFailoverVerb, with query,', {PREFIX + verb for verb in (*verbs, 'query')})
    text = ''
    for path in glob.glob(os.path.join(ROOT, 'failover', '*.c')):
        text += re.sub(r'/\*.*?\*/', '', read(os.path.relpath(path, ROOT)), flags=re.DOTALL)
    needed = [f'GNF_VERB_{verb.upper()}' for verb in verbs]
    needed += ['gnf_schema_has_command', 'gnf_schema_check_arguments', 'gnf_schema_check_return']
    missing = [name for name in needed if not re.search(rf'\b{name}\b', text)]
    if missing:
        raise Failed(f'failover/*.c does not use {", ".join(missing)}')


def check_named_only():
    """No file of code or prose names a command that does not exist."""
    known = {*SCHEMA.commands, 'guest-net-failover'}
    wrong = []
    for folder in ('failover', 'cli', 'qga-plugin', 'host', 'data', 'docs'):
        for path in glob.glob(os.path.join(ROOT, folder, '*')):
            relative = os.path.relpath(path, ROOT)
            found = COMMAND.findall(read(relative)) if os.path.isfile(path) else []
            wrong += [f'{relative}: {name}' for name in found if name not in known]
    if wrong:
        raise Failed('\n'.join(wrong))


def options(arguments):
    """How the arguments are given on a command line: by name, and --device for each of devices."""
    return ['--device' if argument.name == 'devices' else f'--{argument.name}'
            for argument in arguments]


def help_of(*words):
    return run(CLI, *words, '--help')


def has_option(text, option):
    return re.search(re.escape(option) + r'(?![\w-])', text.replace('\\-', '-')) is not None


def check_help():
    """--help has each command; each command's --help has each argument and no option besides."""
    text = help_of()
    differ('--help', {name for name in SCHEMA.commands
                      if re.search(rf'^\s+{name.removeprefix(PREFIX)}\b', text, re.MULTILINE)})


def check_command_help(command):
    text = help_of(command.name.removeprefix(PREFIX))
    missing = [option for option in options(command.arguments) if not has_option(text, option)]
    if missing:
        raise Failed(f'{command.name}: --help lacks {", ".join(missing)}:\n{text}')


def check_man_page():
    """The man page has each command, each argument and each code that a user may meet."""
    if not os.path.exists(os.path.join(ROOT, MAN_PAGE)):
        raise Failed(f'{MAN_PAGE} is missing')
    text = re.sub(r'\\f.', '', read(MAN_PAGE)).replace('\\-', '-')
    wanted = {name.removeprefix(PREFIX) for name in SCHEMA.commands}
    wanted |= {option for command in SCHEMA.commands.values()
               for option in options(command.arguments)}
    for enum in ('GuestNetFailoverReasonCode', 'GuestNetFailoverState', 'GuestNetFailoverStatus',
                 'GuestNetFailoverPolicy', 'GuestNetFailoverStage',
                 'GuestNetFailoverCompleteStage'):
        wanted |= set(SCHEMA.enums[enum].values)
    missing = {word for word in wanted if not re.search(rf'(?<![\w-]){word}(?![\w-])', text)}
    if missing:
        raise Failed(f'{MAN_PAGE} lacks {", ".join(sorted(missing))}')


def check_refuses():
    """What the checks above are made of does see a difference."""
    for found in ([*SCHEMA.commands][1:], [*SCHEMA.commands, 'guest-net-failover-undo']):
        try:
            differ('a list', found)
        except Failed:
            continue
        raise AssertionError(f'{found} passed')
    assert has_option('  --eject     power off', '--eject')
    assert not has_option('  --ejector', '--eject')
    assert not has_option('--timeout-ms-max=N', '--timeout-ms')
    assert COMMAND.findall('a guest-net-failover-undo-all.') == ['guest-net-failover-undo-all']


def tests():
    found = {
        'contract/plugin-file': check_plugin_file, 'contract/engine': check_engine,
        'contract/names': check_named_only, 'contract/help': check_help,
        'contract/man-page': check_man_page, 'contract/refuses': check_refuses,
    }
    return found | {f'contract/help/{name.removeprefix(PREFIX)}':
                    lambda command=command: check_command_help(command)
                    for name, command in SCHEMA.commands.items()}
