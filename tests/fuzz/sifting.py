"""Sifting against anything known loses nothing and lets only what is ready through."""

from __future__ import annotations

from collections.abc import Sequence

from crdt_server.core.known import DeleteSet, Known
from crdt_server.core.readiness import sift
from crdt_server.protocol.errors import ProtocolError
from crdt_server.protocol.update import Update, encode_state_vector, vet

from .case import Case, Finding
from .model import deleted_operations, minus, normalised, operations, union


def check_sifted(case: Case, update: Update) -> None:
    """Sifting against anything known loses nothing, repeats little and lets only what is ready through."""
    known = _random_known(case, update)
    vector = dict(known.vector)
    before = normalised([(client, 0, clock) for client, clock in vector.items() if clock])
    deleted_before = normalised([(c, a, b) for c, pairs in known.deletions for a, b in pairs])
    inputs = (update.data, encode_state_vector(vector), known.deletions.encode())
    try:
        sifted = sift(update, known)
        fresh = vet(sifted.fresh.data) if sifted.fresh is not None else Update(b"\0\0", [], [])
        waiting = vet(sifted.waiting.data) if sifted.waiting is not None else Update(b"\0\0", [], [])
    except ProtocolError as error:
        raise Finding(f"a sifted part is refused: {error}", inputs) from error
    new = minus(operations(update), before)
    now, later = minus(operations(fresh), before), minus(operations(waiting), before)
    case.expect(union(now, later) == new, "sifting loses or invents operations", *inputs)
    case.expect(minus(now, later) == now, "an operation is both fresh and waiting", *inputs)
    deletions = normalised(update.deletions)
    kept = union(deleted_operations(fresh), deleted_operations(waiting))
    case.expect(not minus(minus(deletions, deleted_before), kept), "sifting loses deletions", *inputs)
    case.expect(not minus(kept, deleted_operations(update)), "sifting invents deletions", *inputs)
    if sifted.fresh is not None:
        fresh_deletions = normalised(sifted.fresh.deletions)
        case.expect(
            fresh_deletions == normalised(fresh.deletions), "fresh deletions are not its bytes'", *inputs
        )
        _check_ready(case, fresh, vector, sifted.fresh.clocks, inputs)
        known.grow(sifted.fresh.clocks, sifted.fresh.deletions)
        reached = normalised([(client, 0, clock) for client, clock in known.vector.items() if clock])
        case.expect(reached == union(before, now), "fresh clocks are not its operations'", *inputs)
    if sifted.waiting is not None:
        case.expect(bool(sifted.missing), "something waits for nothing", *inputs)
        again = sift(waiting, known)
        case.expect(again.fresh is None, "what waits was ready", *inputs)
        case.expect(again.waiting is not None, "what waits is known", *inputs)
        case.expect(
            all(clock >= known.vector.get(client, 0) for client, clock in again.missing),
            "something waits for what is known", *inputs,
        )  # fmt: skip


def _check_ready(
    case: Case, fresh: Update, vector: dict[int, int], clocks: dict[int, int], inputs: Sequence[bytes]
) -> None:
    reached = {**vector, **clocks}
    for section in fresh.sections:
        known = vector.get(section.client, 0)
        case.expect(section.clock <= known, "a fresh section leaves a hole", *inputs)
        case.expect(not section.has_skip, "a fresh section has a Skip", *inputs)
        ends = dict(zip(section.clocks, [*section.clocks[1:], section.end], strict=True))
        for own, client, clock in section.needs:
            if ends[own] > known:
                case.expect(clock < reached.get(client, 0), "a fresh operation is not ready", *inputs)
    for client, _, end in fresh.deletions:
        case.expect(end <= reached.get(client, 0), "a fresh deletion is not ready", *inputs)


def _random_known(case: Case, update: Update) -> Known:
    """Something that may be known: the needed and the brought, all, in part or not at all."""
    rng = case.rng
    wanted: dict[int, int] = {}
    for section in update.sections:
        wanted[section.client] = rng.choice(
            (section.clock, section.clock, rng.randint(section.clock, section.end))
        )
        for _, client, clock in section.needs:
            wanted.setdefault(client, 0)
            wanted[client] = max(wanted[client], clock + 1)
    for client, _, end in update.deletions:
        wanted[client] = max(wanted.get(client, 0), rng.choice((0, end)))
    vector: dict[int, int] = {}
    for client, clock in wanted.items():
        roll = rng.random()
        reached = clock if roll < 0.6 else max(clock + rng.randint(-3, 3), 0) if roll < 0.85 else 0
        if reached:
            vector[client] = reached
    deletions = DeleteSet()
    for client, start, end in update.deletions:
        limit = vector.get(client, 0)
        if start < limit and rng.random() < 0.5:
            first = rng.randint(start, min(end, limit) - 1)
            deletions.add(client, first, rng.randint(first + 1, min(end, limit)))
    return Known(vector, deletions)
