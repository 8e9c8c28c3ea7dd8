"""Compression on a server: agreed on per connection, made once per room."""

import zlib

import pytest

from parley.socketio.config import Config
from parley.socketio.protocol.deflate import Agreement, Deflate
from parley.socketio.protocol.frames import serialise
from parley.socketio.recovery import MemoryRecovery
from parley.socketio.server import Server
from tests.socketio.links import Link, tick, unmasked, until

TARGET = "/socket.io/?EIO=4&transport=websocket"
OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
TEXT = "much the same " * 20


def server_with(deflate: Deflate | None, recovery: MemoryRecovery | None = None) -> Server:
    server = Server(Config(deflate=deflate, max_payload=10_000), recovery)
    chat = server.namespace()
    chat.on_connect(lambda socket: socket.join("room"))
    chat.on("echo", lambda socket, value: value)
    return server


async def member_of(server: Server, offer: str = OFFER, auth: str = "") -> Link:
    link = Link(server, TARGET, offer)
    before = len(server.namespace().sockets)
    link.send(f"40{auth}")
    await until(lambda: len(server.namespace().sockets) > before)
    await tick()
    return link


def packed(link: Link) -> list[bytes]:
    """The texts that came compressed."""
    stream = bytes(link.wire.sent).partition(b"\r\n\r\n")[2]
    found = []
    while stream:
        size, start = stream[1], 2
        if size == 126:
            size, start = int.from_bytes(stream[2:4]), 4
        if stream[0] == 0xC1:
            unpacker = zlib.decompressobj(-15)
            found.append(unpacker.decompress(stream[start : start + size] + b"\x00\x00\xff\xff"))
        stream = stream[start + size :]
    return found


async def test_by_default_nobody_is_answered_to_an_offer() -> None:
    link = await member_of(server_with(None))
    assert "Sec-WebSocket-Extensions" not in link.head
    server = server_with(None)
    plain = await member_of(server)
    server.namespace().emit("push", TEXT)
    await tick()
    assert plain.events() == [["push", TEXT]]


async def test_who_offers_gets_long_messages_compressed_and_short_ones_not() -> None:
    server = server_with(Deflate(threshold=100))
    link = await member_of(server)
    answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    assert f"Sec-WebSocket-Extensions: {answer}" in link.head
    sent = len(link.wire.sent)
    server.namespace().emit("push", TEXT)
    await tick()
    assert packed(link) == [f'42["push","{TEXT}"]'.encode()]
    assert len(link.wire.sent) - sent < len(TEXT) / 2
    before = len(link.wire.sent)
    server.namespace().emit("push", 1)
    await tick()
    assert unmasked(bytes(link.wire.sent[before:])) == [(1, b'42["push",1]')]


async def test_answers_and_what_a_client_sends_are_compressed_too() -> None:
    server = server_with(Deflate(threshold=100))
    link = await member_of(server)
    packer = zlib.compressobj(wbits=-15)
    event = f'421["echo","{TEXT}"]'.encode()
    data = packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH)
    link.raw(serialise(0x41, data.removesuffix(b"\x00\x00\xff\xff"), mask=b"mask"))
    await tick()
    assert packed(link) == [f'431["{TEXT}"]'.encode()]


async def test_a_room_is_compressed_for_once_and_whoever_did_not_offer_gets_it_plain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[bytes] = []
    real = Agreement.frame

    def frame(self: Agreement, opcode: int, payload: bytes) -> bytes:
        made.append(payload)
        return real(self, opcode, payload)

    monkeypatch.setattr(Agreement, "frame", frame)
    server = server_with(Deflate(threshold=100))
    members = [await member_of(server) for _ in range(5)]
    plain = await member_of(server, offer="")
    made.clear()
    for number in range(3):
        server.namespace().to("room").emit("push", number, TEXT)
    await tick()
    assert len(made) == 3
    expected = [f'42["push",{number},"{TEXT}"]'.encode() for number in range(3)]
    assert [packed(member) for member in members] == [expected] * 5
    assert [event[1] for event in plain.events()] == [0, 1, 2]


async def test_with_recovery_the_offset_is_inside() -> None:
    server = server_with(Deflate(threshold=100), MemoryRecovery(lambda: 0.0))
    link = await member_of(server, auth='{"recover":true}')
    server.namespace().to("room").emit("push", TEXT)
    await tick()
    (text,) = packed(link)
    assert text.startswith(f'42["push","{TEXT}","'.encode())


async def test_a_bomb_closes_its_connection_with_1009() -> None:
    server = server_with(Deflate())
    link = await member_of(server)
    packer = zlib.compressobj(wbits=-15)
    bomb = packer.compress(bytes(5_000_000)) + packer.flush(zlib.Z_SYNC_FLUSH)
    link.raw(serialise(0x42, bomb, mask=b"mask"))
    assert link.closed == (1009, "")
    assert not server.namespace().sockets
