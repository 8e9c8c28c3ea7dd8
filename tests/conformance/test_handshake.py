"""Engine.IO handshakes over both transports, and the headers that go with them."""

import time

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.conformance.conftest import CALM
from tests.conformance.servers import Pool, Server
from tests.conformance.wires import engine_io, http_client, websocket

POLLING = "/engine.io/?EIO=4&transport=polling"
WEBSOCKET = "/engine.io/?EIO=4&transport=websocket"


async def test_the_handshake_over_polling_is_exactly_this(http: httpx.AsyncClient) -> None:
    response = await http.get(POLLING)

    assert response.status_code == 200
    assert response.headers["content-type"].lower() == "text/plain; charset=utf-8"
    sid = response.text.split('"')[3]
    assert len(sid) >= 20
    assert response.text == (
        f'0{{"sid":"{sid}","upgrades":["websocket"],'
        '"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
    )


async def test_the_handshake_over_websocket_is_exactly_this(server: Server) -> None:
    async with websocket(server, WEBSOCKET) as connection:
        packet = str(await connection.recv())

    sid = packet.split('"')[3]
    assert packet == (
        f'0{{"sid":"{sid}","upgrades":[],'
        '"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
    )


async def test_each_session_has_its_own_id(server: Server, transport: str) -> None:
    async with engine_io(server, transport) as one, engine_io(server, transport) as other:
        assert one.sid != other.sid


async def test_a_query_may_carry_more_than_the_protocol_needs(http: httpx.AsyncClient) -> None:
    response = await http.get(f"{POLLING}&t=abc&token=%C3%A9%26")

    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/engine.io/", "/socket.io/"])
async def test_any_origin_may_read_the_answers(http: httpx.AsyncClient, path: str) -> None:
    response = await http.get(
        f"{path}?EIO=4&transport=polling", headers={"origin": "https://elsewhere.example"}
    )

    assert response.headers["access-control-allow-origin"] == "*"


async def test_any_origin_may_post(http: httpx.AsyncClient) -> None:
    sid = (await http.get(POLLING)).text.split('"')[3]

    response = await http.post(
        f"{POLLING}&sid={sid}", content=b"4hello", headers={"origin": "https://elsewhere.example"}
    )

    assert response.headers["access-control-allow-origin"] == "*"


async def test_a_browser_may_ask_before_it_posts(http: httpx.AsyncClient) -> None:
    response = await http.options(
        POLLING,
        headers={
            "origin": "https://elsewhere.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
        },
    )

    assert response.status_code in {200, 204}
    assert response.headers["access-control-allow-origin"] == "*"
    assert "POST" in response.headers["access-control-allow-methods"]


async def test_extra_headers_are_on_every_answer(pool: Pool, kind: str) -> None:
    server = pool.get(kind, **CALM, HEADERS="x-served-by: one")
    async with http_client(server) as http:
        opened = await http.get(POLLING)
        url = f"{POLLING}&sid=" + opened.text.split('"')[3]
        posted = await http.post(url, content=b"4hello")
        polled = await http.get(url)

    assert [each.headers["x-served-by"] for each in (opened, posted, polled)] == ["one"] * 3


async def test_extra_headers_are_on_the_websocket_handshake(pool: Pool, kind: str) -> None:
    server = pool.get(kind, **CALM, HEADERS="x-served-by: one")
    async with websocket(server, WEBSOCKET) as connection:
        assert connection.response is not None
        assert connection.response.headers["x-served-by"] == "one"


async def test_a_slow_handshake_is_waited_for(pool: Pool, kind: str, transport: str) -> None:
    server = pool.get(kind, **CALM, HANDSHAKE_DELAY="200")
    began = time.monotonic()
    async with engine_io(server, transport) as wire:
        took = time.monotonic() - began
        await wire.send("4hello")
        assert await wire.receive() == "4hello"

    assert took >= 0.19


async def test_a_denied_handshake_is_forbidden(pool: Pool, kind: str) -> None:
    async with http_client(pool.get(kind, **CALM, DENY="1")) as http:
        response = await http.get(POLLING)

    assert response.status_code == 403
    assert response.text == '{"code":4,"message":"Forbidden"}'


async def test_a_denied_websocket_never_opens(pool: Pool, kind: str) -> None:
    server = pool.get(kind, **CALM, DENY="1")
    with pytest.raises((InvalidStatus, ConnectionClosed)) as raised:
        async with websocket(server, WEBSOCKET) as connection:
            await connection.recv()

    if isinstance(raised.value, InvalidStatus):
        assert raised.value.response.status_code in {400, 403}
