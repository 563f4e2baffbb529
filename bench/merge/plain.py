"""One contender in a process of its own: `python -m bench.merge.plain FILE NAME`. Prints JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench.edits import opened, text_of
from bench.stopwatch import Stopwatch
from crdt_server.protocol.update import encode_state_vector

from .contenders import CONTENDERS
from .outside import unpacked
from .work import Work


def main(file: str, name: str) -> None:
    """Time a contender on a file of updates."""
    watch = Stopwatch()
    made = CONTENDERS[name](Work(None, unpacked(Path(file).read_bytes())), watch)
    (text,) = {text_of(opened(updates)) for updates in made.streams.values()}
    said = {"wall_s": watch.wall_s, "cpu_s": watch.cpu_s, "text": text}
    print(json.dumps(said | {"vector": encode_state_vector(made.vector).hex()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
