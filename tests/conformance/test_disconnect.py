"""Socket.IO DISCONNECT: it ends a namespace, never the engine."""

import pytest

from tests.conformance.servers import Server
from tests.conformance.wires import Wire, connect_namespace, connected, socket_io


async def settled(wire: Wire) -> None:
    """Wait until what was sent has been acted on: the reference does so one tick later."""
    await wire.send("40/random")
    assert await wire.receive() == '44/random,{"message":"Invalid namespace"}'


@pytest.mark.parametrize(("namespace", "prefix"), [("/", ""), ("/custom", "/custom,")])
async def test_a_namespace_can_be_left_and_entered_again(
    server: Server, transport: str, namespace: str, prefix: str
) -> None:
    async with socket_io(server, transport) as wire:
        first = await connect_namespace(wire, namespace)
        await wire.send(f"41{prefix}")
        await settled(wire)
        second = await connect_namespace(wire, namespace)
        await wire.send(f'42{prefix}["message","back"]')

        assert first != second
        assert await wire.receive() == f'42{prefix}["message-back","back"]'


async def test_leaving_the_main_namespace_leaves_the_others_alone(
    server: Server, transport: str
) -> None:
    async with connected(server, transport) as wire:
        await connect_namespace(wire, "/custom")
        await wire.send("41", '42/custom,["message"]')

        assert await wire.receive() == '42/custom,["message-back"]'


async def test_leaving_a_namespace_leaves_the_main_one_alone(
    server: Server, transport: str
) -> None:
    async with connected(server, transport) as wire:
        await connect_namespace(wire, "/custom")
        await wire.send("41/custom,", '42["message"]')

        assert await wire.receive() == '42["message-back"]'


async def test_the_engine_stays_when_its_last_namespace_is_left(
    server: Server, transport: str
) -> None:
    async with connected(server, transport) as wire:
        await wire.send("41", "40/custom,")

        assert str(await wire.receive()).startswith('40/custom,{"sid":')


async def test_an_event_to_a_namespace_that_was_left_ends_the_engine(
    server: Server, transport: str
) -> None:
    async with connected(server, transport) as wire:
        await wire.send("41")
        await settled(wire)
        await wire.provoke('42["message"]')

        await wire.ended()


async def test_leaving_and_entering_in_one_breath_works(ours: Server, transport: str) -> None:
    # The reference still sees the old socket there and closes the engine.
    async with connected(ours, transport) as wire:
        await wire.send("41", "40", '42["message"]')

        assert str(await wire.receive()).startswith('40{"sid":')
        assert await wire.receive() == '42["auth",{}]'
        assert await wire.receive() == '42["message-back"]'
