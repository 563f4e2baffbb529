"""What is left of a struct that is known in part reads as Yjs would write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdt_server.protocol.remainder import remainder
from crdt_server.protocol.update import vet
from tests.updates import item, section, struct, update

STRUCTS = {
    "text in a root": (item(0x04, 1, "t", "abcd"), item(0x84, 1, 7, "cd")),
    "text under a key": (item(0x24, 1, "m", "key", "abcd"), item(0xA4, 1, 7, "cd")),
    "text in a type": (item(0x04, 0, 9, 3, "abcd"), item(0x84, 1, 7, "cd")),
    "text behind and before others": (item(0xC4, 2, 3, 4, 5, "abcd"), item(0xC4, 1, 7, 4, 5, "cd")),
    "text behind another": (item(0x84, 2, 3, "abcd"), item(0x84, 1, 7, "cd")),
    "text before another": (item(0x44, 4, 5, "abcd"), item(0xC4, 1, 7, 4, 5, "cd")),
    "an emoji in halves": (item(0x04, 1, "t", "a😀b"), item(0x84, 1, 7, "\ufffdb")),
    "values": (item(0x08, 1, "t", 4, b"\x7e\x78\x79\x7f"), item(0x88, 1, 7, 2, b"\x79\x7f")),
    "deleted": (item(0x01, 1, "t", 4), item(0x81, 1, 7, 2)),
    "collected": (item(0x00, 4), item(0x00, 2)),
    "a hole": (item(0x0A, 4), item(0x0A, 2)),
}


@pytest.mark.parametrize(("whole", "rest"), STRUCTS.values(), ids=STRUCTS.keys())
@pytest.mark.parametrize("follows", [b"", item(0x00, 3)], ids=["last", "not last"])
def test_the_rest_goes_on_where_the_known_part_ends(whole: bytes, rest: bytes, follows: bytes) -> None:
    structs = [whole, follows] if follows else [whole]
    data = update(section(1, 6, *structs))
    assert remainder(data, vet(data).sections[0], 0, 8) == rest


@given(st.text(min_size=2, max_size=20), st.data())
def test_the_rest_of_a_text_has_the_length_that_is_left(text: str, data: st.DataObject) -> None:
    length = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return  # half a pair is no text
    known = data.draw(st.integers(1, length - 1))
    whole = update(section(1, 0, item(0x04, 1, "t", text)))
    rest = remainder(whole, vet(whole).sections[0], 0, known)
    assert vet(update(section(1, known, rest))).sections[0].end == length


def test_what_has_no_parts_has_no_rest() -> None:
    data = update(section(1, 0, item(0x03, 1, "t", 1, struct(5))))
    with pytest.raises(ValueError, match="length 1"):
        remainder(data, vet(data).sections[0], 0, 1)
