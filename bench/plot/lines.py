"""Lines: distributions by their quantiles, and how something grows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from bench.result import Measurement

from .card import GOAL, GRID, INK, QUIET, Card, Words, is_ours, label, line_colour

_LINES_IN: Final = 3.3
_QUANTILES: Final = (50, 75, 90, 95, 99, 99.9)
Points = Sequence[tuple[float, float]]


def quantiles(
    words: Words, panels: Mapping[str, Sequence[Measurement]], unit: str, goal: float | None
) -> Card:
    """Draw distributions, a panel per title: the rarer, the further to the right."""
    card = Card(words, rows_in=_LINES_IN)
    columns = card.split(len(panels), left=0.085, right=0.955, bottom_in=0.98, shares_y=True)
    for axes, (name, measurements) in zip(columns, panels.items(), strict=True):
        _frame(axes, name)
        for measured in measurements:
            kept = [(float(p), v) for p, v in measured.quantiles.items() if 50 <= float(p) <= 99.9 and v > 0]
            _line(axes, measured.contender, [(_rarity(percent), value) for percent, value in sorted(kept)])
        axes.set_yscale("log")
        axes.set_xlim(_rarity(50), _rarity(99.9))
        axes.set_xticks([_rarity(percent) for percent in _QUANTILES], [f"p{p:g}" for p in _QUANTILES])
        _goal(axes, goal, unit)
    for axes in columns:
        _numbers(axes, unit if axes is columns[0] else "")
    card.key()
    return card


def growth(words: Words, panels: Mapping[str, Mapping[str, Points]], across: str, goal: float | None) -> Card:
    """Draw how something grows, a panel per title, a line per contender, both axes logarithmic."""
    card = Card(words, rows_in=_LINES_IN)
    columns = card.split(len(panels), left=0.085, right=0.955, bottom_in=1.18)
    for number, (axes, (name, lines)) in enumerate(zip(columns, panels.items(), strict=True)):
        _frame(axes, name)
        for contender, points in lines.items():
            _line(axes, contender, [(x, max(y, 1e-3)) for x, y in points], marker="o")
        axes.set_xscale("log")
        axes.set_yscale("log")
        across_all = sorted({x for points in lines.values() for x, _ in points})
        axes.set_xticks(across_all, [f"{x:,g}" for x in across_all])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel(across, fontsize=8.5, color=QUIET)
        _numbers(axes, "")
        if number == 0:
            _goal(axes, goal, "")
    card.key()
    return card


def _rarity(percent: float) -> float:
    """Where a quantile lies: as far as nines go."""
    return -math.log10(1 - percent / 100)


def _frame(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=9, color=INK, pad=6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(color=GRID, linewidth=0.7, which="major")
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8)


def _line(axes: Axes, contender: str, points: Points, marker: str = "") -> None:
    ours = is_ours(contender)
    axes.plot(
        [x for x, _ in points],
        [y for _, y in points],
        color=line_colour(contender),
        linewidth=2.6 if ours else 1.5,
        marker=marker,
        markersize=5 if ours else 4,
        label=label(contender),
        zorder=4 if ours else 3,
    )


def _numbers(axes: Axes, unit: str) -> None:
    """Plain numbers on a logarithmic axis of values; more of them where it spans little."""
    low, high = axes.get_ylim()
    subs = (1.0,) if high / low > 300 else (1.0, 2.0, 5.0)
    axes.yaxis.set_major_locator(LogLocator(subs=subs))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    if unit:
        axes.set_ylabel(unit, fontsize=8.5, color=QUIET)


def _goal(axes: Axes, goal: float | None, unit: str) -> None:
    if goal is None:
        return
    axes.axhline(goal, color=GOAL, linewidth=1.1, linestyle=(0, (4, 3)))
    words = f"goal: {goal:,g} {unit}".rstrip()
    axes.annotate(
        words,
        (0.01, goal),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        color=GOAL,
        fontsize=7,
    )
