"""Socket.IO DISCONNECT: it ends a namespace, never the engine."""

import pytest

from tests.conformance.servers import Server
from tests.conformance.wires import connect_namespace, connected, socket_io


@pytest.mark.parametrize(("namespace", "prefix"), [("/", ""), ("/custom", "/custom,")])
async def test_a_namespace_can_be_left_and_entered_again(
    server: Server, transport: str, namespace: str, prefix: str
) -> None:
    async with socket_io(server, transport) as wire:
        first = await connect_namespace(wire, namespace)
        await wire.send(f"41{prefix}")
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
        await wire.provoke('42["message"]')

        await wire.ended()
