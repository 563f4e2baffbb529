"""What may name a document or an author: any text that UTF-8 can write, of any length, the empty one too."""

from __future__ import annotations


def require_encodable(*texts: str) -> None:
    """Raise ValueError for half a surrogate pair, before it fails a transaction shared with others."""
    for text in texts:
        text.encode()
