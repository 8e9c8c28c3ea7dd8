"""Recovery packet by packet: wherever a link is cut, nothing is missed, doubled or reordered."""

import asyncio
import json
from uuid import uuid4

import pytest

from tests.clients.wires import Member, member, watcher
from tests.conformance.servers import Server
from tests.conformance.wires import socket_io

COUNT = 24
LARGE = "x" * 30_000


@pytest.fixture(params=["polling", "websocket"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def speak(speaker: Member, rooms: list[str]) -> None:
    """Say numbers to both rooms in turn, large ones to the second."""
    for number in range(1, COUNT):
        text = LARGE if number % 2 else ""
        await speaker.say(rooms[number % 2], [number, text])
    assert await speaker.ask("give", "after") == ["after"]


async def cut_and_recover(server: Server, transport: str, heard: int) -> None:
    """Lose the link after so many packets, and hear the rest over a new one."""
    rooms = [str(uuid4()), str(uuid4())]
    async with member(server, "websocket") as speaker, watcher(server) as watching:
        async with member(server, transport, recover=True) as first:
            for room in rooms:
                assert await first.ask("join", room) == ["joined"]
            await speaker.say(rooms[0], [0, ""])
            await first.hear()
            speaking = asyncio.create_task(speak(speaker, rooms))
            while len(first.heard) < heard:
                await first.hear()
            await first.wire.cut()
        await watching.sees_leaving(first.sid)
        again = {"recover": True, "pid": first.pid, "offset": first.offset}
        async with member(server, transport, **again) as second:
            assert second.sid == first.sid
            while len(first.heard) + len(second.heard) < COUNT:
                await second.hear()
        await speaking

    numbers = [number for number, _ in first.heard + second.heard]
    assert numbers == list(range(COUNT))


async def test_nothing_is_missed_wherever_the_link_is_cut(
    recovering: Server, transport: str
) -> None:
    async with asyncio.timeout(30):
        await asyncio.gather(
            *(cut_and_recover(recovering, transport, heard) for heard in range(1, COUNT, 2))
        )


async def test_the_offset_is_the_last_argument_and_a_string(
    recovering: Server, transport: str
) -> None:
    room = str(uuid4())
    async with member(recovering, transport, recover=True) as one:
        await one.ask("join", room)
        await one.say(room, {"a": 1})
        await one.hear()

    assert isinstance(one.offset, str)


async def test_offsets_differ_from_push_to_push(recovering: Server, transport: str) -> None:
    room = str(uuid4())
    offsets = set()
    async with member(recovering, transport, recover=True) as one:
        await one.ask("join", room)
        for number in range(20):
            await one.say(room, number)
            await one.hear()
            offsets.add(one.offset)

    assert len(offsets) == 20


@pytest.mark.parametrize("offset", ["", "nonsense", "0", "99999999999", "a.b.c", "😀"])
async def test_a_faulty_offset_is_not_recovered(
    recovering: Server, transport: str, offset: str
) -> None:
    room = str(uuid4())
    async with member(recovering, transport, recover=True) as first:
        await first.ask("join", room)
        await first.say(room, 1)
        await first.hear()
    again = {"recover": True, "pid": first.pid, "offset": offset}
    async with member(recovering, transport, **again) as second:
        assert second.sid != first.sid
        assert await second.ask("give", "fine") == ["fine"]


@pytest.mark.parametrize("pid", [1, None, {"a": 1}, ["x"], "", "x" * 10_000])
@pytest.mark.parametrize("offset", [1, None, {}, "1"])
async def test_a_faulty_private_id_does_no_harm(
    recovering: Server, pid: object, offset: object
) -> None:
    async with member(recovering, "websocket", recover=True, pid=pid, offset=offset) as one:
        assert await one.ask("give", "fine") == ["fine"]


async def test_what_was_missed_follows_the_connect(our_recovering: Server, transport: str) -> None:
    # The reference sends it before, and relies on clients to keep it until they are connected.
    room = str(uuid4())
    async with (
        member(our_recovering, "websocket") as speaker,
        watcher(our_recovering) as watching,
    ):
        async with member(our_recovering, transport, recover=True) as first:
            await first.ask("join", room)
            await speaker.say(room, 1)
            await first.hear()
            await first.wire.cut()
        await watching.sees_leaving(first.sid)
        await speaker.say(room, 2)
        again = {"recover": True, "pid": first.pid, "offset": first.offset}
        async with socket_io(our_recovering, transport) as wire:
            await wire.send(f"40{json.dumps(again)}")
            assert str(await wire.receive()).startswith(f'40{{"sid":"{first.sid}"')
            assert str(await wire.receive()).startswith('42["heard",2,"')


async def test_who_does_not_ask_is_not_bothered(our_recovering: Server, transport: str) -> None:
    # The reference leaves clients no choice.
    room = str(uuid4())
    async with member(our_recovering, transport) as one:
        await one.ask("join", room)
        await one.say(room, "text")

        assert one.pid is None
        assert await one.receive() == '42["heard","text"]'
