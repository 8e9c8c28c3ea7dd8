"""The opening handshake (RFC 6455, section 4), and what is not negotiated."""

import httpx
import pytest

from tests.conformance.conftest import ECHO
from tests.conformance.raw_websocket import Frame, Opcode, RawWebSocket, frame, raw_upgrade
from tests.conformance.servers import Server

# The key of the example in section 1.3, and the answer to it.
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
ENGINE = "/engine.io/?EIO=4&transport=websocket"
GOOD = {"Sec-WebSocket-Key": KEY, "Sec-WebSocket-Version": "13"}

paths = pytest.mark.parametrize("path", [ECHO, ENGINE])


@paths
async def test_the_answer_proves_that_the_key_was_read(server: Server, path: str) -> None:
    async with raw_upgrade(server, path, GOOD) as raw:
        head = raw.response.lower().split("\r\n")

    assert head[0].startswith("http/1.1 101 ")
    assert f"sec-websocket-accept: {ACCEPT}".lower() in head
    assert "upgrade: websocket" in head
    assert "connection: upgrade" in head


@paths
@pytest.mark.parametrize(
    "fields",
    [
        {"Upgrade": "WebSocket"},
        {"Upgrade": "WEBSOCKET", "Connection": "UPGRADE"},
        {"Connection": "keep-alive, Upgrade"},
        {"Origin": "https://elsewhere.example"},
    ],
)
async def test_a_handshake_may_be_written_in_many_ways(
    server: Server, path: str, fields: dict[str, str]
) -> None:
    async with raw_upgrade(server, path, GOOD | fields) as raw:
        assert raw.response.startswith("HTTP/1.1 101 ")


@paths
@pytest.mark.parametrize(
    "fields",
    [
        {"Sec-WebSocket-Key": ""},
        {"Sec-WebSocket-Key": "c2hvcnQ="},
        {"Sec-WebSocket-Key": "not base64 at all 123456"},
        {"Sec-WebSocket-Version": ""},
        {"Sec-WebSocket-Version": "12"},
        {"Sec-WebSocket-Version": "14"},
    ],
)
async def test_a_faulty_handshake_is_a_bad_request(
    server: Server, path: str, fields: dict[str, str]
) -> None:
    async with raw_upgrade(server, path, GOOD | fields) as raw:
        assert raw.response.split(" ")[1] in {"400", "426"}


@paths
async def test_a_refused_version_is_told_the_right_one(server: Server, path: str) -> None:
    async with raw_upgrade(server, path, GOOD | {"Sec-WebSocket-Version": "7"}) as raw:
        assert "sec-websocket-version: 13" in raw.response.lower()


@paths
async def test_compression_is_off(server: Server, path: str) -> None:
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    async with RawWebSocket.open(server, path, offer) as raw:
        assert "sec-websocket-extensions" not in raw.response.lower()


async def test_unknown_extensions_are_not_accepted(server: Server) -> None:
    async with RawWebSocket.open(server, ECHO, {"Sec-WebSocket-Extensions": "x-foo; a=1"}) as raw:
        assert "sec-websocket-extensions" not in raw.response.lower()


async def test_frames_right_behind_the_request_are_not_lost(ours: Server) -> None:
    # No client may send before it has the answer, but nothing should be lost if one does.
    async with RawWebSocket.open(ours, ECHO) as raw:
        await raw.write(frame(Opcode.TEXT, b"one") + frame(Opcode.TEXT, b"two"))

        assert await raw.receive_frame() == Frame(Opcode.TEXT, b"one")
        assert await raw.receive_frame() == Frame(Opcode.TEXT, b"two")


async def test_a_plain_request_to_a_websocket_is_no_upgrade(http: httpx.AsyncClient) -> None:
    response = await http.get(ECHO)

    assert 400 <= response.status_code < 500
