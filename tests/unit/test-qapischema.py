#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of qapi/qapischema.py: schema-cases.json as test-schema.c runs it, and the parser.

The two checks must say the same words of every message.
"""
import json
import os
import sys
import tempfile
from functools import partial

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [ROOT, os.path.join(ROOT, 'qapi')]
sys.dont_write_bytecode = True

import qapischema
from tests.runner import cases as runner

# Schemas that must be refused, and a word of the reason.
BAD_SCHEMAS = {
    'union': ("{ 'union': 'U', 'data': {} }", 'not in the QAPI subset'),
    'struct-base': ("{ 'struct': 'S', 'base': 'B', 'data': {} }", 'not in the QAPI subset'),
    'condition': ("{ 'enum': 'E', 'if': 'X', 'data': ['a'] }", 'not in the QAPI subset'),
    'unknown-type': ("{ 'struct': 'S', 'data': { 'a': 'strr' } }", 'unknown type strr'),
    'number-type': ("{ 'struct': 'S', 'data': { 'a': 'number' } }", 'unknown type number'),
    'list-of-two': ("{ 'struct': 'S', 'data': { 'a': ['str', 'str'] } }", 'a list of one name'),
    'twice': ("{ 'enum': 'E', 'data': [] }\n{ 'enum': 'E', 'data': [] }", 'defined twice'),
    'not-closed': ("{ 'enum': 'E', 'data': [ ", 'not closed'),
    'stray-word': ("{ 'enum': 'E', 'data': [ true ] }", 'line 1: not in the QAPI subset'),
}


def error_of(check, *arguments):
    try:
        check(*arguments)
    except qapischema.SchemaError as error:
        return str(error)
    return None


def check_case(schema, case):
    kind = 'arguments' if 'arguments' in case else 'return'
    check = schema.check_arguments if kind == 'arguments' else schema.check_return
    said = error_of(check, case['command'], case[kind])
    assert said == case.get('error'), f'said {said!r}, expected {case.get("error")!r}'


def check_bad_schema(text, reason):
    with tempfile.NamedTemporaryFile('w', suffix='.json') as file:
        file.write(text)
        file.flush()
        said = error_of(qapischema.Schema, file.name)
    assert said and reason in said, f'said {said!r}, expected {reason!r}'


def check_contract(schema):
    assert len(schema.commands) == 4, schema.commands.keys()
    prepare = {argument.name: argument for argument in schema.commands[
        'guest-net-failover-prepare'].arguments}
    assert prepare['devices'] == ('devices', 'GuestNetFailoverSelector', True, True)
    assert prepare['timeout-ms'] == ('timeout-ms', 'uint32', False, True)


def main():
    schema = qapischema.Schema()
    with open(os.path.join(HERE, 'schema-cases.json'), encoding='utf-8') as file:
        cases = json.load(file)
    tests = {f'qapischema/case/{case["name"]}': partial(check_case, schema, case)
             for case in cases}
    for name, bad in BAD_SCHEMAS.items():
        tests[f'qapischema/refused/{name}'] = partial(check_bad_schema, *bad)
    tests['qapischema/contract'] = partial(check_contract, schema)
    runner.main(tests)


if __name__ == '__main__':
    main()
