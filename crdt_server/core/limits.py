"""Every limit of the engine, in one place: a name, a unit, a reason. Relations are asserted at import."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what peers may cost. The defaults fit a server with a few thousand clients."""

    document_name_bytes_max: int = 512
    """Longest document name, in bytes of UTF-8."""

    message_bytes_max: int = 32 * MIB
    """Largest frame taken from a client; a client that was offline sends all its edits in one."""

    awareness_entries_max: int = 10_000
    """Most clients in one awareness frame: y-websocket clients repeat everybody's."""

    awareness_state_bytes_max: int = 64 * KIB
    """Largest presence of one client: name, colour, cursor."""

    awareness_clients_per_session_max: int = 64
    """Most client ids one session may speak for: browser tabs share a socket's presence."""

    waiting_bytes_max: int = 8 * MIB
    """Bytes of one session's updates that wait for what they build on."""

    waiting_updates_max: int = 1_000
    """Number of one session's updates that wait for what they build on."""

    answers_kept_max: int = 16
    """Answers to a state vector that a room keeps ready, besides the full state."""

    room_sessions_max: int = 2_000
    """Most sessions in one room."""

    rooms_max: int = 20_000
    """Most documents open at once on a node."""

    outbox_bytes_max: int = 8 * MIB
    """Bytes that wait for one connection, besides the frame being sent. Beyond it the client must resync."""

    send_timeout_s: float = 30.0
    """Longest time one frame may take to be handed to the kernel."""

    keepalive_s: float = 20.0
    """A connection to which nothing was sent for this long gets an empty awareness frame."""

    journal_bytes_max: int = 64 * MIB
    """Bytes that wait to be stored, over all documents. Beyond it connections are not read until it falls."""

    journal_batch_bytes_max: int = 8 * MIB
    """Bytes of one commit."""

    store_timeout_s: float = 30.0
    """Longest time one call to the store may take."""

    store_retry_s_max: float = 5.0
    """Longest pause between two attempts to write to a store that fails."""

    room_idle_s: float = 10.0
    """A room without sessions stays this long, for those who reload a page."""

    compact_records_min: int = 500
    """A room's log is squashed into a snapshot when it has this many records since the last one."""

    compact_bytes_min: int = 1 * MIB
    """Or this many bytes."""

    worker_timeout_s: float = 60.0
    """Longest time of one squash; then its process is killed and the log stays as it is."""

    drain_timeout_s: float = 8.0
    """Longest time to write what is left when the server stops."""


DEFAULTS = Limits()

CLIENT_SILENCE_S = 30.0
"""y-websocket and Hocuspocus clients hang up after this long without a message."""

assert DEFAULTS.keepalive_s < CLIENT_SILENCE_S - 5, "a keepalive must arrive before clients hang up"  # noqa: S101
assert DEFAULTS.journal_batch_bytes_max <= DEFAULTS.journal_bytes_max  # noqa: S101
assert DEFAULTS.message_bytes_max <= DEFAULTS.journal_bytes_max  # noqa: S101
assert DEFAULTS.awareness_state_bytes_max < DEFAULTS.message_bytes_max  # noqa: S101
