# SPDX-License-Identifier: GPL-2.0-or-later
"""The picture of the demo: both stories as tracks over time, drawn with matplotlib.

A track shows, from the top: the phases and what each lost; the round trip of every answered
probe; every lost probe as a tick; and the NIC that the guest's answers came out of. Outages are
bands through the whole track. Colours are from the Okabe-Ito set, and what they say is also said
by a label or by lightness. Readable at 1200 pixels.
"""

from math import log10

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (the backend has to be chosen first)

INK = "#222222"
MUTED = "#5f5f5f"
BANDS = ("#f4f4f2", "#e9e9e6")
PASS_THROUGH = "#0072b2"
STANDBY = "#a5d8f3"
DOT = "#4a6a80"
LOST = "#d55e00"
GOOD = "#00735a"
SIZE = (12, 8.0)
OUTAGE_LOSSES = 3  # an interval without replies that swallowed this many probes gets a band
LABEL_SECONDS = 1.0  # outages closer than that share a label, which names the longest
FLOOR_MS, ROOF_MS = 0.1, 1500  # of the round-trip axis, which is logarithmic
LABEL_X = -0.012


def _decades(value):
    """Round trips are drawn by their logarithm; 0 at FLOOR_MS."""
    return log10(max(value, FLOOR_MS) / FLOOR_MS)


TOP = _decades(ROOF_MS)
LOST_ROW, CARRIER_ROW = (-0.72, -0.25), (-1.80, -0.95)
PHASE_ROW, COUNT_ROW, GAP_ROW = TOP + 1.62, TOP + 1.08, TOP + 0.38
BOTTOM, CEILING = -1.90, TOP + 2.0


def _carrier(tap):
    """(colour, ink, label) of the NIC behind a tap of the demo's guests."""
    if tap.endswith("standby"):
        return STANDBY, INK, "standby"
    return PASS_THROUGH, "white", "pass-through" if tap.startswith("a-") else "new pass-through"


