# SPDX-License-Identifier: GPL-2.0-or-later
"""The tables that cases fill, row by row: printed when the last case of a table has ended, and
written to build/results/NAME.json.

A module of cases says with add() what its table is; a case that holds adds its rows with
stage.add_row(NAME, row). Rows travel from the stage's process to the one that prints.
"""
from typing import Callable, NamedTuple

from tests.lab.base import BUILD, dump_json

RESULTS = BUILD / "results"


class Table(NamedTuple):
    """group: its cases are called GUEST/GROUP/…; each of them that holds adds so many rows (0: as many
    as it has), and one of these is called a `unit`; a row whose member `pass` is false tells of one
    that does not hold. text: of all rows, for people. figures: of all
    rows, besides how many there are."""

    name: str
    group: str
    rows_each: int
    unit: str
    text: Callable
    figures: Callable = lambda _rows: {}


TABLES = {}


def add(table):
    TABLES[table.name] = table


def columns(rows):
    """Rows under the names of their members, as wide as they need to be."""
    if not rows:
        return "(no rows)"
    lines = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


class Collector:
    """The tables of one run, their rows in the order of the cases. Used by one thread."""

    def __init__(self, planned):
        self.cases = {name: [case for case in planned if f"/{table.group}/" in case]
                      for name, table in TABLES.items()}
        self.added = {}  # by table and case

    def take(self, case, rows):
        """What a case has added: {table: [row]}."""
        self.added |= {(name, case): added for name, added in rows.items()}

    def ended(self, case, left):
        """A case has ended: (text, summary) of each table that has all of its rows now. To be
        printed before the case's result: what is said behind that is nobody's output."""
        for name, cases in self.cases.items():
            if case in cases and not any(other in left for other in cases):
                rows = [row for one in cases for row in self.added.get((name, one), [])]
                yield TABLES[name].text(rows), self.save(TABLES[name], rows)

    def save(self, table, rows):
        """Its file; how much of it holds."""
        good = sum(row.get("pass", True) for row in rows)
        planned = len(self.cases[table.name]) * table.rows_each
        figures = {table.unit: {"value": good, "unit": table.unit}}
        if table.rows_each:
            figures[table.unit] |= {"budget": planned, "holds": good == planned}
        dump_json(RESULTS / f"{table.name}.json",
                  {"name": table.name, "rows": rows, "figures": figures | table.figures(rows)})
        return (f"{good} of {planned} {table.unit} of {table.name} hold" if table.rows_each
                else f"{good} {table.unit} of {table.name}")
