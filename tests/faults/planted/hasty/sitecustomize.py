"""A journal that says "stored" before it stores."""

from crdt_server.runtime.journal import Journal, Outcome
from persistence.port import Append

_append = Journal.append


def _append_hastily(self: Journal, append: Append, done: object) -> None:
    def nothing(outcome: Outcome) -> None:
        pass

    _append(self, append, nothing)
    assert callable(done)
    done(0)


Journal.append = _append_hastily  # type: ignore[method-assign]
