"""What the structural check accepts is harmless: to pycrdt's stateless functions, to sifting, to a room."""

from __future__ import annotations

from collections.abc import Sequence

import pycrdt

from crdt_server.protocol.errors import ProtocolError
from crdt_server.protocol.update import Update, decode_state_vector, encode_state_vector, vet

from .case import Case, is_panic
from .grammar import sequence
from .model import Ranges, flat, is_orderly, normalised, operations, splits_pair, union
from .mutations import mutate
from .outputs import call, check_output
from .rooms import check_document, check_room, check_squash
from .seeds import Seeds
from .sifting import check_sifted
from .values import update_with_value


def check_mutated(case: Case, seeds: Seeds) -> None:
    """A few honest updates of one document, one or more of them mutated."""
    rng = case.rng
    updates: list[bytes] = []
    if rng.random() < 0.6:
        document = rng.choice(seeds.documents)
        updates += document.updates[: rng.randint(0, 6)]
        pool: Sequence[bytes] = [*document.updates, document.state]
    else:
        pool = seeds.updates
    for _ in range(rng.choice((1, 1, 2, 3))):
        updates.insert(
            rng.randint(0, len(updates)), mutate(rng, pool if rng.random() < 0.7 else seeds.updates)
        )
    check_sequence(case, updates)


def check_grammar(case: Case, seeds: Seeds) -> None:
    check_sequence(case, sequence(case.rng))


def check_values(case: Case, seeds: Seeds) -> None:
    """One update with an odd value: if accepted, every reader must take it."""
    update = update_with_value(case.rng)
    case.phase("vet", [update])
    readable = _reads(update)
    if _vetted(case, update) is not None:
        case.expect(readable is None, f"pycrdt refuses an accepted value: {readable}")
        case.sample("value accepted", update, 3000)
        check_sequence(case, [update])
    elif readable is None:
        case.sample("value refused, pycrdt takes it", update, 1000)
        case.count("values refused that pycrdt takes")


def check_sequence(case: Case, updates: list[bytes]) -> None:
    """Everything that must hold for these updates in this order."""
    case.phase("vet", updates)
    accepted = [vetted for update in updates if (vetted := _vetted(case, update)) is not None]
    if not accepted:
        return
    case.phase("stateless")
    for update in accepted:
        _check_alone(case, update)
    _check_merged(case, accepted)
    case.phase("sift")
    for update in accepted:
        check_sifted(case, update)
    case.phase("room")
    room, records = check_room(case, [update.data for update in accepted])
    case.sample("full", room.content.full(), 500)
    if case.with_documents:
        check_document(case, room)
        check_squash(case, room, records)


def _vetted(case: Case, data: bytes) -> Update | None:
    try:
        update = vet(data)
    except ProtocolError as error:
        case.count(f"refused: {error}")
        case.count("updates refused")
        return None
    case.count("updates accepted")
    case.sample("accepted", data, 2000)
    return update


def _reads(update: bytes) -> str | None:
    """Why pycrdt cannot read an update, or None."""
    try:
        pycrdt.get_state(update)
        pycrdt.merge_updates(update, b"\x00\x00")
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        return f"{type(error).__name__}: {error}"
    return None


def _check_alone(case: Case, update: Update) -> None:
    data = update.data
    vector = call("get_state", pycrdt.get_state, data)
    clocks = decode_state_vector(vector)
    check_output(case, "get_update", call("get_update", pycrdt.get_update, data, b"\x00"), data)
    asked = {client: max(clock + case.rng.randint(-3, 1), 0) for client, clock in clocks.items()}
    asked.update(
        {section.client: section.clock + 1 for section in update.sections if case.rng.random() < 0.3}
    )
    encoded = encode_state_vector(asked)
    part = call("get_update", pycrdt.get_update, data, encoded)
    if splits_pair(update, asked):
        # Who says so only harms itself: what it gets is text without length.
        case.count("state vectors inside a surrogate pair")
        return
    vetted = check_output(case, "get_update", part, data, encoded)
    if vetted is not None and is_orderly(update):
        same = normalised(vetted.deletions) == normalised(update.deletions)
        case.expect(same, "get_update changes deletions", data, encoded)


def _check_merged(case: Case, updates: list[Update]) -> None:
    """Merging in any order keeps everything, where no two updates bring the same operation.

    Where they do, pycrdt cuts one; a room cuts before it merges, see crdt_server.protocol.remainder.
    """
    inputs = [update.data for update in updates]
    brought = [each for update in updates for each in flat(operations(update))]
    overlap = len(brought) > 1 and _length(normalised(brought)) < sum(
        end - start for _, start, end in brought
    )
    for _ in range(2):
        output = call("merge_updates", pycrdt.merge_updates, *inputs)
        if overlap:
            case.count("raw merges of the same operations")
            return
        merged = check_output(case, "merge_updates", output, *inputs)
        if merged is not None:
            wanted = union(*(operations(update) for update in updates))
            case.expect(operations(merged) == wanted, "merge_updates changes the operations", *inputs)
            if all(map(is_orderly, updates)):
                deleted = union(*(normalised(update.deletions) for update in updates))
                same = normalised(merged.deletions) == deleted
                case.expect(same, "merge_updates changes the deletions", *inputs)
        case.rng.shuffle(inputs)


def _length(ranges: Ranges) -> int:
    return sum(end - start for _, start, end in flat(ranges))
