"""A document of tokens: half of them in a list, half in a text. Each has a name that is used once."""

from __future__ import annotations

from random import Random
from typing import Any

import pycrdt

from tests.faults.book import Operation

TOKEN_CHARACTERS = 10
"""`0012-00345`: client 12, its 345th. ASCII, because pycrdt counts bytes; all of one length, because so
the places between tokens are known and nobody writes into another's token."""


class Tokens:
    """The tokens of a Doc."""

    def __init__(self, doc: pycrdt.Doc[Any]) -> None:
        self._list = doc.get("list", type=pycrdt.Array[str])
        self._text = doc.get("text", type=pycrdt.Text)
        self._serial = 0

    def found(self) -> list[str]:
        """All tokens, also where one is there twice."""
        text = str(self._text)
        words = [text[start : start + TOKEN_CHARACTERS] for start in range(0, len(text), TOKEN_CHARACTERS)]
        return [*self._list.to_py(), *words]

    def change(self, client: int, random: Random) -> list[Operation]:
        """Insert one to three tokens in random places, or delete one of anybody's."""
        if random.random() < 0.3 and (deleted := self._delete(random)):
            return [deleted]
        return [self.insert(client, random) for _ in range(random.choice((1, 1, 1, 2, 3)))]

    def insert(self, client: int, random: Random) -> Operation:
        """Insert the client's next token somewhere."""
        self._serial += 1
        token = f"{client:04}-{self._serial:05}"
        if random.random() < 0.5:
            self._list.insert(random.randint(0, len(self._list)), token)
        else:
            words = len(self._text) // TOKEN_CHARACTERS
            self._text.insert(random.randint(0, words) * TOKEN_CHARACTERS, token)
        return Operation(token, is_insertion=True)

    def _delete(self, random: Random) -> Operation | None:
        if random.random() < 0.5:
            if not len(self._list):
                return None
            index = random.randrange(len(self._list))
            token = self._list[index]
            del self._list[index]
        else:
            words = len(self._text) // TOKEN_CHARACTERS
            if not words:
                return None
            start = random.randrange(words) * TOKEN_CHARACTERS
            token = str(self._text)[start : start + TOKEN_CHARACTERS]
            del self._text[start : start + TOKEN_CHARACTERS]
        return Operation(token, is_insertion=False)
