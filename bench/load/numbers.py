"""What the load client found, as measurements and counts by their names."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bench.result import Measurement

from .cost import Cost, Watched
from .crowd import Crowd
from .order import Order
from .tally import Tally

_MIB = 1024 * 1024


def counted(crowd: Crowd, tally: Tally) -> dict[str, int]:
    """Return the counts of one run."""
    edits, cursors = tally.edits, tally.cursors
    counts = {
        "edits": edits.sent,
        "deliveries_expected": edits.expected,
        "deliveries": edits.delivered,
        "lost": edits.lost,
        "duplicated": edits.duplicated,
        "echoes": edits.echoes,
        "acknowledged": edits.acknowledged,
        "update_frames": edits.frames,
        "connections_lost": crowd.connections_lost,
    }
    if cursors.sent:
        counts |= {
            "cursors": cursors.sent,
            "cursor_deliveries_expected": cursors.expected,
            "cursor_deliveries": cursors.delivered,
            "cursors_missing": cursors.missing,
        }
    return counts


def measurements(
    order: Order, crowd: Crowd, tally: Tally, typing: Cost, total: Cost
) -> Iterator[Measurement]:
    """Iterate over latencies and costs: `typing` is while they typed, `total` until all had come."""
    edits, cursors = tally.edits, tally.cursors
    late = [(sent.left_ns - sent.due_ns) / 1e6 for room in crowd.rooms for sent in room.sent]
    distributions = {
        "propagation": edits.propagation_ms,
        "acknowledgement": edits.acknowledgement_ms,
        "send lateness": [np.array(late)],
        "cursor propagation": cursors.propagation_ms,
        "cursor staleness": cursors.stale_ms,
    }
    for quantity, parts in distributions.items():
        values = _sorted(parts)
        if values:
            yield Measurement.of_distribution(order.workload, order.contender, quantity, "ms", values)
    numbers = [
        ("typing", "s", typing.wall_s),
        ("server cpu", "% of a core", 100 * typing.server_s / typing.wall_s),
        ("load client cpu", "% of a core", 100 * typing.own_s / typing.wall_s),
        ("others' cpu", "% of a core", 100 * typing.others_s / typing.wall_s),
    ]
    if edits.delivered:
        numbers += [
            ("server cpu per delivery", "us", 1e6 * total.server_s / edits.delivered),
            ("workers' cpu per delivery", "us", 1e6 * total.children_s / edits.delivered),
            ("frames per delivery", "", edits.frames / edits.delivered),
        ]
    if cursors.expected:
        numbers.append(("cursors delivered", "of those sent", cursors.delivered / cursors.expected))
    for quantity, unit, value in numbers:
        yield Measurement(order.workload, order.contender, quantity, unit, value)


def sizes(order: Order, server: Watched, alone_bytes: int, joined_bytes: int) -> Iterator[Measurement]:
    """Iterate over the server's memory: before anybody came, with all there, and at most."""
    found = {
        "server memory, alone": alone_bytes,
        "server memory, all joined": joined_bytes,
        "server memory, most": server.rss_bytes_max,
        "workers' memory, most": server.children_rss_bytes_max,
    }
    for quantity, size in found.items():
        yield Measurement(order.workload, order.contender, quantity, "MiB", size / _MIB)


def _sorted(parts: list[NDArray[np.float64]]) -> list[float]:
    found: list[float] = np.sort(np.concatenate([np.empty(0), *parts])).tolist()
    return found
