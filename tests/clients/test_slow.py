"""A member that does not read: it is cut, and the others notice nothing. Ours alone: the
reference keeps everything in memory for as long as it takes."""

import asyncio

from tests.clients.wires import member
from tests.conformance.raw_websocket import Opcode, RawWebSocket
from tests.conformance.servers import Server
from tests.conformance.wires import PollingWire

TEXT = "x" * 50_000
COUNT = 400


async def test_a_member_that_does_not_read_is_cut_and_delays_nobody(ours: Server) -> None:
    path = "/socket.io/?EIO=4&transport=websocket"
    async with (
        RawWebSocket.open(ours, path) as slow,
        member(ours, "websocket") as speaker,
        member(ours, "websocket") as listener,
    ):
        await slow.send(Opcode.TEXT, b"40")
        await slow.send(Opcode.TEXT, b'42["join","slow room"]')
        await listener.ask("join", "slow room")
        for number in range(COUNT):
            await speaker.say("slow room", [number, TEXT])
            await listener.hear()
        received, close = await read_to_the_close(slow)

    assert [number for number, _ in listener.heard] == list(range(COUNT))
    assert received < COUNT, "it got everything, so nothing was slow about it"
    assert close == (1013).to_bytes(2)  # try again later: clients come back


async def test_a_member_that_never_polls_is_cut(ours: Server) -> None:
    async with (
        member(ours, "polling") as slow,
        member(ours, "websocket") as speaker,
        member(ours, "websocket") as listener,
    ):
        await slow.ask("join", "quiet room")
        await listener.ask("join", "quiet room")
        for number in range(COUNT // 4):
            await speaker.say("quiet room", [number, TEXT])
            await listener.hear()
        assert isinstance(slow.wire, PollingWire)
        response = await slow.wire.poll()

    assert response.status_code == 400


async def read_to_the_close(slow: RawWebSocket) -> tuple[int, bytes]:
    """Read what was on its way until the server's cut: how many pushes, and the close code."""
    received = 0
    async with asyncio.timeout(60):
        while (frame := await slow.receive_frame()).opcode != Opcode.CLOSE:
            received += frame.payload.startswith(b'42["heard"')
        await slow.send(Opcode.CLOSE, frame.payload[:2])
        await slow.ended()
    return received, frame.payload[:2]
