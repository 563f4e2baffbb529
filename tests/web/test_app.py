"""The application: who is let in, what is served, and what is refused at the upgrade."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from crdt_server import Engine, Grant, Limits, create_app
from crdt_server.protocol import ywebsocket
from crdt_server.protocol.lib0 import write_var_bytes
from crdt_server.protocol.messages import SyncStep1
from tests.updates import frame_update, insert
from tests.web.sockets import connect, refusal

(STEP1_OF_NOTHING,) = ywebsocket.encode(SyncStep1(b"\x00"))


async def by_query(connection: HTTPConnection, document: str, token: str) -> Grant | None:
    """`?user=ann` may write, `?user=reader` may read, nobody else comes in; `slow` is never answered."""
    user = connection.query_params.get("user", "")
    if user == "slow":
        await asyncio.Event().wait()
    if not user or document == "private":
        return None
    return Grant(user, can_write=user != "reader")


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(), base_url="http://here") as client:
        yield client


@pytest.fixture
def guarded() -> Iterator[TestClient]:
    engine = Engine("memory:", limits=Limits(authenticate_timeout_s=0.05))
    with TestClient(create_app(engine, authenticator=by_query)) as client:
        yield client


def test_an_edit_goes_through(client: TestClient) -> None:
    with connect(client, "/ws/a") as one, connect(client, "/ws/a") as two:
        assert one.receive_bytes() == STEP1_OF_NOTHING
        assert two.receive_bytes() == STEP1_OF_NOTHING
        edit = frame_update(insert(1, 0, "x"))
        one.send_bytes(edit)
        assert two.receive_bytes() == edit
        assert one.receive_bytes() == edit + b"\x01"


@pytest.mark.parametrize("path", ["/ws/a/b", "/ws/a%2Fb", "/ws/%61/b"])
def test_a_name_is_the_same_however_it_is_written(client: TestClient, path: str) -> None:
    with connect(client, "/ws/a/b") as one, connect(client, path) as two:
        one.receive_bytes()
        two.receive_bytes()
        one.send_bytes(frame_update(insert(1, 0, "x")))
        assert two.receive_bytes() == frame_update(insert(1, 0, "x"))


@pytest.mark.parametrize("path", ["/ws/", "/ws/%20", "/ws/a%00b", "/ws/a/%2e%2e/b", "/ws/" + "x" * 600])
def test_what_is_no_name_is_refused_at_the_upgrade(client: TestClient, path: str) -> None:
    assert refusal(client, path)[0] == 400


def test_pages_of_other_sites_are_refused(client: TestClient) -> None:
    status, reason = refusal(client, "/ws/a", headers={"Origin": "https://elsewhere.example"})
    assert status == 403
    assert "CRDT_ALLOWED_ORIGINS" in reason


def test_an_origin_that_cannot_be_read_is_refused(client: TestClient) -> None:
    assert refusal(client, "/ws/a", headers={"Origin": "http://["})[0] == 403


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://here"}])
def test_own_pages_and_programs_are_let_in(client: TestClient, headers: dict[str, str]) -> None:
    with connect(client, "/ws/a", headers=headers | {"Host": "here"}) as socket:
        assert socket.receive_bytes() == STEP1_OF_NOTHING


@pytest.mark.parametrize("allowed", ["https://office.example", "*"])
def test_allowed_origins_are_let_in(allowed: str) -> None:
    with (
        TestClient(create_app(allowed_origins=[allowed])) as client,
        connect(client, "/ws/a", headers={"Origin": "https://office.example"}) as socket,
    ):
        assert socket.receive_bytes() == STEP1_OF_NOTHING


def test_without_a_grant_there_is_no_access(guarded: TestClient) -> None:
    assert refusal(guarded, "/ws/a")[0] == 403
    assert refusal(guarded, "/ws/private?user=ann")[0] == 403


def test_an_authenticator_that_hangs_is_not_waited_for(guarded: TestClient) -> None:
    assert refusal(guarded, "/ws/a?user=slow") == (503, "the authenticator does not answer")


def test_a_reader_reads_and_may_not_write(guarded: TestClient) -> None:
    with (
        connect(guarded, "/ws/a?user=ann") as ann,
        connect(guarded, "/ws/a?user=reader") as reader,
    ):
        ann.receive_bytes()
        ann.send_bytes(frame_update(insert(1, 0, "x")))
        assert reader.receive_bytes() == frame_update(insert(1, 0, "x"))
        reader.send_bytes(frame_update(insert(2, 0, "y")))
        with pytest.raises(WebSocketDisconnect) as caught:
            reader.receive_bytes()
        assert caught.value.code == 4403


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x00", 4400),
        (b"\x00\x02" + write_var_bytes(bytes.fromhex("01010001000000")), 4422),
        (b"\x01" + write_var_bytes(b"\x01\x05\x01\x01{"), 4422),
    ],
)
def test_what_breaks_the_protocol_is_closed_with_its_code(
    client: TestClient, frame: bytes, code: int
) -> None:
    with connect(client, "/ws/a") as socket:
        socket.receive_bytes()
        socket.send_bytes(frame)
        with pytest.raises(WebSocketDisconnect) as caught:
            socket.receive_bytes()
        assert caught.value.code == code


def test_what_follows_a_frame_that_broke_the_protocol_is_dropped(client: TestClient) -> None:
    with connect(client, "/ws/a") as villain, connect(client, "/ws/a") as other:
        for socket in (villain, other):
            socket.receive_bytes()
        for _ in range(20):
            villain.send_bytes(b"\x00")
        villain.send_bytes(frame_update(insert(1, 0, "late")))
        with pytest.raises(WebSocketDisconnect) as caught:
            villain.receive_bytes()
        assert caught.value.code == 4400
        other.send_bytes(frame_update(insert(2, 0, "x")))
        assert other.receive_bytes() == frame_update(insert(2, 0, "x")) + b"\x01"


def test_text_is_refused(client: TestClient) -> None:
    with connect(client, "/ws/a") as socket:
        socket.receive_bytes()
        socket.send_text("hello")
        with pytest.raises(WebSocketDisconnect) as caught:
            socket.receive_bytes()
        assert caught.value.code == 1003


def test_a_frame_has_a_largest_size() -> None:
    limits = Limits(message_bytes_max=2000, awareness_state_bytes_max=100, document_name_bytes_max=100)
    with (
        TestClient(create_app(Engine("memory:", limits=limits))) as client,
        connect(client, "/ws/a") as socket,
    ):
        socket.receive_bytes()
        socket.send_bytes(b"\x00" * 2001)
        with pytest.raises(WebSocketDisconnect) as caught:
            socket.receive_bytes()
        assert caught.value.code == 1009


def test_a_full_room_is_refused_at_the_upgrade() -> None:
    with (
        TestClient(create_app(Engine("memory:", limits=Limits(room_sessions_max=1)))) as client,
        connect(client, "/ws/a"),
    ):
        assert refusal(client, "/ws/a")[0] == 503


def test_too_many_documents_are_refused_at_the_upgrade() -> None:
    with (
        TestClient(create_app(Engine("memory:", limits=Limits(rooms_max=1)))) as client,
        connect(client, "/ws/a"),
    ):
        assert refusal(client, "/ws/b")[0] == 503


def test_health_and_metrics(client: TestClient) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json() == {"status": "ready"}
    with connect(client, "/ws/a") as socket:
        socket.receive_bytes()
        metrics = client.get("/metrics").text
    assert "crdt_sessions 1.0" in metrics
    assert "crdt_rooms 1.0" in metrics


def test_an_engine_that_is_not_open_is_not_ready() -> None:
    client = TestClient(create_app())  # without its lifespan
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["reason"] == "the engine is not open"
    assert refusal(client, "/ws/a")[0] == 503


def test_the_demo_can_be_left_out() -> None:
    with TestClient(create_app(demo=False)) as client:
        assert client.get("/").status_code == 404


def test_the_demo_asks_for_nothing_from_elsewhere(client: TestClient) -> None:
    response = client.get("/d/some/document")
    assert response.status_code == 200
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert "http" not in response.text.replace("http-equiv", "")


async def test_an_application_may_be_mounted_with_an_engine_of_its_own() -> None:
    async with Engine("memory:") as engine:
        app = Starlette(routes=[Mount("/collaboration", create_app(engine, demo=False))])
        response = await asyncio.to_thread(lambda: TestClient(app).get("/collaboration/health/ready"))
        assert response.status_code == 200
