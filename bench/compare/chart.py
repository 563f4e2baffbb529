"""The comparison as a picture: an SVG that needs nothing else, with one row per contender."""

from __future__ import annotations

from html import escape

from bench.result import Measurement, Result

from . import survival
from .quantities import CPU, PROPAGATION, SURVIVED, WORKLOAD

_LABELS, _PANEL, _GAP, _ROW, _BAR = 190, 280, 70, 34, 16
_TOP, _BOTTOM, _MARGIN = 124, 44, 24
_STORED, _KEPT_IN_MEMORY, _INK, _QUIET, _GRID = "#0f766e", "#cbd5e1", "#0f172a", "#64748b", "#e2e8f0"
_CUT = 2.0
"""A bar that is longer than this times the next longest is cut off, so that the others can be told apart."""

_PANELS = (
    (CPU, "CPU of the server per delivery", "µs", 1),
    (PROPAGATION[1], "from a keystroke to the others, p99", "ms", 0),
)


def draw(result: Result) -> str:
    """Return the SVG document."""
    scenario, names = result.scenario["fanout"], list(result.counts)
    width = 2 * _MARGIN + _LABELS + len(_PANELS) * (_PANEL + _GAP)
    height = _TOP + _ROW * len(names) + _BOTTOM
    title = f"{scenario['clients']} people in one document, {scenario['writers']} of them typing"
    rate, day = f"{scenario['edits_per_s']:g} edits/s each", f"{result.started:%Y-%m-%d}"
    foot = f"Shorter is better. {rate}; median and range of the rounds; {day}."
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="system-ui, sans-serif" font-size="13" fill="{_INK}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="12" fill="#fff"/>',
        _text(_MARGIN, 38, title, 'font-size="20" font-weight="600"'),
        _key(_MARGIN, 58, _STORED, "stored when it is acknowledged: survives kill -9"),
        _key(_MARGIN + 350, 58, _KEPT_IN_MEMORY, "acknowledged or shown, but lost by kill -9"),
        _text(_MARGIN, height - 20, foot, f'fill="{_QUIET}" font-size="12"'),
    ]
    for row, name in enumerate(names):
        at = (_MARGIN + _LABELS - 14, _TOP + row * _ROW + _BAR - 3)
        parts.append(_text(*at, name.replace("ours", "crdt-server"), 'text-anchor="end"'))
    for column, (quantity, label, unit, digits) in enumerate(_PANELS):
        x = _MARGIN + _LABELS + column * (_PANEL + _GAP)
        parts.append(_text(x, _TOP - 16, f"{label}, {unit}", f'fill="{_QUIET}"'))
        parts.append(_line((x, _TOP - 6), (x, _TOP + len(names) * _ROW - 10), _GRID, 1))
        found = [result.find(WORKLOAD, name, quantity) for name in names]
        longest = _scale([measured.value for measured in found if measured is not None])
        for row, measured in enumerate(found):
            if measured is not None:
                left = result.find(WORKLOAD, names[row], SURVIVED)
                is_stored = left is not None and left.value == survival.ACKNOWLEDGED
                colour = _STORED if is_stored else _KEPT_IN_MEMORY
                parts.append(_bar((x, _TOP + row * _ROW), measured, longest, colour, digits))
    return "\n".join([*parts, "</svg>", ""])


def _scale(values: list[float]) -> float:
    """Return the value that fills a panel: the largest, or less where it dwarfs all others."""
    ordered = sorted(values)
    return min(ordered[-1], ordered[max(len(ordered) - 2, 0)] * _CUT) if any(ordered) else 1.0


def _bar(at: tuple[float, float], measured: Measurement, longest: float, colour: str, digits: int) -> str:
    """A bar, the range of its rounds, and its value behind both; cut where it is too long."""
    (x, y), per_unit = at, _PANEL / longest
    length, low, high = (
        min(value * per_unit, _PANEL)
        for value in (measured.value, min(measured.samples), max(measured.samples))
    )
    parts = [f'<rect x="{x}" y="{y}" width="{length:.1f}" height="{_BAR}" rx="2" fill="{colour}"/>']
    if measured.value > longest:
        cuts = (x + length - 30, x + length - 37)
        parts += [_line((cut, y + _BAR + 3), (cut + 8, y - 3), "#fff", 4) for cut in cuts]
    elif high > low:
        middle = y + _BAR / 2
        parts.append(_line((x + low, middle), (x + high, middle), _INK, 1.5))
    shown = f"{measured.value:,.{digits}f}"
    return "".join([*parts, _text(x + max(high, length) + 7, y + _BAR - 3, shown, 'font-weight="600"')])


def _text(x: float, y: float, words: str, attributes: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(words)}</text>'


def _line(start: tuple[float, float], end: tuple[float, float], colour: str, width: float) -> str:
    (x1, y1), (x2, y2) = start, end
    at = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {at} stroke="{colour}" stroke-width="{width}"/>'


def _key(x: float, y: float, colour: str, words: str) -> str:
    square = f'<rect x="{x}" y="{y}" width="12" height="12" rx="2" fill="{colour}"/>'
    return square + _text(x + 18, y + 11, words)
