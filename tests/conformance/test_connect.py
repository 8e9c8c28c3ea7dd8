"""Socket.IO CONNECT: to the main and other namespaces, refused, late, or not at all."""

import json
import time

import pytest

from tests.conformance.conftest import CALM
from tests.conformance.pace import Pace, unhurried
from tests.conformance.servers import Pool, Server
from tests.conformance.wires import (
    connect_namespace,
    connected,
    polling_wire,
    receive,
    socket_io,
    websocket,
)


async def test_the_reply_carries_the_sid_and_nothing_else(server: Server, transport: str) -> None:
    async with socket_io(server, transport) as wire:
        await wire.send("40")
        reply = str(await wire.receive())

    sid = json.loads(reply[2:])["sid"]
    assert reply == f'40{{"sid":"{sid}"}}'
    assert len(sid) >= 20


async def test_a_socket_has_another_id_than_its_engine(server: Server, transport: str) -> None:
    async with socket_io(server, transport) as wire:
        assert await connect_namespace(wire, "/") != wire.sid


async def test_the_reply_comes_before_what_the_handler_emits(
    server: Server, transport: str
) -> None:
    async with socket_io(server, transport) as wire:
        await wire.send("40")

        assert str(await wire.receive()).startswith('40{"sid":')
        assert await wire.receive() == '42["auth",{}]'


@pytest.mark.parametrize("auth", ['{"token":"123"}', '{"a":{"b":[1,null,"é"]},"A":true}', "{}"])
@pytest.mark.parametrize("prefix", ["", "/custom,"])
async def test_the_payload_reaches_the_handler(
    server: Server, transport: str, prefix: str, auth: str
) -> None:
    async with socket_io(server, transport) as wire:
        await wire.send(f"40{prefix}{auth}")

        assert str(await wire.receive()).startswith(f'40{prefix}{{"sid":')
        assert await wire.receive() == f'42{prefix}["auth",{auth}]'


async def test_a_reply_names_the_namespace(server: Server, transport: str) -> None:
    async with socket_io(server, transport) as wire:
        await wire.send("40/custom,")
        reply = str(await wire.receive())

    sid = json.loads(reply.removeprefix("40/custom,"))["sid"]
    assert reply == f'40/custom,{{"sid":"{sid}"}}'


async def test_a_namespace_may_come_without_its_comma(server: Server) -> None:
    async with socket_io(server, "websocket") as wire:
        await wire.send("40/custom")

        assert str(await wire.receive()).startswith('40/custom,{"sid":')


async def test_a_namespace_may_carry_a_query(ours: Server) -> None:
    # The reference takes the query for a part of the name; older clients send one.
    async with socket_io(ours, "websocket") as wire:
        await wire.send("40/custom?token=abc,")

        assert str(await wire.receive()).startswith('40/custom,{"sid":')


async def test_one_engine_serves_several_namespaces(server: Server, transport: str) -> None:
    async with socket_io(server, transport) as wire:
        main = await connect_namespace(wire, "/")
        custom = await connect_namespace(wire, "/custom")
        await wire.send('42["message","main"]', '42/custom,["message","custom"]')

        assert main != custom
        assert await wire.receive() == '42["message-back","main"]'
        assert await wire.receive() == '42/custom,["message-back","custom"]'


async def test_an_unknown_namespace_is_refused(server: Server, transport: str) -> None:
    async with socket_io(server, transport) as wire:
        await wire.send("40/random")

        assert await wire.receive() == '44/random,{"message":"Invalid namespace"}'


async def test_a_refused_namespace_leaves_the_others_alone(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await wire.send('40/random,{"token":1}', '42["message"]')

        assert await wire.receive() == '44/random,{"message":"Invalid namespace"}'
        assert await wire.receive() == '42["message-back"]'


async def test_a_connected_namespace_is_not_connected_again(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await wire.provoke("40")

        await wire.ended()


@pytest.mark.parametrize("packet", ['42["message",1]', '42/custom,["message"]', "41", '430["x"]'])
async def test_nothing_goes_before_the_connect(server: Server, transport: str, packet: str) -> None:
    async with socket_io(server, transport) as wire:
        await wire.provoke(packet)

        await wire.ended()


@unhurried
async def test_an_engine_without_a_connect_is_closed(pace: Pace, transport: str) -> None:
    began = time.monotonic()
    async with socket_io(pace.impatient, transport) as wire:
        await wire.ended()

    assert pace.patience - pace.early <= time.monotonic() - began <= pace.patience + 2 * pace.late


@unhurried
async def test_a_connect_in_time_stays(pace: Pace) -> None:
    server = pace.impatient
    async with connected(server, "websocket") as wire, socket_io(server, "polling") as late:
        # That one is opened later and closed by its timer: the first one's is over by then.
        await late.ended()
        await wire.send('42["message","still here"]')

        assert await wire.receive() == '42["message-back","still here"]'


async def test_without_recovery_no_private_id_is_handed_out(server: Server) -> None:
    async with socket_io(server, "websocket") as wire:
        await wire.send('40{"recover":false}')

        assert "pid" not in str(await wire.receive())


async def test_with_recovery_the_reply_carries_a_private_id(pool: Pool, kind: str) -> None:
    async with socket_io(pool.get(kind, **CALM, RECOVERY="1"), "websocket") as wire:
        await wire.send("40")
        reply = json.loads(str(await wire.receive())[2:])

    assert list(reply) == ["sid", "pid"]
    assert reply["pid"] != reply["sid"]


async def test_connecting_works_across_an_upgrade(server: Server) -> None:
    async with polling_wire(server, "/socket.io/") as wire:
        path = f"/socket.io/?EIO=4&transport=websocket&sid={wire.sid}"
        async with websocket(server, path) as connection:
            await wire.send("40")
            await connection.send("2probe")
            assert await receive(connection) == "3probe"
            await connection.send("5")
            await connection.send('42["message","hello"]')
            packets = [str(await receive(connection)) for _ in range(3)]

    assert packets[0].startswith('40{"sid":')
    assert packets[1:] == ['42["auth",{}]', '42["message-back","hello"]']
