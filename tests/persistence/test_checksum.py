"""Digests change with every part of what they stand for."""

from persistence.checksum import CHECKSUM_BYTES, checksum, record_checksum, snapshot_checksum


def test_a_digest_has_the_announced_length() -> None:
    assert len(checksum(b"kind", b"field")) == CHECKSUM_BYTES


def test_nothing_slides_from_one_field_to_the_next() -> None:
    cuts = [(b"", b"abc"), (b"a", b"bc"), (b"ab", b"c"), (b"abc", b""), (b"abc",), (b"", b"abc", b"")]
    assert len({checksum(b"kind", *fields) for fields in cuts}) == len(cuts)


def test_every_part_counts() -> None:
    digests = {
        record_checksum(b"d", 1, 2.0, b"a", b"u"),
        record_checksum(b"e", 1, 2.0, b"a", b"u"),
        record_checksum(b"d", 2, 2.0, b"a", b"u"),
        record_checksum(b"d", 1, 2.5, b"a", b"u"),
        record_checksum(b"d", 1, 2.0, b"b", b"u"),
        record_checksum(b"d", 1, 2.0, b"a", b"v"),
        snapshot_checksum(b"d", 1, 2.0, b"s"),
        snapshot_checksum(b"e", 1, 2.0, b"s"),
        snapshot_checksum(b"d", 2, 2.0, b"s"),
        snapshot_checksum(b"d", 1, 2.5, b"s"),
        snapshot_checksum(b"d", 1, 2.0, b"t"),
    }
    assert len(digests) == 11


def test_a_record_is_never_taken_for_a_snapshot() -> None:
    assert checksum(b"record", b"d") != checksum(b"snapshot", b"d")
