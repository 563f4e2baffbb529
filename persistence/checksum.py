"""Checksums that tie stored bytes to their place: a row that was altered, or moved, no longer matches."""

from __future__ import annotations

import struct
from hashlib import blake2b

CHECKSUM_BYTES = 16


def checksum(kind: bytes, *fields: bytes) -> bytes:
    """Digest `fields` (each with its length, so that nothing can slide from one to the next) for one `kind`.

    `kind` is at most 16 bytes, the result has `CHECKSUM_BYTES`. It finds accidents; it has no key.
    """
    digest = blake2b(digest_size=CHECKSUM_BYTES, person=kind)
    digest.update(struct.pack(f">{len(fields)}Q", *map(len, fields)))
    for field in fields:
        digest.update(field)
    return digest.digest()


def record_checksum(document: bytes, position: int, time: float, author: bytes, update: bytes) -> bytes:
    """Digest a record; `document` and `author` in UTF-8, `time` in seconds."""
    return checksum(b"record", document, struct.pack(">qd", position, time), author, update)


def snapshot_checksum(document: bytes, position: int, time: float, state: bytes) -> bytes:
    """Digest a snapshot; `document` in UTF-8, `time` in seconds."""
    return checksum(b"snapshot", document, struct.pack(">qd", position, time), state)
