"""Document names: ids, never paths."""

from __future__ import annotations

import unicodedata

from .errors import InvalidName


def check_name(name: str, *, bytes_max: int) -> str:
    """Return `name` if it may name a document.

    Slashes are allowed. Refused are: the empty name, blanks at either end, control characters, what was
    not UTF-8 in a URL, and `.` and `..` as segments (proxies rewrite them: one address for two documents).
    Raises `InvalidName`.
    """
    if not name.strip():
        raise InvalidName("a document needs a name")
    if name != name.strip():
        raise InvalidName("a document name neither starts nor ends with a blank")
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise InvalidName("a document name is Unicode text") from None
    if size > bytes_max:
        raise InvalidName(f"a document name has at most {bytes_max} bytes, this one has {size}")
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise InvalidName("a document name has no control characters")
    if "\ufffd" in name:
        raise InvalidName("a document name is UTF-8 text")  # percent-encoded bytes that were none
    if any(segment in (".", "..") for segment in name.split("/")):
        raise InvalidName("a document name has no segments '.' and '..'")
    return name
