# SPDX-License-Identifier: GPL-2.0-or-later
"""The contract, net-failover.json, as Python objects, and checks of messages against it.

Reads the subset of QEMU's QAPI schema language that the contract uses: comments, and one
expression after another, each an enum, a struct or a command. Whatever is outside that subset is
an error here, so that it is never misread. generate.py turns the same objects into C, and the
tests check with check_arguments() and check_return() every message that they see; both say the
same words as qapi/schema.c.
"""
import ast
import os
import re
from typing import NamedTuple

CONTRACT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'net-failover.json')

# The built-in types that the contract uses; an unsigned one by its largest value. json-glib's
# integers are int64, so nothing above that comes or goes.
UNSIGNED = {'uint32': 2**32 - 1, 'uint64': 2**63 - 1}
BUILTINS = {'str', 'bool', *UNSIGNED}

# A string, a comment, a comma or bracket, or blanks.
TOKEN = re.compile(r"(?P<string>'[A-Za-z0-9_*-]*')|(?P<comment>#[^\n]*)|(?P<mark>[{}\[\]:,])|\s+")


class SchemaError(Exception):
    """The schema, or a message, is not as it must be."""


class Enum(NamedTuple):
    name: str
    values: tuple


class Member(NamedTuple):
    name: str
    type: str
    is_list: bool
    optional: bool


class Struct(NamedTuple):
    name: str
    members: tuple


class Command(NamedTuple):
    name: str
    arguments: tuple
    returns: str


def _expressions(text):
    """Yield each top-level {...} of the file as a Python object."""
    depth, start, position, plain = 0, 0, 0, []
    while position < len(text):
        match = TOKEN.match(text, position)
        if not match:
            line = text.count('\n', 0, position) + 1
            raise SchemaError(f'line {line}: not in the QAPI subset: {text[position:][:20]!r}')
        position = match.end()
        if match['comment']:
            continue
        plain.append(match.group())
        depth += {'{': 1, '[': 1, '}': -1, ']': -1}.get(match['mark'], 0)
        if depth == 0 and match['mark'] == '}':
            try:
                yield ast.literal_eval(''.join(plain[start:]).strip())
            except (SyntaxError, ValueError) as error:
                line = text.count('\n', 0, position) + 1
                raise SchemaError(f'line {line}: {error}') from error
            start = len(plain)
    if ''.join(plain[start:]).strip():
        raise SchemaError('the last expression is not closed')


def _members(data):
    members = []
    for name, kind in data.items():
        is_list = isinstance(kind, list)
        if is_list and len(kind) != 1 or not isinstance(kind[0] if is_list else kind, str):
            raise SchemaError(f'{name}: a type is a name or a list of one name')
        optional = name.startswith('*')
        members.append(Member(name.lstrip('*'), kind[0] if is_list else kind, is_list, optional))
    return tuple(members)


class Schema:
    """The contract: enums, structs and commands, each a dict by name, in the file's order."""

    def __init__(self, path=CONTRACT):
        self.enums, self.structs, self.commands = {}, {}, {}
        with open(path, encoding='utf-8') as source:
            for expression in _expressions(source.read()):
                self._add(expression)
        for owner, type_name in self._used_types():
            if type_name not in BUILTINS | self.enums.keys() | self.structs.keys():
                raise SchemaError(f'{owner}: unknown type {type_name}')

    def _add(self, expression):
        match expression:
            case {'enum': str(name), 'data': list(values), **rest} if not rest:
                self._claim(name)
                self.enums[name] = Enum(name, tuple(values))
            case {'struct': str(name), 'data': dict(data), **rest} if not rest:
                self._claim(name)
                self.structs[name] = Struct(name, _members(data))
            case {'command': str(name), 'returns': str(returns), **rest} if rest.keys() <= {'data'}:
                self._claim(name)
                self.commands[name] = Command(name, _members(rest.get('data', {})), returns)
            case _:
                raise SchemaError(f'not in the QAPI subset: {expression}')

    def _claim(self, name):
        if name in BUILTINS | self.enums.keys() | self.structs.keys() | self.commands.keys():
            raise SchemaError(f'{name}: defined twice')

    def _used_types(self):
        for struct in self.structs.values():
            yield from ((f'{struct.name}.{m.name}', m.type) for m in struct.members)
        for command in self.commands.values():
            yield from ((f'{command.name}.{m.name}', m.type) for m in command.arguments)
            yield (f'{command.name} returns', command.returns)

    def check_arguments(self, command, arguments):
        """Raise SchemaError unless the dict, or None, may be the command's arguments."""
        self._require(command)
        members = self.commands[command].arguments
        self._check_members('arguments', {} if arguments is None else arguments, members, '')

    def check_return(self, command, value):
        """Raise SchemaError unless the value may be what the command returns."""
        self._require(command)
        members = self.structs[self.commands[command].returns].members
        self._check_members('return', value, members, '')

    def _require(self, command):
        if command not in self.commands:
            raise SchemaError(f'{command}: not a command of this schema')

    def _check_members(self, name, value, members, prefix):
        if not isinstance(value, dict):
            raise SchemaError(f'{name}: must be an object')
        known = {member.name: member for member in members}
        for unknown in (name for name in value if name not in known):
            raise SchemaError(f'{prefix}{unknown}: unknown member')
        for member in members:
            if member.name in value:
                self._check_member(prefix + member.name, value[member.name], member)
            elif not member.optional:
                raise SchemaError(f'{prefix}{member.name}: is missing')

    def _check_member(self, path, value, member):
        if not member.is_list:
            self._check_value(path, value, member.type)
            return
        if not isinstance(value, list):
            raise SchemaError(f'{path}: must be a list')
        for index, element in enumerate(value):
            self._check_value(f'{path}[{index}]', element, member.type)

    def _check_value(self, path, value, type_name):
        if type_name in self.structs:
            self._check_members(path, value, self.structs[type_name].members, path + '.')
        elif type_name in UNSIGNED:
            _check_unsigned(path, value, UNSIGNED[type_name])
        elif type_name == 'bool':
            if not isinstance(value, bool):
                raise SchemaError(f'{path}: must be true or false')
        elif not isinstance(value, str):
            raise SchemaError(f'{path}: must be a string')
        elif type_name in self.enums and value not in self.enums[type_name].values:
            choices = ', '.join(self.enums[type_name].values)
            raise SchemaError(f'{path}: must be one of {choices}')


def _check_unsigned(path, value, largest):
    if isinstance(value, bool) or not isinstance(value, int):
        raise SchemaError(f'{path}: must be a whole number')
    if not 0 <= value <= largest:
        raise SchemaError(f'{path}: must be between 0 and {largest}')
