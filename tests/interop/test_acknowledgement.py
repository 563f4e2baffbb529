"""The acknowledgement on the wire: the sender's own update comes back with one number behind it."""

from tests.interop.peer import STEP_1_OF_NOTHING, Peer, update_frame, var_uint
from tests.server import ServerProcess

# Client 1 types "a", "b", "c" into the root "text", one after the other.
TYPED = [
    bytes.fromhex("0101010004010474657874016100"),
    bytes.fromhex("01010101840100016200"),
    bytes.fromhex("01010102840101016300"),
]
EMPTY = bytes.fromhex("0000")
EMPTY_STATE_VECTOR_STEP_1 = STEP_1_OF_NOTHING


def _echo(update: bytes, acknowledged: int) -> bytes:
    return update_frame(update) + var_uint(acknowledged)


async def test_an_update_comes_back_to_its_sender_with_the_count(
    server: ServerProcess, document: str
) -> None:
    async with Peer(server, document) as sender, Peer(server, document) as other:
        assert await sender.receive() == EMPTY_STATE_VECTOR_STEP_1
        assert await other.receive() == EMPTY_STATE_VECTOR_STEP_1
        for count, update in enumerate(TYPED, 1):
            await sender.send(update_frame(update))
            assert await sender.receive() == _echo(update, count)
            assert await other.receive() == update_frame(update)


async def test_what_brings_nothing_new_is_counted_with_an_empty_update(
    server: ServerProcess, document: str
) -> None:
    async with Peer(server, document) as sender:
        await sender.receive()
        await sender.send(update_frame(EMPTY, step2=True))
        assert await sender.receive() == _echo(EMPTY, 1)
        await sender.send(update_frame(TYPED[0], step2=True))
        assert await sender.receive() == _echo(TYPED[0], 2)
        await sender.send(update_frame(TYPED[0]))
        assert await sender.receive() == _echo(EMPTY, 3)


async def test_counting_starts_anew_with_each_connection(server: ServerProcess, document: str) -> None:
    for update in TYPED[:2]:
        async with Peer(server, document) as sender:
            await sender.receive()
            await sender.send(update_frame(update))
            assert await sender.receive() == _echo(update, 1)


async def test_an_update_that_waits_for_another_is_not_acknowledged_before_it(
    server: ServerProcess, document: str
) -> None:
    async with Peer(server, document) as sender:
        await sender.receive()
        await sender.send(update_frame(TYPED[1]))
        assert await sender.receive() == EMPTY_STATE_VECTOR_STEP_1  # "what are you building on?"
        await sender.send(update_frame(TYPED[0]))
        last = b""
        while not last.endswith(var_uint(2)) or not last.startswith(b"\x00\x02"):
            last = await sender.receive()


async def test_everything_sent_in_a_burst_is_acknowledged(server: ServerProcess, document: str) -> None:
    async with Peer(server, document) as sender:
        await sender.receive()
        for update in TYPED:
            await sender.send(update_frame(update))
        frames = [await sender.receive()]
        while frames[-1][-1] != len(TYPED):
            frames.append(await sender.receive())
        counts = [frame[-1] for frame in frames]
        assert counts == sorted(set(counts))
