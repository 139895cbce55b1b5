# SPDX-License-Identifier: GPL-2.0-or-later
"""build/results/conformance.json: how many exchanges were compared, part by part.

Written anew after every part, and said as a line of the output.
"""
import json
import pathlib

from tests.conformance.agents import SANITIZED

NAME = "sanitize-conformance" if SANITIZED else "conformance"
FILE = pathlib.Path(__file__).resolve().parents[2] / "build" / "results" / f"{NAME}.json"

_rows = []
_figures = {}
_requests = set()


def figure(name, value, unit, **more):
    _figures[name] = {"value": value, "unit": unit} | more
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps({"name": NAME, "rows": _rows, "figures": _figures},
                               indent=1) + "\n")


def most(name, value, unit, budget, where):
    """A figure of which the highest counts, and the test that it is from."""
    if value >= _figures.get(name, {"value": 0})["value"]:
        figure(name, value, unit, budget=budget, holds=value <= budget, where=where)


def total(key):
    return sum(row[key] for row in _rows)


def add(part, channel, transcript, different):
    """A part that was compared: the transcript of qemu-ga alone, and in how many it differs."""
    new = {hash(row.request) for row in transcript}
    _requests.update(new)
    _rows.append({"part": part, "channel": channel, "exchanges": len(transcript),
                  "distinct": len(new), "lines": sum(len(row.lines) for row in transcript),
                  "different": different})
    figure("exchanges", total("exchanges"), "exchanges")
    figure("distinct-requests", len(_requests), "requests", budget=500,
           holds=len(_requests) >= 500)
    figure("different", total("different"), "exchanges", budget=0, holds=not total("different"))
    print(f"# {part} ({channel}): {len(transcript)} exchanges, {len(new)} distinct, "
          f"{_rows[-1]['lines']} lines compared; {different} differ", flush=True)
