"""Every scenario and its sizes, in one place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

Size = Literal["small", "full"]


@dataclass(frozen=True, slots=True)
class Merge:
    """What one update costs inside one process, without network and disk.

    A recorded session is replayed `runs` times by every contender, in turns. Then `keystrokes` of it are
    typed `growth_runs` times into an empty document, into one that `past_clients` clients wrote before, and
    into one that holds `large_bytes` already. At last a worker squashes the session `squash_runs` times.
    """

    edits_max: int
    runs: int
    keystrokes: int
    growth_runs: int
    past_clients: int
    large_bytes: int
    squash_runs: int
    trace: str = "automerge-paper"


@dataclass(frozen=True, slots=True)
class Fanout:
    """Rooms on a real server: in each, `writers` of the `clients` type and everybody else gets to see it.

    `edits_per_s` is each writer's rate, `presence_hz` how often every client's cursor moves, `seconds` how
    long. Afterwards nothing may arrive for `quiet_s` before the result is counted; what is not there after
    `settle_s` is lost.
    """

    clients: int
    writers: int
    edits_per_s: float
    seconds: float
    rooms: int = 1
    presence_hz: float = 0.0
    quiet_s: float = 0.5
    settle_s: float = 15.0
    trace: str = "automerge-paper"

    def __post_init__(self) -> None:
        """Raises ValueError where the numbers do not fit together."""
        if not 1 <= self.writers <= self.clients:
            raise ValueError("there is at least one writer, and writers are clients")
        if self.clients < 2 or self.edits_per_s <= 0 or self.seconds <= 0:
            raise ValueError("a fan-out has two clients or more, a rate and a time")
        if self.rooms < 1 or self.presence_hz < 0:
            raise ValueError("there is at least one room, and cursors move forward in time")

    @property
    def edits_per_writer(self) -> int:
        """How many edits each writer makes."""
        return max(1, round(self.edits_per_s * self.seconds))

    @property
    def moves_per_client(self) -> int:
        """How often each client's cursor moves."""
        return round(self.presence_hz * self.seconds)

    def with_clients(self, times: float) -> Fanout:
        """Return the same number of edits in all, made by and for so many times the clients of each room."""
        clients = max(2, round(self.clients * times))
        writers = min(max(1, round(self.writers * times)), clients)
        rate = self.edits_per_s * self.writers / writers
        return replace(self, clients=clients, writers=writers, edits_per_s=rate)

    def with_rooms(self, times: float) -> Fanout:
        """Return the same number of edits in all, spread over so many times the rooms."""
        rooms = max(1, round(self.rooms * times))
        return replace(self, rooms=rooms, edits_per_s=self.edits_per_s * self.rooms / rooms)


@dataclass(frozen=True, slots=True)
class Compare:
    """The fan-out scenario against several servers, `rounds` times in turns; ours go on up to `our_rounds`.

    A run during which the rest of the machine used more than `others_max` (% of a core) is made again, at
    most `attempts_max` times in all; the quietest counts.

    Our Hocuspocus dialect may cost `ratio_max` times the CPU of our y-websocket dialect. That is also looked
    at with `light_writers`: a busy room merges many edits into a frame, and the price of a frame shows only
    where it does not. Two runs are compared if the machine was quiet during both, or if their frames per
    delivery differ by less than `merging_max` (a share): who gets less of a core merges more.
    """

    fanout: Fanout
    rounds: int
    our_rounds: int
    light_writers: int
    others_max: float = 25.0
    attempts_max: int = 1
    ratio_max: float = 1.15
    merging_max: float = 0.15

    @property
    def light(self) -> Fanout:
        """The same with fewer writers."""
        return replace(self.fanout, writers=self.light_writers)


@dataclass(frozen=True, slots=True)
class Storm:
    """`clients` open one document at the same moment.

    It has `document_bytes` or a bit more, of chapters with `chapter_edits` keystrokes by one author each. In
    the kind `join` they have nothing; in `typing` an author adds `edits_per_s` meanwhile, up to `edits_max`;
    in `return` they lack the last `edits_max`. Somebody in another document types `bystander_hz`, and has
    done so for `calm_s`.
    """

    name: str
    kind: Literal["join", "typing", "return"]
    clients: int
    document_bytes: int
    chapter_edits: int = 60_000
    edits_max: int = 100
    edits_per_s: float = 20.0
    bystander_hz: float = 20.0
    calm_s: float = 2.0
    timeout_s: float = 180.0


@dataclass(frozen=True, slots=True)
class Joins:
    """Storms of joins: every contender goes through `storms` `rounds` times, once through the others."""

    rounds: int
    storms: tuple[Storm, ...]
    large: tuple[Storm, ...] = ()
    growth: tuple[Storm, ...] = ()
    trace: str = "automerge-paper"


@dataclass(frozen=True, slots=True)
class Idle:
    """`connections` spread over `documents`, in which nobody types; CPU is that of `window_s`.

    At first no client says anything; then each sends its presence once in `renewal_s`, as y-websocket does.
    """

    connections: int
    documents: int
    window_s: float = 30.0
    renewal_s: float = 15.0

    @property
    def name(self) -> str:
        """What it is called in results."""
        return f"{self.connections:,} in {self.documents:,} documents"


