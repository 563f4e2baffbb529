"""Honest updates made wrong, in bytes and in pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from crdt_server.protocol.errors import ProtocolError
from crdt_server.protocol.update import vet

from .model import Model, Part, model_of, write_uint

NUMBERS = (
    *range(6), 63, 64, 127, 128, 16383, 16384, 2**28, 2**31 - 2, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**35,
    2**53 - 1, 2**53, 2**63, 2**64 - 1, 2**64, 2**70,
)  # fmt: skip
_BYTES = (0, 1, 2, 3, 4, 8, 10, 0x21, 0x27, 0x44, 0x7F, 0x80, 0x84, 0xC1, 0xC4, 0xC7, 0xC8, 0xED, 0xF0, 0xFF)
_SIZE_MAX = 20_000

Bytes = Callable[[Random, bytes, Sequence[bytes]], bytes]


def mutate(rng: Random, seeds: Sequence[bytes]) -> bytes:
    """One honest update, changed a few times."""
    data = rng.choice(seeds)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5))):
        change = _in_pieces if rng.random() < 0.6 else rng.choice(IN_BYTES)
        data = change(rng, data, seeds)
        data = data[:_SIZE_MAX]
    return data


def mutate_bytes(rng: Random, seeds: Sequence[bytes]) -> bytes:
    """Bytes that need not be an update, changed a few times."""
    data = rng.choice(seeds)
    for _ in range(rng.choice((1, 1, 2, 3, 5))):
        data = rng.choice(IN_BYTES)(rng, data, seeds)[:_SIZE_MAX]
    return data


def _at(rng: Random, data: bytes) -> int:
    return rng.randrange(len(data)) if data else 0


def _flip(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _unused in range(rng.randint(1, 4)):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _set(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = _at(rng, data)
    value = rng.choice(_BYTES) if rng.random() < 0.7 else rng.randrange(256)
    return data[:at] + bytes([value]) + data[at + 1 :]


def _truncate(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: _at(rng, data)]


def _insert(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + rng.randbytes(rng.randint(1, 6)) + data[at:]


def _remove(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = _at(rng, data)
    return data[:at] + data[at + rng.randint(1, 6) :]


def _repeat(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = _at(rng, data)
    piece = data[at : at + rng.randint(1, 30)]
    return data[:at] + piece * rng.randint(1, 3) + data[at:]


def _splice(rng: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    other = rng.choice(seeds)
    return data[: _at(rng, data)] + other[_at(rng, other) :]


def _inflate(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Put a number where another one may be, or write one longer than need be."""
    at = _at(rng, data)
    if rng.random() < 0.2 and data:
        return data[:at] + bytes([data[at] | 0x80, 0]) + data[at + 1 :]
    return data[:at] + write_uint(rng.choice(NUMBERS)) + data[at + 1 :]


IN_BYTES: tuple[Bytes, ...] = (_flip, _set, _truncate, _insert, _remove, _repeat, _splice, _inflate)


def _in_pieces(rng: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    try:
        model = model_of(vet(data))
    except ProtocolError:
        return _flip(rng, data, seeds)
    rng.choice(_PIECES)(rng, model, seeds)
    return model.encode()


def _part(rng: Random, model: Model) -> Part | None:
    return rng.choice(model.parts) if model.parts else None


def _number(rng: Random, near: int) -> int:
    number: int = max(near + rng.randint(-3, 3), 0) if rng.random() < 0.7 else rng.choice(NUMBERS)
    return number


def _struct_repeated(rng: Random, model: Model, _: Sequence[bytes]) -> None:
    part = _part(rng, model)
    if part and part.structs:
        struct = rng.choice(part.structs)
        part.structs.insert(rng.randint(0, len(part.structs)), struct)


def _struct_removed(rng: Random, model: Model, _: Sequence[bytes]) -> None:
    part = _part(rng, model)
    if part and part.structs:
        part.structs.pop(rng.randrange(len(part.structs)))


def _struct_moved(rng: Random, model: Model, seeds: Sequence[bytes]) -> None:
    part = _part(rng, model)
    other = _part(rng, _random_model(rng, seeds))
    if part and other and other.structs:
        part.structs.insert(rng.randint(0, len(part.structs)), rng.choice(other.structs))


def _struct_mutated(rng: Random, model: Model, seeds: Sequence[bytes]) -> None:
    part = _part(rng, model)
    if part and part.structs:
        at = rng.randrange(len(part.structs))
        part.structs[at] = rng.choice((_flip, _set, _set, _inflate))(rng, part.structs[at], seeds)


def _kind_changed(rng: Random, model: Model, _: Sequence[bytes]) -> None:
    part = _part(rng, model)
    if part and part.structs:
        at = rng.randrange(len(part.structs))
        info = part.structs[at][0]
        info = (
            (info & 0xE0) | rng.randrange(12) if rng.random() < 0.5 else info ^ rng.choice((0x80, 0x40, 0x20))
        )
        part.structs[at] = bytes([info]) + part.structs[at][1:]


def _hole(rng: Random, model: Model, _: Sequence[bytes]) -> None:
    """A GC, Skip or Deleted between others."""
    part = _part(rng, model)
    if part:
        length = write_uint(rng.choice((1, 1, 2, 3, 5, 2**31 - 2)))
        kind = rng.choice(
            (b"\x00", b"\x0a", b"\x01\x01\x04text", b"\x81" + write_uint(part.client) + b"\x00")
        )
        part.structs.insert(rng.randint(0, len(part.structs)), kind + length)


def _renumbered(rng: Random, model: Model, _: Sequence[bytes]) -> None:
    part = _part(rng, model)
    if not part:
        return
    if rng.random() < 0.5:
        part.clock = _number(rng, part.clock)
    elif rng.random() < 0.8:
        part.client = rng.choice(
            [each.client for each in model.parts] + [1, 2, 10, 20, _number(rng, part.client)]
        )
    else:
        part.announced = _number(rng, len(part.structs))


def _parts_mixed(rng: Random, model: Model, seeds: Sequence[bytes]) -> None:
    other = _random_model(rng, seeds)
    taken = {part.client for part in model.parts}
    model.parts += [part for part in other.parts if part.client not in taken or rng.random() < 0.05]
    model.deletions += other.deletions
    rng.shuffle(model.parts)


def _deletions_changed(rng: Random, model: Model, _: Sequence[bytes]) -> None:
    if model.deletions and rng.random() < 0.5:
        client, clock, length = model.deletions.pop(rng.randrange(len(model.deletions)))
        if rng.random() < 0.6:
            model.deletions.append((client, _number(rng, clock), _number(rng, length)))
        return
    part = _part(rng, model)
    if part:
        model.deletions.append((part.client, _number(rng, part.clock), rng.randint(1, 6)))


def _random_model(rng: Random, seeds: Sequence[bytes]) -> Model:
    try:
        return model_of(vet(rng.choice(seeds)))
    except ProtocolError:
        return Model()


_PIECES = (
    _struct_repeated, _struct_removed, _struct_moved, _struct_mutated, _struct_mutated, _kind_changed, _hole,
    _renumbered, _parts_mixed, _deletions_changed,
)  # fmt: skip
