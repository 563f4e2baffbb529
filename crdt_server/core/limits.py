"""Every limit of the engine, in one place: a name, a unit, a reason. They check one another."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TypeVar

KIB = 1024
MIB = 1024 * KIB

Number = TypeVar("Number", int, float)


def _limit(default: Number, meaning: str) -> Number:
    """A field whose meaning is printed in the table of settings."""
    value: Number = field(default=default, metadata={"help": meaning})
    return value


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what peers may cost. The defaults fit a server with a few thousand clients.

    Units are the last word of a name, before `_max` or `_min`: bytes, s (seconds), or what is counted.
    """

    document_name_bytes_max: int = _limit(512, "Longest document name, in bytes of UTF-8.")

    message_bytes_max: int = _limit(
        32 * MIB, "Largest frame taken from a client; a client that was offline sends all its edits in one."
    )

    awareness_entries_max: int = _limit(
        10_000, "Most clients in one awareness frame: y-websocket clients repeat everybody's."
    )

    awareness_state_bytes_max: int = _limit(64 * KIB, "Largest presence of one client: name, colour, cursor.")

    awareness_clients_per_session_max: int = _limit(
        64, "Most client ids one session may speak for: browser tabs share a socket's presence."
    )

    presence_bytes_per_s_max: int = _limit(
        32 * KIB,
        "Bytes of presence that one connection gets in a second: the more people move, the rarer is each "
        "one's news. Who leaves is gone at once.",
    )

    presence_window_s_max: float = _limit(
        1.0, "Longest time that news of presence waits for a broadcast in a room where these are dear."
    )

    presence_renewal_s: float = _limit(
        20.0, "Time after which a presence that only was renewed is told again. Clients forget after 30 s."
    )

    waiting_bytes_max: int = _limit(
        1 * MIB, "Bytes of one session's updates that wait for what they build on."
    )

    waiting_updates_max: int = _limit(
        1_000, "Number of one session's updates that wait for what they build on."
    )

    unsettled_messages_max: int = _limit(
        50_000, "Number of one session's messages that wait for their acknowledgement."
    )

    answers_bytes_max: int = _limit(
        8 * MIB, "Bytes of answers to state vectors that a room keeps ready, besides the full state."
    )

    heavy_bytes_min: int = _limit(
        256 * KIB,
        "A snapshot from this size on is sent as it is, and compared with state vectors in a worker process.",
    )

    room_questions_max: int = _limit(
        100, "Different state vectors of a room that are compared so at once; others get the whole snapshot."
    )

    room_sessions_max: int = _limit(2_000, "Most sessions in one room.")

    rooms_max: int = _limit(20_000, "Most documents open at once on a node.")

    outbox_soft_bytes_max: int = _limit(
        256 * KIB,
        "A connection for which more bytes wait gets no news; when it has read, it gets one diff instead.",
    )

    outbox_bytes_max: int = _limit(
        8 * MIB,
        "Bytes of answers that wait for one connection, besides the largest. Beyond it the client is closed.",
    )

    socket_documents_max: int = _limit(1_000, "Most documents open at once on one Hocuspocus socket.")

    pending_documents_max: int = _limit(
        100, "Documents of one Hocuspocus socket for which it is not decided yet who may open them."
    )

    pending_bytes_max: int = _limit(
        5 * MIB, "Bytes of frames that one Hocuspocus socket sent for documents not decided yet."
    )

    pending_frames_max: int = _limit(1_000, "Number of such frames.")

    pending_s_max: float = _limit(
        60.0, "Longest time until a document of a Hocuspocus socket is asked for with an Auth and decided."
    )

    unavailable_s_max: float = _limit(
        30.0, "Time for which a document that cannot be opened is tried again, before its client is told so."
    )

    unavailable_retry_s: float = _limit(
        2.0, "Pause between two such attempts. Hocuspocus only: its providers come back without back-off."
    )

    auth_grace_s: float = _limit(
        1.0,
        "Time for an Auth to come after a Step1, before a Hocuspocus client is denied for having no token.",
    )

    token_bytes_max: int = _limit(16 * KIB, "Largest Auth of a Hocuspocus client, which is mostly its token.")

    token_renewal_s: float = _limit(
        30.0, "A Hocuspocus client is asked for a new token so long before its access expires."
    )

    stateless_bytes_max: int = _limit(1 * MIB, "Largest stateless message of a client.")

    stateless_timeout_s: float = _limit(10.0, "Longest time that a stateless hook may take.")

    flush_share_min: float = _limit(
        0.05,
        "Share of the loop's time up to which a room broadcasts at once; a busier one gathers in between.",
    )

    flush_window_s_max: float = _limit(0.016, "Longest time that an edit waits for others to go with it.")

    flush_share_max: float = _limit(
        0.4, "Largest share of the loop's time that a room may use to broadcast, however long edits wait."
    )

    authenticate_timeout_s: float = _limit(10.0, "Longest time an authenticator may take.")

    send_timeout_s: float = _limit(
        30.0, "Time after which a client is given up that takes nothing at all of what waits for it."
    )

    keepalive_s: float = _limit(
        25.0, "A connection to which nothing was sent so long gets an empty awareness frame."
    )

    journal_bytes_max: int = _limit(
        64 * MIB,
        "Bytes that wait to be stored, over all documents. Beyond it connections are not read for a while.",
    )

    journal_window_s: float = _limit(
        0.02, "Time from one commit to the next while edits keep coming; they gather in between."
    )

    journal_batch_bytes_max: int = _limit(8 * MIB, "Bytes of one commit.")

    store_timeout_s: float = _limit(30.0, "Longest time one call to the store may take.")

    store_retry_s_max: float = _limit(
        5.0, "Longest pause between two attempts to write to a store that fails."
    )

    room_idle_s: float = _limit(10.0, "A room without sessions stays this long, for those who reload a page.")

    compact_records_min: int = _limit(
        500, "A room's log is squashed into a snapshot when it has this many records since the last one."
    )

    compact_bytes_min: int = _limit(1 * MIB, "Or this many bytes.")

    compact_pause_s: float = _limit(
        10.0, "Shortest time from one squash of a room, or its opening, to the next: a busy log gathers."
    )

    worker_timeout_s: float = _limit(
        60.0, "Longest time of one squash; then its process is killed and the log stays as it is."
    )

    drain_timeout_s: float = _limit(8.0, "Longest time to write what is left when the server stops.")

    def __post_init__(self) -> None:
        """Check how the limits stand to one another. Raises ValueError."""
        for smaller, larger in _ORDER:
            if getattr(self, smaller) > getattr(self, larger):
                raise ValueError(f"{smaller} is at most {larger}")
        if self.keepalive_s > CLIENT_SILENCE_S - KEEPALIVE_MARGIN_S:
            raise ValueError(f"keepalive_s is at most {CLIENT_SILENCE_S - KEEPALIVE_MARGIN_S}")
        if self.presence_renewal_s > CLIENT_SILENCE_S - KEEPALIVE_MARGIN_S:
            raise ValueError(f"presence_renewal_s is at most {CLIENT_SILENCE_S - KEEPALIVE_MARGIN_S}")
        if self.flush_share_max > 1:
            raise ValueError("flush_share_max is at most 1: it is a share")
        for limit in fields(self):
            if not getattr(self, limit.name) > 0:  # not a number is neither
                raise ValueError(f"{limit.name} is more than 0")


CLIENT_SILENCE_S = 30.0
"""y-websocket and Hocuspocus clients hang up after this long without a message."""

KEEPALIVE_MARGIN_S = 5.0

_ORDER = (
    ("journal_batch_bytes_max", "journal_bytes_max"),
    ("message_bytes_max", "journal_bytes_max"),
    ("awareness_state_bytes_max", "message_bytes_max"),
    ("document_name_bytes_max", "message_bytes_max"),
    ("outbox_soft_bytes_max", "outbox_bytes_max"),
    ("flush_share_min", "flush_share_max"),
)

DEFAULTS = Limits()
