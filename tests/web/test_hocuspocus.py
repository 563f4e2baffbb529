"""The Hocuspocus endpoint: who is let in, when access ends, and what hooks are told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from crdt_server import Engine, Grant, Limits, StatelessMessage, create_app
from crdt_server.protocol.lib0 import read_var_string, write_var_string
from persistence.memory import MemoryStore
from persistence.port import StoredDocument, StoreUnavailable
from tests.core.hocuspocus_peer import auth, close, spoken, stateless, step1, step2, update
from tests.updates import frame_update, insert
from tests.web.sockets import connect, refusal

SOON_S = 0.05
BRIEF_S = 1.0


LIVES_S = {"brief": BRIEF_S, "fleeting": SOON_S, "past": -1.0}
"""How long the grants of these tokens live."""


async def by_token(connection: HTTPConnection, document: str, token: str) -> Grant | None:
    """`write` and `read` are what they say, some others are slow or trouble; all else is denied."""
    match token:
        case "slow":
            await asyncio.Event().wait()
        case "broken":
            raise RuntimeError("the directory is down")
        case "cancelled":
            raise asyncio.CancelledError
        case "garbage":
            return True  # type: ignore[return-value]
        case "thoughtful":
            await asyncio.sleep(SOON_S / 10)
    if token in LIVES_S:
        return Grant("ann", expires_at=time.time() + LIVES_S[token])
    if token in ("write", "read", "thoughtful"):
        return Grant("ann", can_write=token != "read")
    return None


async def echo(message: StatelessMessage) -> None:
    match message.payload:
        case "broken":
            raise RuntimeError("the hook is broken")
        case "cancelled":
            raise asyncio.CancelledError
        case "slow":
            await asyncio.Event().wait()
        case "all":
            message.broadcast(f"{message.document} {message.grant.user}")
        case payload:
            message.reply(payload)


LIMITS = Limits(
    authenticate_timeout_s=SOON_S,
    unavailable_retry_s=SOON_S / 2,
    unavailable_s_max=SOON_S,
    stateless_timeout_s=SOON_S,
    token_renewal_s=BRIEF_S,
    auth_grace_s=SOON_S,
)


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = create_app(
        Engine("memory:", limits=LIMITS),
        authenticator=by_token,
        stateless_hook=echo,
        hocuspocus_paths=["/collaboration/ws/"],
    )
    with TestClient(app, base_url="http://here") as client:
        yield client


def ask(socket: WebSocketTestSession, frame: bytes) -> tuple[str, str]:
    """Send a frame; what the socket says."""
    socket.send_bytes(frame)
    return spoken(socket.receive_bytes())


def enter(socket: WebSocketTestSession, address: str, token: str = "write", version: str = "4.8.0") -> None:
    scope = "readonly" if token == "read" else "read-write"
    assert ask(socket, auth(address, token, version)) == (address, scope)


def close_code(socket: WebSocketTestSession) -> int:
    """The code that the socket is closed with; frames before it are passed over."""
    while True:
        try:
            socket.receive_bytes()
        except WebSocketDisconnect as disconnect:
            return disconnect.code


def stateless_text(frame: bytes) -> str:
    _, pos = read_var_string(frame, 0)
    assert frame[pos] == 5
    return read_var_string(frame, pos + 1)[0]


@pytest.mark.parametrize(
    "path", ["/hocuspocus", "/hocuspocus/", "/hocuspocus?room=x", "/collaboration/ws", "/collaboration/ws/"]
)
def test_an_edit_is_acknowledged_when_it_is_stored(client: TestClient, path: str) -> None:
    with connect(client, path) as socket:
        enter(socket, "doc")
        assert ask(socket, update("doc", insert(1, 0, "x"))) == ("doc", "saved")


def test_other_paths_are_nobodys(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), connect(client, "/elsewhere"):
        pass


@pytest.mark.parametrize("path", ["collaboration", "/a/{b}", "/a?b"])
def test_what_is_no_path_is_refused_when_the_app_is_made(path: str) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        create_app(hocuspocus_paths=[path])


def test_both_dialects_are_in_one_room(client: TestClient) -> None:
    with connect(client, "/hocuspocus") as socket, connect(client, "/ws/doc?token=write") as peer:
        peer.receive_bytes()
        enter(socket, "doc")
        assert ask(socket, update("doc", insert(1, 0, "x"))) == ("doc", "saved")
        assert peer.receive_bytes() == frame_update(insert(1, 0, "x"))
        peer.send_bytes(frame_update(insert(2, 0, "y")))
        assert socket.receive_bytes() == b"\x03doc" + frame_update(insert(2, 0, "y"))


def test_a_token_in_the_address_is_the_token_of_a_y_websocket_client(client: TestClient) -> None:
    assert refusal(client, "/ws/doc?token=wrong") == (403, "no access to this document")
    assert refusal(client, "/ws/doc?token=past") == (403, "the access has expired")


def test_pages_of_other_sites_are_refused_at_the_upgrade(client: TestClient) -> None:
    assert refusal(client, "/hocuspocus", headers={"Origin": "https://elsewhere.example"})[0] == 403


def test_an_engine_that_is_not_open_refuses_at_the_upgrade() -> None:
    assert refusal(TestClient(create_app()), "/hocuspocus")[0] == 503


@pytest.mark.parametrize("token", ["", "wrong", "past"])
def test_who_has_no_access_is_told_so_and_may_ask_again(client: TestClient, token: str) -> None:
    with connect(client, "/hocuspocus") as socket:
        assert ask(socket, auth("doc", token)) == ("doc", "denied: permission-denied")
        assert ask(socket, update("doc")) == ("doc", "rejected")
        enter(socket, "doc")


def test_a_document_that_is_denied_leaves_the_others_alone(client: TestClient) -> None:
    with connect(client, "/hocuspocus") as socket:
        enter(socket, "doc")
        assert ask(socket, auth("other", "wrong")) == ("other", "denied: permission-denied")
        assert ask(socket, update("doc", insert(1, 0, "x"))) == ("doc", "saved")


def test_without_a_token_the_authenticator_is_asked_all_the_same(client: TestClient) -> None:
    with connect(client, "/hocuspocus") as socket:
        assert ask(socket, step1("doc")) == ("doc", "denied: permission-denied")


def test_an_auth_may_come_after_the_step1() -> None:
    """Then nobody is denied for having come without."""
    app = create_app(Engine("memory:", limits=Limits(auth_grace_s=60)), authenticator=by_token)
    with TestClient(app) as client, connect(client, "/hocuspocus") as socket:
        socket.send_bytes(update("doc", insert(1, 0, "x")))
        socket.send_bytes(step1("doc"))
        enter(socket, "doc")


@pytest.mark.parametrize("token", ["slow", "broken", "cancelled", "garbage"])
def test_an_authenticator_in_trouble_makes_clients_come_back(client: TestClient, token: str) -> None:
    with connect(client, "/hocuspocus") as socket:
        assert ask(socket, auth("doc", token)) == ("doc", "keepalive")
        assert close_code(socket) == 1013
    assert refusal(client, f"/ws/doc?token={token}")[0] == (503 if token == "slow" else 500)


def test_who_is_in_stays_in_while_the_authenticator_is_in_trouble(client: TestClient) -> None:
    with connect(client, "/hocuspocus") as socket:
        enter(socket, "doc")
        socket.send_bytes(auth("doc", "broken"))
        enter(socket, "doc", "read")
        assert ask(socket, update("doc", insert(1, 0, "x"))) == ("doc", "rejected")


def test_the_newest_token_decides(client: TestClient) -> None:
    with connect(client, "/hocuspocus") as socket:
        socket.send_bytes(auth("doc", "slow"))
        socket.send_bytes(auth("doc", "wrong"))
        enter(socket, "doc")


def test_a_document_that_was_closed_meanwhile_is_not_opened(client: TestClient) -> None:
    with connect(client, "/hocuspocus") as socket:
        socket.send_bytes(auth("doc", "slow"))
        socket.send_bytes(auth("doc"))
        socket.send_bytes(close("doc"))
        enter(socket, "other")
        assert ask(socket, update("doc")) == ("doc", "rejected")


def test_a_refreshed_token_may_take_rights_away(client: TestClient) -> None:
    with connect(client, "/hocuspocus") as socket:
        enter(socket, "doc")
        enter(socket, "doc", "read")
        assert ask(socket, update("doc", insert(1, 0, "x"))) == ("doc", "rejected")
        assert ask(socket, auth("doc", "wrong")) == ("doc", "denied: permission-denied")
        assert ask(socket, update("doc", insert(1, 0, "x"))) == ("doc", "rejected")


def test_a_client_is_asked_for_a_token_before_its_access_ends(client: TestClient) -> None:
    with connect(client, "/hocuspocus") as socket:
        enter(socket, "doc", "brief")
        assert spoken(socket.receive_bytes()) == ("doc", "token?")
        enter(socket, "doc")
        time.sleep(BRIEF_S)  # the first grant is over: that the access is not is what is shown
        assert ask(socket, update("doc", insert(1, 0, "x"))) == ("doc", "saved")


def test_access_ends_when_no_new_token_comes(client: TestClient) -> None:
    with connect(client, "/hocuspocus") as socket, connect(client, "/ws/doc?token=brief") as peer:
        enter(socket, "doc", "brief")
        assert spoken(socket.receive_bytes()) == ("doc", "token?")
        assert spoken(socket.receive_bytes()) == ("doc", "denied: the access has expired")
        assert close_code(peer) == 4401


def test_access_that_ends_while_the_document_is_loaded_is_no_access() -> None:
    app = create_app(Engine(Slow(), limits=LIMITS), authenticator=by_token)
    with TestClient(app) as client, connect(client, "/hocuspocus") as socket:
        socket.send_bytes(auth("doc", "fleeting"))
        said = [spoken(socket.receive_bytes())[1] for _ in range(2)]
        assert said == ["read-write", "denied: the access has expired"]
        assert "crdt_sessions 0.0" in client.get("/metrics").text


def test_nobody_is_asked_about_documents_that_were_closed_again() -> None:
    """However often a socket says so: few are asked about at a time, and it is given up."""
    asked: list[int] = []
    running = 0

    async def patient(connection: HTTPConnection, document: str, token: str) -> Grant | None:
        nonlocal running
        running += 1
        asked.append(running)
        try:
            await asyncio.Event().wait()
        finally:
            running -= 1
        return None

    app = create_app(Engine("memory:"), authenticator=patient)
    with TestClient(app) as client:
        with connect(client, "/hocuspocus") as socket:
            for number in range(300):
                socket.send_bytes(auth(f"doc{number % 50}"))
                if number % 3:
                    socket.send_bytes(close(f"doc{number % 50}"))
            socket.send_text("the end")
            assert close_code(socket) == 1003
        assert asked
        assert max(asked) <= 8
        assert running == 0


def test_more_documents_than_may_be_undecided_are_opened_one_after_another() -> None:
    app = create_app(Engine("memory:", limits=Limits(pending_documents_max=3)), authenticator=by_token)
    with TestClient(app) as client, connect(client, "/hocuspocus") as socket:
        names = [f"doc{number}" for number in range(30)]
        for name in names:
            socket.send_bytes(auth(name, "thoughtful"))
            socket.send_bytes(step1(name))
        opened: set[str] = set()
        while len(opened) < len(names):
            frame = socket.receive_bytes()
            if frame.endswith(b"read-write"):
                opened.add(spoken(frame)[0])
        assert opened == set(names)


@pytest.mark.parametrize("name", ["", " ", " a", "a\x01", "..", "x" * 520])
def test_what_is_no_name_is_denied(client: TestClient, name: str) -> None:
    with connect(client, "/hocuspocus") as socket:
        address, said = ask(socket, auth(name))
        assert address == name
        assert said.startswith("denied: a document name") or said == "denied: a document needs a name"


def test_poison_ends_its_document_alone(client: TestClient) -> None:
    with connect(client, "/hocuspocus") as socket:
        enter(socket, "doc")
        enter(socket, "other")
        assert ask(socket, update("doc", bytes.fromhex("01010001000000"))) == ("doc", "rejected")
        assert spoken(socket.receive_bytes())[1].startswith("denied: invalid_update")
        assert ask(socket, step2("other")) == ("other", "saved")


def test_text_closes_the_socket(client: TestClient) -> None:
    with connect(client, "/hocuspocus") as socket:
        enter(socket, "doc")
        socket.send_text("hello")
        assert close_code(socket) == 1003


def test_a_close_is_answered_and_ends_the_session(client: TestClient) -> None:
    with connect(client, "/hocuspocus") as socket:
        enter(socket, "doc")
        assert "crdt_sessions 1.0" in client.get("/metrics").text
        assert ask(socket, close("doc")) == ("doc", "closed: provider_initiated")
        assert "crdt_sessions 0.0" in client.get("/metrics").text


def test_a_socket_without_an_auth_is_closed_in_time() -> None:
    app = create_app(Engine("memory:", limits=Limits(pending_s_max=SOON_S)))
    with TestClient(app) as client, connect(client, "/hocuspocus") as socket:
        assert close_code(socket) == 4408


def test_documents_on_one_socket_are_bounded() -> None:
    app = create_app(Engine("memory:", limits=Limits(socket_documents_max=1)))
    with TestClient(app) as client, connect(client, "/hocuspocus") as socket:
        enter(socket, "doc")
        reason = "denied: too many documents are open on this connection"
        assert ask(socket, auth("other")) == ("other", reason)


@pytest.mark.parametrize(
    "limits", [Limits(room_sessions_max=1, unavailable_retry_s=SOON_S / 2, unavailable_s_max=SOON_S)]
)
def test_a_full_room_makes_clients_come_back(limits: Limits) -> None:
    app = create_app(Engine("memory:", limits=limits))
    with (
        TestClient(app) as client,
        connect(client, "/hocuspocus") as first,
        connect(client, "/hocuspocus") as second,
    ):
        enter(first, "doc")
        second.send_bytes(auth("doc"))
        assert close_code(second) == 1013


class Slow(MemoryStore):
    """Loads take longer than some grants live."""

    async def load(self, document: str) -> StoredDocument:
        await asyncio.sleep(2 * SOON_S)
        return await super().load(document)


class Unreadable(MemoryStore):
    """The first loads of documents whose names begin with `bad` fail."""

    def __init__(self, failures: float) -> None:
        super().__init__()
        self.failures = failures

    async def load(self, document: str) -> StoredDocument:
        if document.startswith("bad") and self.failures > 0:
            self.failures -= 1
            raise StoreUnavailable("a cable is out")
        return await super().load(document)


@pytest.fixture
def unreadable(request: pytest.FixtureRequest) -> Iterator[WebSocketTestSession]:
    app = create_app(Engine(Unreadable(request.param), limits=LIMITS))
    with TestClient(app) as client, connect(client, "/hocuspocus") as socket:
        yield socket


@pytest.mark.parametrize("unreadable", [float("inf")], indirect=True)
def test_a_document_that_cannot_be_loaded_is_closed_where_it_is_not_alone(
    unreadable: WebSocketTestSession,
) -> None:
    enter(unreadable, "doc")
    unreadable.send_bytes(step1("bad"))
    assert ask(unreadable, auth("bad", version="4.8.0"))[1].startswith("closed: document 'bad' cannot be")
    assert ask(unreadable, step2("doc")) == ("doc", "saved")


@pytest.mark.parametrize("unreadable", [float("inf")], indirect=True)
def test_a_document_that_cannot_be_loaded_closes_its_socket_where_it_is_alone(
    unreadable: WebSocketTestSession,
) -> None:
    assert ask(unreadable, auth("bad")) == ("bad", "keepalive")
    assert close_code(unreadable) == 4500


@pytest.mark.parametrize("unreadable", [1], indirect=True)
def test_a_document_that_can_be_loaded_again_opens_for_those_who_waited(
    unreadable: WebSocketTestSession,
) -> None:
    enter(unreadable, "bad")


# Stateless messages.


def test_a_hook_answers_and_broadcasts_in_order(client: TestClient) -> None:
    with connect(client, "/hocuspocus") as one, connect(client, "/hocuspocus") as two:
        enter(one, "doc\0s1")
        enter(two, "doc")
        for payload in ("first", "broken", "cancelled", "slow", "all", "last"):
            one.send_bytes(stateless("doc\0s1", payload))
        heard = [one.receive_bytes() for _ in range(3)]
        assert [stateless_text(frame) for frame in heard] == ["first", "doc ann", "last"]
        assert all(frame.startswith(write_var_string("doc\0s1")) for frame in heard)
        assert stateless_text(two.receive_bytes()) == "doc ann"


def test_without_a_hook_stateless_messages_go_nowhere() -> None:
    with TestClient(create_app()) as client, connect(client, "/hocuspocus") as socket:
        enter(socket, "doc")
        socket.send_bytes(stateless("doc", "hello"))
        assert ask(socket, step2("doc")) == ("doc", "saved")


def test_many_stateless_messages_wait_with_the_socket_that_sends_them(client: TestClient) -> None:
    with connect(client, "/hocuspocus") as socket:
        enter(socket, "doc")
        for number in range(500):
            socket.send_bytes(stateless("doc", str(number)))
        assert [stateless_text(socket.receive_bytes()) for _ in range(500)] == [str(n) for n in range(500)]


def test_a_program_broadcasts_to_a_document_that_is_open() -> None:
    engine = Engine("memory:")
    with TestClient(create_app(engine)) as client, connect(client, "/hocuspocus") as socket:
        enter(socket, "doc")
        assert client.portal is not None
        client.portal.call(engine.broadcast_stateless, "doc", "hi")
        client.portal.call(engine.broadcast_stateless, "closed", "nobody hears it")
        assert stateless_text(socket.receive_bytes()) == "hi"
