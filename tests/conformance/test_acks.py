"""Socket.IO acks: given when a handler answers, and never by themselves."""

import pytest

from tests.conformance.servers import Server
from tests.conformance.wires import connect_namespace, connected


async def test_an_ack_carries_what_the_handler_gave_it(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await wire.send('42456["message-with-ack",1,"2",{"3":[false]}]')

        assert await wire.receive() == '43456[1,"2",{"3":[false]}]'


@pytest.mark.parametrize("number", ["0", "1", "10", "789123", "9007199254740991"])
async def test_an_ack_has_the_number_of_its_event(server: Server, number: str) -> None:
    async with connected(server, "websocket") as wire:
        await wire.send(f'42{number}["message-with-ack","x"]')

        assert await wire.receive() == f'43{number}["x"]'


async def test_an_ack_names_its_namespace(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await connect_namespace(wire, "/custom")
        await wire.send('42/custom,456["message-with-ack",1]')

        assert await wire.receive() == "43/custom,456[1]"


async def test_a_handler_that_does_not_answer_gives_no_ack(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await wire.send('42456["message",1]', '42["message",2]')

        assert await wire.receive() == '42["message-back",1]'
        assert await wire.receive() == '42["message-back",2]'


async def test_an_event_that_nobody_handles_gets_no_ack(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await wire.send('42456["nobody",1]', '42["message",2]')

        assert await wire.receive() == '42["message-back",2]'


async def test_an_ack_that_nobody_waits_for_is_dropped(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await wire.send('43999["x"]', '42["message",2]')

        assert await wire.receive() == '42["message-back",2]'


async def test_every_event_gets_its_own_ack(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await wire.send(*(f'42{number}["message-with-ack",{number}]' for number in range(50)))

        received = [await wire.receive() for _ in range(50)]
    assert received == [f"43{number}[{number}]" for number in range(50)]
