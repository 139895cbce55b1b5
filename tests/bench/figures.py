# SPDX-License-Identifier: GPL-2.0-or-later
"""Samples taken in turn, their table for people, and build/results/NAME.json.

A figure is the median of its samples; a ratio is that of two medians of one run. What a budget says
is told, not enforced: a machine that is busy with something else must not fail a test.
"""
import statistics

from tests.lab.base import BUILD, dump_json


class Bench:
    """Samples by row and column: what is measured, and through what."""

    def __init__(self, name, columns):
        self.name = name
        self.columns = columns
        self.rows = {}  # title: (unit, {column: [samples]})
        self.figures = {}

    def add(self, title, unit, column, sample):
        self.rows.setdefault(title, (unit, {}))[1].setdefault(column, []).append(sample)
        print(f"# {title}: {sample:.4g} {unit} ({column})", flush=True)

    def median(self, title, column):
        return statistics.median(self.rows[title][1][column])

    def figure(self, name, value, unit, most=None, least=None):
        """A figure with a budget: at most, or at least."""
        figure = {"value": round(value, 3), "unit": unit}
        if most is not None:
            figure |= {"budget": most, "holds": value <= most}
        if least is not None:
            figure |= {"budget": least, "holds": value >= least}
        self.figures[name] = figure
        self.write()

    def ratio(self, name, title, column, base, **budget):
        self.figure(name, self.median(title, column) / self.median(title, base), "ratio", **budget)

    def write(self):
        rows = [{"what": title, "unit": unit, "through": column, "samples": len(samples),
                 "median": statistics.median(samples), "least": min(samples),
                 "most": max(samples)}
                for title, (unit, columns) in self.rows.items()
                for column, samples in columns.items()]
        dump_json(BUILD / "results" / f"{self.name}.json",
                  {"name": self.name, "rows": rows, "figures": self.figures})

    def show(self):
        """The tables, as lines that the runner always shows."""
        head = ["", *self.columns]
        table = [[f"{title} ({unit})", *[cell(columns.get(column)) for column in self.columns]]
                 for title, (unit, columns) in self.rows.items()]
        grid([head, *table])
        grid([["figure", "value", "budget", ""],
              *[[name, f"{figure['value']:g} {figure['unit']}", f"{figure.get('budget', '')}",
                 {True: "holds", False: "DOES NOT HOLD"}.get(figure.get("holds"), "")]
                for name, figure in self.figures.items()]])


def cell(samples):
    if not samples:
        return "-"
    return f"{statistics.median(samples):.4g} ({min(samples):.4g}-{max(samples):.4g})"


def grid(table):
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        first, *rest = (text.ljust(width) for text, width in zip(row, widths))
        print("#| " + "  ".join([first, *rest]).rstrip(), flush=True)
    print("#| ", flush=True)
