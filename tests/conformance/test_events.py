"""Socket.IO events: the bytes that come back are the bytes that were sent."""

import pytest

from tests.conformance.servers import Server
from tests.conformance.wires import connect_namespace, connected

ARGUMENTS = [
    '1,"2",{"3":[true]}',
    "null,true,false",
    '{"b":1,"a":2,"B":3,"_":{}}',
    '"€ 漢字 😀 é"',
    '"quote \\" backslash \\\\ slash / newline \\n tab \\t"',
    "0,-1,1.5,9007199254740991,-0.25",
    '"",[],{},[[]],[{"a":[{}]}]',
    '"1",",","]","\\u0000"',
]


@pytest.mark.parametrize("arguments", ARGUMENTS)
async def test_arguments_come_back_byte_for_byte(
    server: Server, transport: str, arguments: str
) -> None:
    async with connected(server, transport) as wire:
        await wire.send(f'42["message",{arguments}]')

        assert await wire.receive() == f'42["message-back",{arguments}]'


async def test_an_event_may_have_no_arguments(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await wire.send('42["message"]')

        assert await wire.receive() == '42["message-back"]'


async def test_whitespace_is_not_kept(server: Server) -> None:
    async with connected(server, "websocket") as wire:
        await wire.send('42[ "message" , { "a" : [ 1 , 2 ] } ]')

        assert await wire.receive() == '42["message-back",{"a":[1,2]}]'


async def test_escapes_are_written_in_their_short_form(server: Server) -> None:
    async with connected(server, "websocket") as wire:
        await wire.send('42["m\\u0065ssage","\\u00e9\\u20ac\\/"]')

        assert await wire.receive() == '42["message-back","é€/"]'


async def test_an_event_of_a_namespace_stays_in_it(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await connect_namespace(wire, "/custom")
        await wire.send('42/custom,["message",1]')

        assert await wire.receive() == '42/custom,["message-back",1]'


async def test_an_event_that_nobody_handles_is_dropped(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await wire.send('42["nobody",1]', '42["message",2]')

        assert await wire.receive() == '42["message-back",2]'


async def test_events_keep_their_order(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await wire.send(*(f'42["message",{number}]' for number in range(100)))

        received = [await wire.receive() for _ in range(100)]
    assert received == [f'42["message-back",{number}]' for number in range(100)]


async def test_a_large_event_comes_back_whole(server: Server, transport: str) -> None:
    text = "0123456789é" * 20_000
    async with connected(server, transport) as wire:
        await wire.send(f'42["message","{text}"]')

        assert await wire.receive() == f'42["message-back","{text}"]'


async def test_two_clients_do_not_hear_each_other(server: Server, transport: str) -> None:
    async with connected(server, transport) as one, connected(server, transport) as other:
        await one.send('42["message","one"]')
        await other.send('42["message","other"]')

        assert await other.receive() == '42["message-back","other"]'
        assert await one.receive() == '42["message-back","one"]'
