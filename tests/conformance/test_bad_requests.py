"""Requests that Engine.IO refuses, each with its code, and the end of such WebSockets."""

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from tests.conformance.servers import Server
from tests.conformance.wires import polling_wire, websocket, websocket_wire

UNKNOWN_TRANSPORT = '{"code":0,"message":"Transport unknown"}'
UNKNOWN_SID = '{"code":1,"message":"Session ID unknown"}'
BAD_METHOD = '{"code":2,"message":"Bad handshake method"}'
BAD_REQUEST = '{"code":3,"message":"Bad request"}'
UNSUPPORTED_VERSION = '{"code":5,"message":"Unsupported protocol version"}'

HANDSHAKE_FAULTS = [
    ("GET", "EIO=4", UNKNOWN_TRANSPORT),
    ("GET", "", UNKNOWN_TRANSPORT),
    ("GET", "EIO=4&transport=", UNKNOWN_TRANSPORT),
    ("GET", "EIO=4&transport=abc", UNKNOWN_TRANSPORT),
    ("GET", "EIO=4&transport=constructor", UNKNOWN_TRANSPORT),
    ("GET", "EIO=4&transport=polling&sid=abc", UNKNOWN_SID),
    ("POST", "EIO=4&transport=polling&sid=abc", UNKNOWN_SID),
    ("GET", "EIO=4&transport=polling&sid=__proto__", UNKNOWN_SID),
    ("GET", "EIO=4&transport=websocket&sid=abc", UNKNOWN_SID),
    ("POST", "EIO=4&transport=polling", BAD_METHOD),
    ("PUT", "EIO=4&transport=polling", BAD_METHOD),
    ("DELETE", "EIO=4&transport=polling", BAD_METHOD),
    ("GET", "EIO=4&transport=websocket", BAD_REQUEST),
    ("GET", "transport=polling", UNSUPPORTED_VERSION),
    ("GET", "EIO=&transport=polling", UNSUPPORTED_VERSION),
    ("GET", "EIO=3&transport=polling", UNSUPPORTED_VERSION),
    ("GET", "EIO=5&transport=polling", UNSUPPORTED_VERSION),
    ("GET", "EIO=abc&transport=polling", UNSUPPORTED_VERSION),
]

WEBSOCKET_FAULTS = [
    "EIO=4",
    "EIO=4&transport=abc",
    "EIO=abc&transport=websocket",
    "EIO=3&transport=websocket",
    "transport=websocket",
    "EIO=4&transport=websocket&sid=abc",
]


@pytest.mark.parametrize("path", ["/engine.io/", "/socket.io/"])
@pytest.mark.parametrize(("method", "query", "answer"), HANDSHAKE_FAULTS)
async def test_a_faulty_handshake_is_told_why(
    http: httpx.AsyncClient, path: str, method: str, query: str, answer: str
) -> None:
    response = await http.request(method, f"{path}?{query}")

    assert response.status_code == 400
    assert response.text == answer
    assert response.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("query", WEBSOCKET_FAULTS)
async def test_a_faulty_websocket_ends_before_any_packet(server: Server, query: str) -> None:
    # Refused with a status, or (the reference, for a version) accepted and then dropped.
    with pytest.raises((InvalidHandshake, InvalidMessage, ConnectionClosed)):
        async with websocket(server, f"/engine.io/?{query}") as connection:
            await connection.recv()


async def test_a_session_is_polled_over_its_own_transport_only(
    server: Server, http: httpx.AsyncClient
) -> None:
    async with websocket_wire(server) as wire:
        response = await http.get(f"/engine.io/?EIO=4&transport=polling&sid={wire.sid}")
        await wire.send("4still here")

        assert (response.status_code, response.text) == (400, BAD_REQUEST)
        assert await wire.receive() == "4still here"


async def test_a_session_keeps_its_protocol_version(server: Server) -> None:
    async with polling_wire(server) as wire:
        response = await wire.http.get(f"/engine.io/?EIO=3&transport=polling&sid={wire.sid}")
        await wire.send("4still here")

        assert (response.status_code, response.text) == (400, BAD_REQUEST)
        assert await wire.receive() == "4still here"


async def test_a_session_of_one_endpoint_is_unknown_at_the_other(server: Server) -> None:
    async with polling_wire(server, "/engine.io/") as wire:
        response = await wire.http.get(f"/socket.io/?EIO=4&transport=polling&sid={wire.sid}")

        assert (response.status_code, response.text) == (400, UNKNOWN_SID)