class Track:
    """One story on its axes; x is seconds since the story's first phase."""

    def __init__(self, axes, outcome):
        self.axes = axes
        self.outcome = outcome
        self.origin = outcome.phases[0].start
        self.begin = self.at(outcome.log.sent[0])
        self.end = self.at(outcome.phases[-1].end)

    def at(self, moment):
        return moment - self.origin

    def draw(self, title):
        self._frame(title)
        self._phases()
        self._round_trips()
        self._outages()
        self._lost()
        self._carriers()
        self._stop_and_copy()

    def _frame(self, title):
        self.axes.set_ylim(BOTTOM, CEILING)
        ticks = [0.1, 1, 10, 100, 1000]
        self.axes.set_yticks([_decades(tick) for tick in ticks], ["0.1 ms", "1 ms", "10 ms", "100 ms", "1 s"])
        self.axes.tick_params(length=0, labelsize=10, colors=MUTED)
        for side in self.axes.spines.values():
            side.set_visible(False)
        place = {"transform": self.axes.transAxes}
        self.axes.text(0, 1.125, title, fontsize=14, weight="bold", color=INK, **place)
        colour = GOOD if self.outcome.rejoined else LOST
        self.axes.text(0, 1.035, _verdict(self.outcome), fontsize=11.5, color=colour, **place)

    def _row_label(self, row, text):
        self.axes.text(LABEL_X, row, text, ha="right", va="center", fontsize=10, color=MUTED,
                       transform=self.axes.get_yaxis_transform())

    def _phases(self):
        statistics = self.outcome.result()["phases"]
        for number, phase in enumerate(self.outcome.phases):
            start, end = self.at(phase.start), self.at(phase.end)
            self.axes.axvspan(start, end, color=BANDS[number % 2], lw=0, zorder=0)
            acted = self.outcome.aided or phase.name not in ("prepare", "complete")
            name = phase.name if acted else f"no {phase.name}"
            style = "normal" if acted else "italic"
            place = {"ha": "center", "va": "center"}
            middle, lost = (start + end) / 2, statistics[phase.name]["lost"]
            self.axes.text(middle, PHASE_ROW, name, fontsize=11.5, color=INK, style=style, **place)
            self.axes.text(middle, COUNT_ROW, f"{lost} lost", fontsize=10.5, **place,
                           color=LOST if lost else MUTED, weight="bold" if lost else "normal")

    def _round_trips(self):
        log = self.outcome.log
        points = [
            (self.at(sent), _decades(1000 * (received - sent)))
            for sent, received in zip(log.sent, log.received)
            if received is not None and self.at(sent) <= self.end
        ]
        # tens of thousands of dots: as pixels also in the SVG
        self.axes.plot(*zip(*points), ".", ms=2.2, mew=0, color=DOT, alpha=0.55, zorder=2,
                       rasterized=True)

    def _outages(self):
        """A band for each interval without replies that probes were lost in, and its length."""
        lost, clusters = self.outcome.log.lost_times(), []
        for start, end in self.outcome.log.gaps():
            swallowed = sum(start < moment < end for moment in lost)
            if swallowed < OUTAGE_LOSSES or self.at(start) > self.end:
                continue
            left, right = self.at(start), self.at(end)
            self.axes.fill_between([left, right], LOST_ROW[0], TOP + 0.05, color=LOST, alpha=0.28,
                                   lw=0, zorder=1)
            if clusters and left - clusters[-1][0] < LABEL_SECONDS:
                clusters[-1][1].append((right - left, (left + right) / 2))
            else:
                clusters.append((left, [(right - left, (left + right) / 2)]))
        for _left, gaps in clusters:
            length, middle = max(gaps)
            self.axes.text(middle, GAP_ROW, f"{1000 * length:.0f} ms gap", ha="center",
                           va="center", fontsize=10.5, weight="bold", color=LOST)

    def _lost(self):
        times = [self.at(moment) for moment in self.outcome.log.lost_times()]
        self.axes.hlines(sum(LOST_ROW) / 2, self.begin, self.end, color="#cccccc", lw=0.8, zorder=1)
        self.axes.vlines([time for time in times if time <= self.end], *LOST_ROW, color=LOST,
                         lw=1.0, zorder=3)
        self._row_label(sum(LOST_ROW) / 2, "lost probes")

    def _carriers(self):
        names = {"a-primary": "enp1s0", "a-standby": "enp4s0", "b-standby": "enp4s0",
                 "b-primary": self.outcome.interface or ""}
        low, high = CARRIER_ROW
        for start, end, tap in self.outcome.carriers:
            start, end = max(self.at(start), self.begin), min(self.at(end), self.end)
            colour, ink, label = _carrier(tap)
            self.axes.broken_barh([(start, end - start)], (low, high - low), color=colour, lw=0,
                                  zorder=2)
            per_letter = (self.end - self.begin) / 125
            texts = [f"{label} {names.get(tap, '')}", names.get(tap, "")]
            text = next((t for t in texts if len(t) * per_letter < end - start), "")
            self.axes.text((start + end) / 2, (low + high) / 2, text, ha="center",
                           va="center_baseline", fontsize=10, color=ink, zorder=3)
        self._row_label((low + high) / 2, "carried by")

    def _stop_and_copy(self):
        start, end = (self.at(moment) for moment in self.outcome.stopped)
        self.axes.annotate(
            f"stop-and-copy {1000 * (end - start):.0f} ms", xy=(end, _decades(0.35)),
            xytext=(8, 0), textcoords="offset points", ha="left", va="center", fontsize=9.5,
            color=INK, bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.8},
        )
        self.axes.fill_between([start, end], _decades(0.25), _decades(0.5), color=INK, lw=0,
                               zorder=4)


def _verdict(outcome):
    """One line on where the new NIC ended up."""
    active, primary = outcome.bond.active or "none", outcome.bond.primary or "none"
    where = "is back in the bond" if outcome.rejoined else "never came back into the bond"
    return (f"The new NIC, {outcome.interface}, {where}.   Active port: {active}.   "
            f"The bond's primary option: {primary}.")


def draw(aided, unaided, paths):
    """Draw both Outcomes into each of paths (PNG, SVG)."""
    pyplot.rcParams.update({"font.family": "DejaVu Sans", "svg.fonttype": "none"})
    figure, axes = pyplot.subplots(2, 1, figsize=SIZE, sharex=True)
    figure.suptitle("A guest loses its pass-through NIC, migrates live and gets another one",
                    x=0.085, y=0.985, ha="left", fontsize=17, weight="bold", color=INK)
    tracks = [Track(axes[0], aided), Track(axes[1], unaided)]
    tracks[0].draw("Aided: prepare and complete through the guest agent")
    tracks[1].draw("Unaided: the same unplug, migration and plug")
    axes[0].set_xlim(min(t.begin for t in tracks), max(t.end for t in tracks))
    axes[0].tick_params(labelbottom=True)
    axes[1].set_xlabel("seconds; 1000 probes a second, each dot is the round trip of one",
                       fontsize=11, color=MUTED)
    figure.subplots_adjust(left=0.085, right=0.985, top=0.865, bottom=0.075, hspace=0.37)
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=100)
    pyplot.close(figure)
