"""Bars: one row per contender, one panel per quantity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes

from bench.result import Measurement, Result

from .card import GOAL, INK, OTHER, OURS, QUIET, Card, Words, is_ours, label

ROW_IN: Final = 0.36
_NAME_WIDTH = 0.0082
"""Of the card's width, for each character of a contender's name."""

_CUT = 2.2
"""A bar that is longer than this times the next longest is cut, so that the others can be told apart."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A quantity: of which workload, which quantile where it is a distribution, up to where it is good."""

    title: str
    workload: str
    quantity: str
    quantile: str = ""
    digits: int = 0
    goal: float | None = None

    def value(self, measured: Measurement) -> float:
        """Return the number of a measurement that is drawn."""
        return measured.quantiles[self.quantile] if self.quantile else measured.value

    def spread(self, measured: Measurement) -> tuple[float, float]:
        """Return the smallest and largest of its runs."""
        value = self.value(measured)
        return (
            (value, value)
            if self.quantile
            else (min([value, *measured.samples]), max([value, *measured.samples]))
        )


def contenders_in(result: Result, panels: Sequence[Panel]) -> list[str]:
    """Return who was measured in any of the panels, in the order of the result."""
    wanted = {(panel.workload, panel.quantity) for panel in panels}
    return list(dict.fromkeys(m.contender for m in result.measurements if (m.workload, m.quantity) in wanted))


def draw(result: Result, words: Words, panels: Sequence[Panel]) -> Card:
    """Draw a card of bars; there must be at least one contender."""
    names = contenders_in(result, panels)
    card = Card(words, rows_in=ROW_IN * len(names) + 0.3)
    left = 0.05 + _NAME_WIDTH * max(len(label(name)) for name in names)
    columns = card.split(len(panels), left=left, right=0.975)
    for number, (axes, panel) in enumerate(zip(columns, panels, strict=True)):
        _panel(axes, panel, [result.find(panel.workload, name, panel.quantity) for name in names])
        axes.set_yticks(
            range(len(names)), [label(name) for name in names] if number == 0 else [""] * len(names)
        )
        for name, tick in zip(names, axes.get_yticklabels(), strict=True):
            tick.set(color=INK, fontsize=9, fontweight="bold" if is_ours(name) else "normal")
    return card


def _panel(axes: Axes, panel: Panel, found: Sequence[Measurement | None]) -> None:
    values = sorted(panel.value(measured) for measured in found if measured is not None)
    longest = min(values[-1], values[max(len(values) - 2, 0)] * _CUT) if values and values[-1] else 1.0
    if panel.goal is not None and panel.goal <= 3 * longest:
        longest = max(longest, panel.goal * 1.02)
    axes.set_title(panel.title, loc="left", fontsize=9, color=QUIET, pad=6)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_xticks([])
    axes.set_xlim(0, longest * 1.24)
    axes.set_ylim(len(found) - 0.4, -0.6)
    for row, measured in enumerate(found):
        if measured is not None:
            _bar(axes, row, panel, measured, longest)
    if panel.goal is not None and panel.goal <= longest:
        axes.axvline(panel.goal, color=GOAL, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1)
        axes.text(panel.goal, -0.58, " goal", color=GOAL, fontsize=7, va="top", ha="left")
    elif panel.goal is not None:
        words = f"goal: at most {panel.goal:,g}"
        axes.text(1, -0.02, words, color=GOAL, fontsize=7, va="top", ha="right", transform=axes.transAxes)


def _bar(axes: Axes, row: int, panel: Panel, measured: Measurement, longest: float) -> None:
    value = panel.value(measured)
    low, high = panel.spread(measured)
    length = min(value, longest)
    colour = OURS if is_ours(measured.contender) else OTHER
    axes.barh(row, length, height=0.56, color=colour, zorder=2)
    end = length
    if value > longest:
        for at in (0.90, 0.93):
            x = length * at
            axes.plot(
                [x, x + longest * 0.02], [row + 0.36, row - 0.36], color="white", linewidth=2.4, zorder=3
            )
    elif high > low:
        end = min(high, longest * 1.05)
        axes.plot([low, end], [row, row], color=INK, linewidth=1, zorder=3)
    weight = "bold" if is_ours(measured.contender) else "normal"
    axes.text(
        end + longest * 0.02,
        row,
        f"{value:,.{panel.digits}f}",
        va="center",
        fontsize=9,
        fontweight=weight,
        zorder=4,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
    )