@dataclass(frozen=True, slots=True)
class Slow:
    """One room in which `writers` of the `readers` type and one pastes, without and beside slow clients.

    `never` of those read nothing after they joined, `crawling` read `crawl_bits_per_s`; both times it takes
    `seconds`. Without the pastes the kernel's buffers would take what a slow client does not read. Then all
    read again, and have `settle_s` to catch up.
    """

    readers: int
    writers: int
    never: int
    crawling: int
    edits_per_s: float = 20.0
    seconds: float = 15.0
    paste_bytes: int = 32_000
    pastes_per_s: float = 10.0
    crawl_bits_per_s: float = 50_000.0
    settle_s: float = 60.0

    @property
    def name(self) -> str:
        """What it is called in results."""
        return f"{self.never:,} never read, {self.crawling} hardly, {self.readers} do"

    @property
    def edits_per_writer(self) -> int:
        """How many edits each writer makes each time."""
        return max(1, round(self.edits_per_s * self.seconds))

    @property
    def pastes(self) -> int:
        """How often something is pasted each time."""
        return round(self.pastes_per_s * self.seconds)


MERGE: Final[dict[Size, Merge]] = {
    "small": Merge(
        edits_max=2_000,
        runs=3,
        keystrokes=200,
        growth_runs=3,
        past_clients=10_000,
        large_bytes=2_000_000,
        squash_runs=1,
    ),
    "full": Merge(
        edits_max=259_778,
        runs=5,
        keystrokes=2_000,
        growth_runs=7,
        past_clients=10_000,
        large_bytes=20_000_000,
        squash_runs=5,
    ),
}

FANOUT: Final[dict[Size, Fanout]] = {
    "small": Fanout(clients=8, writers=3, edits_per_s=20, seconds=1.5, quiet_s=0.2),
    "full": Fanout(clients=50, writers=40, edits_per_s=20, seconds=10),
}

HALL: Final[dict[Size, Fanout]] = {
    "small": Fanout(clients=30, writers=3, edits_per_s=2, seconds=2, presence_hz=1, quiet_s=0.2),
    "full": Fanout(clients=1_000, writers=100, edits_per_s=1, seconds=15, presence_hz=1, settle_s=60),
}
"""One document in front of everybody: few type, all have a cursor."""

ROOMS: Final[dict[Size, Fanout]] = {
    "small": Fanout(rooms=5, clients=4, writers=2, edits_per_s=4, seconds=1.5, quiet_s=0.2),
    "full": Fanout(rooms=250, clients=4, writers=2, edits_per_s=4, seconds=10),
}

TRIPLES: Final[dict[Size, Fanout]] = {
    "small": Fanout(rooms=5, clients=3, writers=1, edits_per_s=2, seconds=1.5, quiet_s=0.2),
    "full": Fanout(rooms=500, clients=3, writers=1, edits_per_s=0.7, seconds=20),
}
"""1,500 clients in 500 documents, 350 updates a second in all."""

COMPARE: Final[dict[Size, Compare]] = {
    "small": Compare(FANOUT["small"], rounds=1, our_rounds=1, light_writers=2),
    # A server that cannot keep up has a minute to deliver what it still holds.
    "full": Compare(
        replace(FANOUT["full"], settle_s=60),
        rounds=3,
        our_rounds=7,
        light_writers=2,
        attempts_max=2,
    ),
}

_KB, _MB = 1_000, 1_000_000

JOINS: Final[dict[Size, Joins]] = {
    "small": Joins(
        rounds=1,
        storms=(
            Storm("10 join 200 KB", "join", 10, 200 * _KB, chapter_edits=10_000, calm_s=0.5),
            Storm("10 join 200 KB, one types", "typing", 10, 200 * _KB, chapter_edits=10_000, calm_s=0.5),
            Storm(
                "10 come back to 200 KB",
                "return",
                10,
                200 * _KB,
                chapter_edits=10_000,
                edits_max=20,
                calm_s=0.5,
            ),
        ),
    ),
    "full": Joins(
        rounds=3,
        storms=(
            Storm("150 join 4 MB", "join", 150, 4 * _MB),
            Storm("150 join 4 MB, one types", "typing", 150, 4 * _MB, edits_max=1_000),
            Storm("150 come back to 4 MB", "return", 150, 4 * _MB),
        ),
        large=(Storm("150 join 20 MB", "join", 150, 20 * _MB, timeout_s=300),),
        growth=tuple(
            Storm(f"{clients:,} join 400 KB", "join", clients, 400 * _KB) for clients in (15, 150, 1_500)
        ),
    ),
}

IDLE: Final[dict[Size, tuple[Idle, ...]]] = {
    "small": (Idle(connections=100, documents=25, window_s=1, renewal_s=1),),
    "full": (Idle(connections=1_000, documents=250), Idle(connections=10_000, documents=2_500)),
}

SLOW: Final[dict[Size, tuple[Slow, ...]]] = {
    "small": (Slow(readers=8, writers=3, never=10, crawling=2, seconds=1.5, pastes_per_s=40),),
    "full": tuple(Slow(readers=50, writers=40, never=never, crawling=10) for never in (20, 200)),
}
