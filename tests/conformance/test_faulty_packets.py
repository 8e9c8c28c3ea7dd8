"""Packets that Engine.IO has no place for: the session that sent them is gone, no other."""

import pytest

from tests.conformance.servers import Server
from tests.conformance.wires import polling_wire, websocket_wire

FAULTS = ["abc", "7", "x", "-1", " 4hello", "4a\x1e", "\x1e4a", "4a\x1eabc\x1e4b", "2", ""]


@pytest.mark.parametrize("body", FAULTS, ids=repr)
async def test_a_faulty_post_ends_the_session(server: Server, body: str) -> None:
    async with polling_wire(server) as wire:
        await wire.provoke(body)

        assert (await wire.poll()).text == '{"code":1,"message":"Session ID unknown"}'


@pytest.mark.parametrize("body", FAULTS, ids=repr)
async def test_our_answer_to_a_faulty_post_is_400(ours: Server, body: str) -> None:
    # The reference has closed the session, and answers "ok" or drops the request all the same.
    async with polling_wire(ours) as wire:
        assert (await wire.post(body)).status_code == 400


@pytest.mark.parametrize("packet", ["abc", "7", "x", "", "2"], ids=repr)
async def test_a_faulty_text_frame_ends_the_connection(server: Server, packet: str) -> None:
    async with websocket_wire(server) as wire:
        await wire.provoke(packet)

        await wire.ended()


async def test_the_fault_of_one_session_leaves_the_others_alone(server: Server) -> None:
    async with websocket_wire(server) as bystander, websocket_wire(server) as faulty:
        await faulty.provoke("abc")
        await faulty.ended()
        await bystander.send("4still here")

        assert await bystander.receive() == "4still here"
