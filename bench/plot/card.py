"""What all pictures have in common: the card, its words, and a colour for every contender."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

INK: Final = "#0f172a"
QUIET: Final = "#64748b"
GRID: Final = "#e2e8f0"
GOAL: Final = "#dc2626"
OURS: Final = "#0f766e"
OTHER: Final = "#a8b5c7"

_LINES: Final = {
    "ours, Hocuspocus": "#2cb5a5",
    "Hocuspocus": "#c2620c",
    "Hocuspocus, SQLite": "#e3a008",
    "pycrdt-websocket": "#7c3aed",
    "@y/websocket-server": "#0369a1",
    "bun, relay": "#475569",
}
_OURS: Final = ("ours", "crdt-server", "merge path", "whole room", "vet", "ready", "broadcast bytes")
"""How the names of our contenders begin, and of our parts in the merge benchmark."""

_WIDTH_IN = 9.0
_DPI = 190
_HEAD_IN, _FOOT_IN = 1.16, 0.58
_EDGE_IN = 0.28
_FOOT_CHARACTERS = 155


def is_ours(contender: str) -> bool:
    """Whether a contender is this project, in whatever dialect."""
    return contender.startswith(_OURS)


def label(contender: str) -> str:
    """Return what a contender is called in pictures."""
    return contender.replace("ours", "crdt-server")


def line_colour(contender: str) -> str:
    """Return the same colour for a contender in all pictures of lines."""
    return _LINES.get(contender, OURS if is_ours(contender) else QUIET)


@dataclass(frozen=True, slots=True)
class Words:
    """What stands above a picture, and below: which way is better, how it was measured, and when."""

    title: str
    subtitle: str
    foot: str


class Card:
    """A picture with room for panels `rows_in` inches high, and its words."""

    def __init__(self, words: Words, *, rows_in: float) -> None:
        height = _HEAD_IN + rows_in + _FOOT_IN
        self.panels: list[Axes] = []
        self._height = height
        self._figure = Figure(figsize=(_WIDTH_IN, height), dpi=_DPI)
        FigureCanvasAgg(self._figure)
        self._figure.patch.set_alpha(0)
        self._figure.add_artist(
            FancyBboxPatch(
                (0.006, 0.006 * _WIDTH_IN / height),
                0.988,
                1 - 0.012 * _WIDTH_IN / height,
                boxstyle="round,pad=0,rounding_size=0.015",
                mutation_aspect=_WIDTH_IN / height,
                facecolor="white",
                edgecolor=GRID,
                linewidth=1,
                zorder=-1,
            )
        )
        self._words(
            _EDGE_IN,
            height - 0.42,
            f"{words.title[:1].upper()}{words.title[1:]}",
            size=14,
            weight="bold",
            color=INK,
        )
        self._words(_EDGE_IN, height - 0.70, words.subtitle, size=9.5, color=QUIET)
        foot = "\n".join(textwrap.wrap(words.foot, _FOOT_CHARACTERS))
        self._words(_EDGE_IN, 0.18, foot, size=7.5, color=QUIET, va="bottom")

    def _words(self, x: float, y: float, words: str, **looks: object) -> None:
        self._figure.text(x / _WIDTH_IN, y / self._height, words, **looks)  # type: ignore[arg-type]  # looks

    def split(
        self, columns: int, *, left: float, right: float, bottom_in: float = _FOOT_IN, shares_y: bool = False
    ) -> list[Axes]:
        """Return panels side by side, between two shares of the width and from so many inches upwards."""
        place = {"bottom": bottom_in / self._height, "top": 1 - _HEAD_IN / self._height}
        place |= {"left": left, "right": right, "wspace": 0.12 if shares_y else 0.28}
        grid = self._figure.subplots(1, columns, squeeze=False, sharey=shares_y, gridspec_kw=place)
        self.panels = list(grid[0])
        for axes in self.panels:
            axes.tick_params(length=0, colors=QUIET)
            for spine in axes.spines.values():
                spine.set_color(GRID)
        return self.panels

    def key(self) -> None:
        """Say below the panels whose line is which."""
        found: dict[str, Artist] = {}
        for axes in self.panels:
            lines, labels = axes.get_legend_handles_labels()
            found |= dict(zip(labels, lines, strict=True))
        self._figure.legend(
            list(found.values()),
            list(found),
            loc="lower left",
            bbox_to_anchor=(_EDGE_IN / _WIDTH_IN - 0.005, (_FOOT_IN - 0.16) / self._height),
            ncols=len(found),
            frameon=False,
            fontsize=8.5,
            handlelength=1.6,
            columnspacing=1.4,
            borderpad=0,
        )

    def save(self, path: Path) -> Path:
        """Write the picture. Raises OSError."""
        self._figure.savefig(path, transparent=False, metadata={"Software": None})
        return path
