#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Write the C that follows from the contract: types.h, types.c and tables.c.

Run by meson at build time. types.h has the enums that the program's own code uses, so that a
value which leaves the contract no longer compiles; tables.c has what schema.c checks by.
GuestNetFailoverReasonCode becomes GnfReasonCode, GNF_REASON_CODE_NO_SUCH_DEVICE,
gnf_reason_code_to_string().
"""
import argparse
import os
import re

from qapischema import BUILTINS, CONTRACT, Schema

BANNER = '/* SPDX-License-Identifier: GPL-2.0-or-later\n *\n * Made by qapi/generate.py: {}.\n */\n'
PREFIX = 'GuestNetFailover'


def snake(name):
    """GuestNetFailoverReasonCode -> reason_code."""
    return re.sub(r'(?<!^)(?=[A-Z])', '_', name.removeprefix(PREFIX)).lower()


def constant(enum, value):
    return f'GNF_{snake(enum.name)}_{value.replace("-", "_")}'.upper()


def types_header(schema):
    """The enums, and their names on the wire."""
    yield BANNER.format("the contract's enums")
    yield '#pragma once\n\n#include <glib.h>\n'
    for enum in schema.enums.values():
        name, c_type = snake(enum.name), 'Gnf' + enum.name.removeprefix(PREFIX)
        yield 'typedef enum {'
        yield from (f'    {constant(enum, value)},' for value in enum.values)
        yield f'}} {c_type};\n'
        yield f'#define {constant(enum, "count")} {len(enum.values)}\n'
        yield '/* The names on the wire, in the order of the enum; ends with NULL. */'
        yield f'extern const char *const gnf_{name}_names[];\n'
        yield f'const char *gnf_{name}_to_string({c_type} value);'
        yield '/* FALSE, and *ret_value untouched, where the string names no value. */'
        yield f'gboolean gnf_{name}_from_string(const char *string, {c_type} *ret_value);\n'


FUNCTIONS = '''
const char *
gnf_{name}_to_string({c_type} value)
{{
    g_assert((unsigned int)value < {count});
    return gnf_{name}_names[value];
}}

gboolean
gnf_{name}_from_string(const char *string, {c_type} *ret_value)
{{
    int found = find(gnf_{name}_names, string);

    if (found < 0)
        return FALSE;
    *ret_value = ({c_type})found;
    return TRUE;
}}
'''

FIND = '''
static int
find(const char *const *names, const char *string)
{
    for (int i = 0; names[i]; i++)
        if (g_strcmp0(names[i], string) == 0)
            return i;
    return -1;
}
'''


def types_source(schema):
    yield BANNER.format("the names of the contract's enums on the wire")
    yield '#include "qapi/types.h"'
    yield FIND
    for enum in schema.enums.values():
        name = snake(enum.name)
        yield f'const char *const gnf_{name}_names[] = {{'
        yield from (f'    "{value}",' for value in enum.values)
        yield '    NULL,\n};'
        c_type = 'Gnf' + enum.name.removeprefix(PREFIX)
        yield FUNCTIONS.format(name=name, c_type=c_type, count=constant(enum, 'count'))


def member_row(schema, member):
    """One initialiser of a GnfSchemaMember."""
    fields = [f'.name = "{member.name}"']
    if member.type in BUILTINS:
        fields.append(f'.kind = GNF_KIND_{member.type.upper()}')
    elif member.type in schema.enums:
        fields += ['.kind = GNF_KIND_ENUM', f'.names = gnf_{snake(member.type)}_names']
    else:
        fields += ['.kind = GNF_KIND_STRUCT', f'.members = {snake(member.type)}_members']
    fields += ['.is_list = TRUE'] * member.is_list + ['.optional = TRUE'] * member.optional
    return '    { ' + ', '.join(fields) + ' },'


def members_table(schema, name, members):
    yield f'static const GnfSchemaMember {name}[] = {{'
    yield from (member_row(schema, member) for member in members)
    yield '    { .name = NULL },\n};\n'


def tables_source(schema):
    """The structs before what uses them: the contract has them in that order, or C objects."""
    yield BANNER.format("the contract's structs and commands")
    yield '#include "qapi/tables.h"\n\n#include "qapi/types.h"\n'
    for struct in schema.structs.values():
        yield from members_table(schema, snake(struct.name) + '_members', struct.members)
    for command in schema.commands.values():
        yield from members_table(
            schema, command.name.replace('-', '_') + '_arguments', command.arguments)
    yield 'const GnfSchemaCommand gnf_schema_command_table[] = {'
    for command in schema.commands.values():
        arguments = command.name.replace('-', '_') + '_arguments'
        yield f'    {{ "{command.name}", {arguments}, {snake(command.returns)}_members }},'
    yield '    { NULL, NULL, NULL },\n};\n'
    yield 'const char *const gnf_schema_command_names[] = {'
    yield from (f'    "{name}",' for name in schema.commands)
    yield '    NULL,\n};'


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--output-dir', required=True)
    parser.add_argument('contract', nargs='?', default=CONTRACT)
    arguments = parser.parse_args()
    schema = Schema(arguments.contract)
    outputs = {'types.h': types_header, 'types.c': types_source, 'tables.c': tables_source}
    for name, generator in outputs.items():
        with open(os.path.join(arguments.output_dir, name), 'w', encoding='utf-8') as output:
            output.write('\n'.join(generator(schema)) + '\n')


if __name__ == '__main__':
    main()
