# SPDX-License-Identifier: GPL-2.0-or-later
"""The picture of the demo: both stories as tracks over time, drawn with matplotlib.

A track shows, from the top: the phases; how many of the probes were answered; each lost probe as
a tick; and on which NIC the guest's answers came out. Colours are from the Okabe-Ito set, and
each also differs in lightness or carries a label. Readable at 1200 pixels.
"""

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (the backend has to be chosen first)

INK = "#222222"
MUTED = "#666666"
BANDS = ("#f3f3f3", "#e6e6e6")
PASS_THROUGH = "#0072b2"
STANDBY = "#8fd0f5"
ANSWERED = "#9fb4c2"
LOST = "#d55e00"
BIN = 0.02
ANNOTATED_MS = 20
SIZE = (12, 8.2)


def _carrier(tap):
    """(colour, ink, label) of the NIC behind a tap."""
    if tap.endswith("standby"):
        return STANDBY, INK, "virtio"
    return PASS_THROUGH, "white", "pass-through" if tap.startswith("a-") else "new pass-through"


def _answered(log, origin, end):
    """Times and share of answered probes (0-100) per BIN, by the time they were sent."""
    count = int((end - origin) / BIN) + 1
    sent, answered = [0] * count, [0] * count
    for moment, reply in zip(log.sent, log.received):
        index = int((moment - origin) / BIN)
        if 0 <= index < count:
            sent[index] += 1
            answered[index] += reply is not None
    points = [(i * BIN, 100 * answered[i] / sent[i]) for i in range(count) if sent[i]]
    return [point[0] for point in points], [point[1] for point in points]


class Track:
    """One story on its axes; x is seconds since the story's first phase."""

    def __init__(self, axes, outcome, title):
        self.axes = axes
        self.outcome = outcome
        self.origin = outcome.phases[0].start
        self.begin = max(outcome.log.sent[0] - self.origin, -1.0)
        self.end = outcome.phases[-1].end - self.origin
        axes.set_ylim(-78, 148)
        axes.set_yticks([0, 50, 100], ["0", "50", "100 %"])
        axes.tick_params(length=0, labelsize=10, colors=MUTED)
        for side in ("top", "right", "left", "bottom"):
            axes.spines[side].set_visible(False)
        axes.text(0, 1.13, title, transform=axes.transAxes, fontsize=14, weight="bold", color=INK)

    def at(self, moment):
        return moment - self.origin

    def draw(self):
        self._phases()
        self._answers()
        self._stopped()
        self._losses()
        self._gaps()
        self._carriers()

    def _phases(self):
        statistics = self.outcome.result()["phases"]
        for number, phase in enumerate(self.outcome.phases):
            start, end = self.at(phase.start), self.at(phase.end)
            self.axes.axvspan(start, end, color=BANDS[number % 2], lw=0, zorder=0)
            lost = statistics[phase.name]["lost"]
            middle = (start + end) / 2
            acted = self.outcome.aided or phase.name not in ("prepare", "complete")
            name = phase.name if acted else f"(no {phase.name})"
            self.axes.text(middle, 138, name, ha="center", va="center", fontsize=11, color=INK)
            self.axes.text(middle, 124, f"{lost} lost", ha="center", va="center", fontsize=10.5,
                           color=LOST if lost else MUTED, weight="bold" if lost else "normal")

    def _answers(self):
        times, share = _answered(self.outcome.log, self.origin + self.begin, self.origin + self.end)
        times = [self.begin + time for time in times]
        self.axes.fill_between(times, share, step="post", color=ANSWERED, lw=0, zorder=2)

    def _stopped(self):
        start, end = (self.at(moment) for moment in self.outcome.stopped)
        self.axes.annotate(
            f"stop-and-copy {1000 * (end - start):.0f} ms", xy=((start + end) / 2, 0),
            xytext=((start + end) / 2, -12), ha="center", va="center", fontsize=9.5, color=MUTED)
        self.axes.plot([start, end], [-4, -4], color=INK, lw=3, solid_capstyle="butt", zorder=4)

    def _losses(self):
        times = [self.at(moment) for moment in self.outcome.log.lost_times()]
        self.axes.vlines(times, -34, -22, color=LOST, lw=0.9, zorder=3)
        self.axes.text(self.begin - 0.15, -28, "lost", ha="right", va="center", fontsize=10,
                       color=MUTED)

    def _gaps(self):
        for start, end in self.outcome.log.gaps():
            length, middle = 1000 * (end - start), self.at((start + end) / 2)
            if length < ANNOTATED_MS or not 0 <= middle <= self.end:
                continue
            self.axes.annotate(
                f"{length:.0f} ms", xy=(middle, 100), xytext=(middle, 110), ha="center",
                va="center", fontsize=10.5, weight="bold", color=LOST)

    def _carriers(self):
        names = self._interface_names()
        for start, end, tap in self.outcome.carriers:
            start, end = max(self.at(start), self.begin), min(self.at(end), self.end)
            colour, ink, label = _carrier(tap)
            self.axes.broken_barh([(start, end - start)], (-72, 26), color=colour, lw=0, zorder=2)
            if end - start > 2.2:
                self.axes.text((start + end) / 2, -59, f"{label}  {names.get(tap, '')}",
                               ha="center", va="center", fontsize=10, color=ink)
        self.axes.text(self.begin - 0.15, -59, "carried by", ha="right", va="center", fontsize=10,
                       color=MUTED)

    def _interface_names(self):
        return {"a-primary": "enp1s0", "a-standby": "enp4s0", "b-standby": "enp4s0",
                "b-primary": self.outcome.interface or ""}


def _verdict(outcome):
    """One line on where the new NIC ended up."""
    active = outcome.bond.active or "none"
    primary = outcome.bond.primary or "none"
    where = "is back in the bond" if outcome.rejoined else "never came back into the bond"
    return f"New NIC {outcome.interface} {where}.  Active port: {active}.  Primary option: {primary}."


def draw(aided, unaided, paths):
    """Draw both Outcomes into each of paths (PNG, SVG)."""
    pyplot.rcParams.update({"font.family": "DejaVu Sans", "svg.fonttype": "none"})
    figure, axes = pyplot.subplots(2, 1, figsize=SIZE, sharex=True)
    figure.suptitle("A guest loses its pass-through NIC, migrates live and gets another one",
                    x=0.07, y=0.985, ha="left", fontsize=17, weight="bold", color=INK)
    tracks = [Track(axes[0], aided, "Aided: prepare and complete through the guest agent"),
              Track(axes[1], unaided, "Unaided: the same unplug, migration and plug")]
    for track in tracks:
        track.draw()
        track.axes.text(0, 1.04, _verdict(track.outcome), transform=track.axes.transAxes,
                        fontsize=11.5, color=INK)
    axes[0].set_xlim(min(t.begin for t in tracks), max(t.end for t in tracks))
    axes[1].set_xlabel("seconds since the story began; 1000 probes a second", fontsize=11,
                       color=MUTED)
    figure.subplots_adjust(left=0.07, right=0.985, top=0.865, bottom=0.07, hspace=0.32)
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=100)
    pyplot.close(figure)
