"""Which protocol a new connection is left to."""

import asyncio
from typing import Any

import pytest

from parley.socketio.front import Front, front_class, is_plain_upgrade
from parley.socketio.server import Server
from tests.socketio.links import REQUEST, State, Wire

TARGET = "/socket.io/?EIO=4&transport=websocket"
UPGRADE = REQUEST.format(target=TARGET, more="").encode()


class Http(asyncio.Protocol):
    """Takes the place of uvicorn's own protocol."""

    def __init__(self, **made_with: Any) -> None:
        self.made_with = made_with
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data


class FrontWire(Wire):
    def __init__(self) -> None:
        super().__init__()
        self.cut = asyncio.Event()

    def abort(self) -> None:
        super().abort()
        self.cut.set()

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol


def connect(state: State, timeout: float = 3600) -> tuple[FrontWire, Front]:
    wire = FrontWire()
    create = front_class(Server().websocket_protocol, Http, timeout)
    front = create(config=None, server_state=state, app_state={}, _loop=None)
    wire.protocol = front
    front.connection_made(wire)
    return wire, front


async def test_a_plain_upgrade_goes_straight_to_the_websocket() -> None:
    wire, front = connect(State())
    front.data_received(UPGRADE)
    assert wire.sent.startswith(b"HTTP/1.1 101 ")
    assert not isinstance(wire.protocol, Front | Http)


async def test_the_answer_and_the_open_packet_are_one_write() -> None:
    wire, front = connect(State())
    front.data_received(UPGRADE)
    assert wire.writes == 1
    assert b'"pingInterval"' in wire.sent


async def test_any_other_request_goes_to_http_as_it_came() -> None:
    wire, front = connect(State())
    front.data_received(b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n")
    assert isinstance(wire.protocol, Http)
    assert wire.protocol.received == b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n"
    assert set(wire.protocol.made_with) == {"config", "server_state", "app_state"}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(UPGRADE[:-2], id="in parts"),
        pytest.param(UPGRADE + b"more", id="with more behind it"),
        pytest.param(UPGRADE.replace(b"GET", b"POST"), id="by another method"),
        pytest.param(UPGRADE.replace(b"1.1", b"1.0"), id="in an old version"),
        pytest.param(UPGRADE.replace(b"\r\n", b"\n"), id="with bare line feeds"),
        pytest.param(UPGRADE.replace(b"Host: here", b"Host: here\r\n there"), id="folded"),
        pytest.param(UPGRADE.replace(b"Host:", b"Host :"), id="with a blank in a name"),
        pytest.param(UPGRADE.replace(b"here", b"he\x00re"), id="with a control character"),
        pytest.param(UPGRADE.replace(b"Host", b"Content-Length: 4\r\nHost"), id="with a body"),
        pytest.param(
            UPGRADE.replace(b"Host", b"transfer-encoding: chunked\r\nHost"), id="with chunks"
        ),
        pytest.param(UPGRADE.replace(b"websocket\r\n", b"h2c\r\n"), id="to another protocol"),
        pytest.param(UPGRADE.replace(b"here", b"h" * 20_000), id="of a great size"),
    ],
)
def test_an_upgrade_that_leaves_doubt_is_left_to_http(data: bytes) -> None:
    assert is_plain_upgrade(UPGRADE)
    assert not is_plain_upgrade(data)


async def test_it_is_among_the_connections_until_it_has_decided() -> None:
    state = State()
    _, front = connect(state)
    assert state.connections == {front}
    front.data_received(UPGRADE)
    assert front not in state.connections
    assert len(state.connections) == 1


async def test_one_that_says_nothing_is_closed_when_the_server_goes_down() -> None:
    state = State()
    wire, front = connect(state)
    front.shutdown()
    assert wire.closed
    front.connection_lost(None)
    assert not state.connections


async def test_a_connection_that_sends_nothing_is_cut() -> None:
    state = State()
    wire, front = connect(state, timeout=0.01)
    assert state.connections == {front}
    await asyncio.wait_for(wire.cut.wait(), 30)
    await asyncio.sleep(0)
    assert state.connections == set()


async def test_one_that_sent_something_or_went_is_its_protocols_matter() -> None:
    create = front_class(Server().websocket_protocol, Http, 0.01)
    wires = [FrontWire() for _ in range(3)]
    for wire in wires:
        wire.protocol = create(config=None, server_state=State(), app_state={})
        wire.protocol.connection_made(wire)
    speaks, goes, silent = wires
    speaks.protocol.data_received(b"G")
    goes.close()
    await asyncio.wait_for(silent.cut.wait(), 30)
    assert (speaks.aborted, goes.aborted) == (False, False)
