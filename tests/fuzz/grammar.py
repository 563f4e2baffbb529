"""Sequences of nearly valid updates from a grammar: they reach states that mutations seldom reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from .model import Model, Part, write_bytes, write_uint
from .values import any_value, json_text

_CLIENTS = (1, 2, 3, 10, 2**32, 2**53 - 1, 0)
_STRINGS = ("a", "b", "abc", "hello", "é", "漢字", "😀", "a😀b", "\ud83d", "\x00", "", "x" * 130)
_ROOTS = (b"text", b"map", b"array", b"xml", b"", "é😀".encode())
_KEYS = (b"a", b"b", b"", b"key")
_PLAIN_JSON = (b"null", b"true", b"1", b'"x"', b'{"a":1}', b"[1,[2]]", b'{"b":null,"a":"\\u00e9"}')
_TYPE_REFS = (0, 0, 1, 1, 2, 2, 3, 4, 6, 5, 7, 15)


@dataclass
class World:
    """What the updates of a sequence have made so far: next clocks, all operations, and which are types."""

    rng: Random
    odd: float
    clocks: dict[int, int] = field(default_factory=dict)
    items: list[tuple[int, int]] = field(default_factory=list)
    types: list[tuple[int, int]] = field(default_factory=list)

    def is_odd(self) -> bool:
        return self.rng.random() < self.odd

    def some_item(self, client: int, clock: int) -> tuple[int, int]:
        """An operation to build on; oddly one that does not exist, or that comes later."""
        rng = self.rng
        if self.items and not self.is_odd():
            return rng.choice(self.items[-8:] if rng.random() < 0.6 else self.items)
        return rng.choice((client, rng.choice(_CLIENTS))), max(clock + rng.randint(-3, 2), 0)


def sequence(rng: Random) -> list[bytes]:
    """Some updates that mostly build on one another."""
    world = World(rng, odd=rng.choice((0.0, 0.005, 0.02, 0.1)))
    return [_update(world) for _ in range(rng.randint(1, 8))]


def _update(world: World) -> bytes:
    rng = world.rng
    model = Model()
    clients = rng.sample(_CLIENTS, rng.choice((1, 1, 1, 2, 3)))
    for client in clients:
        if rng.random() < 0.9:
            model.parts.append(_part(world, client))
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 4))):
        client, clock = world.some_item(rng.choice(_CLIENTS), rng.randrange(8))
        model.deletions.append(
            (client, clock, 0 if world.odd and rng.random() < 0.01 else rng.choice((1, 1, 2, 5)))
        )
    return model.encode()


def _part(world: World, client: int) -> Part:
    rng = world.rng
    clock = world.clocks.get(client, 0)
    if rng.random() < 0.1:
        clock = max(clock + rng.randint(-4, 2), 0)
    part = Part(client, clock, [])
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        struct, length, is_type = _struct(world, client, clock)
        part.structs.append(struct)
        if is_type:
            world.types.append((client, clock))
        if length:
            world.items.append((client, clock + rng.randrange(min(length, 4))))
        clock += length
    world.clocks[client] = max(clock, world.clocks.get(client, 0))
    return part


def _struct(world: World, client: int, clock: int) -> tuple[bytes, int, bool]:
    """Bytes, length and whether it is a shared type."""
    rng = world.rng
    roll = rng.random()
    if roll < 0.06:
        length = rng.choice((1, 1, 2, 3, 6)) if not world.is_odd() else rng.choice((0, 2**31 - 2, 2**32))
        return rng.choice((b"\x00", b"\x00", b"\x0a")) + write_uint(length), length, False
    kind, content, length = _content(world)
    flags, where = _position(world, client, clock)
    if kind == 7 and rng.random() < 0.9 and world.odd < 0.05:
        length = 1
    return bytes([kind | flags]) + where + content, length, kind == 7


def _position(world: World, client: int, clock: int) -> tuple[int, bytes]:
    rng = world.rng
    roll = rng.random()
    if world.items and roll < 0.55:
        flags, where = 0, b""
        if rng.random() < 0.8:
            flags, where = 0x80, _id(*world.some_item(client, clock))
        if flags == 0 or rng.random() < 0.4:
            flags, where = flags | 0x40, where + _id(*world.some_item(client, clock))
        return flags | (0x20 if rng.random() < 0.2 else 0), where
    parent = b"\x01" + write_bytes(rng.choice(_ROOTS))
    if world.types and roll < 0.85:
        parent = b"\x00" + _id(
            *(rng.choice(world.types) if not world.is_odd() else world.some_item(client, clock))
        )
    elif world.is_odd():
        parent = b"\x02" + write_bytes(b"a")
    if rng.random() < 0.4:
        return 0x20, parent + write_bytes(rng.choice(_KEYS))
    return 0, parent


def _id(client: int, clock: int) -> bytes:
    return write_uint(client) + write_uint(clock)


def _content(world: World) -> tuple[int, bytes, int]:
    """Kind, bytes and length."""
    rng = world.rng
    kind = rng.choice(
        (1, 3, 4, 4, 4, 5, 6, 6, 7, 7, 7, 7, 8, 8, 9, 2 if world.is_odd() else 4, 11 if world.is_odd() else 8)
    )
    if kind == 4:
        text = rng.choice(_STRINGS[:8] if not world.is_odd() else _STRINGS)
        return (
            kind,
            write_bytes(text.encode("utf-8", "surrogatepass")),
            len(text.encode("utf-16-le", "surrogatepass")) // 2,
        )
    if kind == 8:
        count = rng.choice((1, 1, 2, 3)) if not world.is_odd() else 0
        values = [any_value(rng) if world.is_odd() else b"\x7d\x01" for _ in range(count)]
        return kind, write_uint(count) + b"".join(values), count
    if kind in (1, 2):
        length = rng.choice((1, 1, 2, 5))
        return kind, write_uint(length) + (write_bytes(b"1") * length if kind == 2 else b""), length
    json = rng.choice(_PLAIN_JSON) if not world.is_odd() else json_text(rng)
    contents = {
        3: lambda: write_bytes(rng.randbytes(rng.randrange(4))),
        5: lambda: write_bytes(json),
        6: lambda: write_bytes(rng.choice((b"bold", b"em", b""))) + write_bytes(json),
        7: lambda: _type(rng, world.is_odd()),
        9: lambda: write_bytes(b"guid%d" % rng.randrange(3)) + b"\x76\x00",
        11: lambda: write_bytes(rng.randbytes(4)),
    }
    return kind, contents[kind](), 1


def _type(rng: Random, is_odd: bool) -> bytes:
    ref = rng.choice(_TYPE_REFS if is_odd else _TYPE_REFS[:9])
    return write_uint(ref) + (write_bytes(rng.choice((b"p", b"", "é".encode()))) if ref in (3, 5) else b"")
