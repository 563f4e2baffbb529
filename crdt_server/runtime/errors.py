"""Why the engine cannot give somebody a document. Leaves by what the caller can do.

::

    EngineError
    ├── InvalidName            not a document name; use another
    ├── DocumentGone           the document was erased; nothing brings it back
    └── EngineUnavailable      try again later
        ├── DocumentUnavailable  this document cannot be loaded (the store fails, or its bytes are damaged)
        └── EngineFull           too many rooms, or too many sessions in this one
"""

from __future__ import annotations


class EngineError(Exception):
    """Root of what the engine raises."""


class InvalidName(EngineError):
    """The name is empty, too long, or has characters or segments that names do not have."""


class DocumentGone(EngineError):
    """The document was erased."""


class EngineUnavailable(EngineError):
    """Not now."""


class DocumentUnavailable(EngineUnavailable):
    """The document cannot be loaded. It is never replaced by an empty one."""


class EngineFull(EngineUnavailable):
    """A limit on rooms or sessions is reached, or the engine is closing."""
