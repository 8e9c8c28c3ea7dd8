"""Socket.IO packets with binary attachments, over both transports."""

import pytest

from tests.conformance.servers import Server
from tests.conformance.wires import Packet, connect_namespace, connected


def placeholder(number: int) -> str:
    return f'{{"_placeholder":true,"num":{number}}}'


def with_attachments(count: int) -> list[Packet]:
    placeholders = ",".join(placeholder(number) for number in range(count))
    header = f'45{count}-["message",{placeholders}]'
    return [header, *(bytes([number]) * 3 for number in range(count))]


async def test_an_event_comes_back_with_its_attachments(server: Server, transport: str) -> None:
    arguments = f"{placeholder(0)},{placeholder(1)}"
    async with connected(server, transport) as wire:
        await wire.send(f'452-["message",{arguments}]', b"\x01\x02\x03", b"\x04\x05\x06")

        assert await wire.receive() == f'452-["message-back",{arguments}]'
        assert await wire.receive() == b"\x01\x02\x03"
        assert await wire.receive() == b"\x04\x05\x06"


async def test_attachments_may_lie_deep_inside(server: Server, transport: str) -> None:
    arguments = f'"a",{{"b":[{placeholder(0)},{{"c":{placeholder(1)}}}]}},1'
    async with connected(server, transport) as wire:
        await wire.send(f'452-["message",{arguments}]', b"one", b"two")

        assert await wire.receive() == f'452-["message-back",{arguments}]'
        assert await wire.receive() == b"one"
        assert await wire.receive() == b"two"


async def test_attachments_are_numbered_in_the_order_of_the_arguments(server: Server) -> None:
    async with connected(server, "websocket") as wire:
        sent = f'452-["message",{placeholder(1)},{placeholder(0)}]'
        await wire.send(sent, b"zero", b"one")

        back = f'452-["message-back",{placeholder(0)},{placeholder(1)}]'
        assert [await wire.receive() for _ in range(3)] == [back, b"one", b"zero"]


async def test_an_ack_may_carry_attachments(server: Server, transport: str) -> None:
    arguments = f"{placeholder(0)},{placeholder(1)}"
    async with connected(server, transport) as wire:
        await wire.send(f'452-789["message-with-ack",{arguments}]', b"\x01\x02", b"\x03")

        assert await wire.receive() == f"462-789[{arguments}]"
        assert [await wire.receive() for _ in range(2)] == [b"\x01\x02", b"\x03"]


async def test_a_binary_event_names_its_namespace(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await connect_namespace(wire, "/custom")
        await wire.send(f'451-/custom,["message",{placeholder(0)}]', b"\x00")

        assert await wire.receive() == f'451-/custom,["message-back",{placeholder(0)}]'
        assert await wire.receive() == b"\x00"


async def test_a_binary_ack_names_its_namespace(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await connect_namespace(wire, "/custom")
        await wire.send(f'451-/custom,7["message-with-ack",{placeholder(0)}]', b"\x00")

        assert await wire.receive() == f"461-/custom,7[{placeholder(0)}]"
        assert await wire.receive() == b"\x00"


async def test_an_attachment_may_be_empty(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await wire.send(f'451-["message",{placeholder(0)}]', b"")

        assert await wire.receive() == f'451-["message-back",{placeholder(0)}]'
        assert await wire.receive() == b""


async def test_ten_attachments_are_taken(server: Server, transport: str) -> None:
    packets = with_attachments(10)
    async with connected(server, transport) as wire:
        await wire.send(*packets)

        received = [await wire.receive() for _ in packets]
    assert received[1:] == packets[1:]


async def test_eleven_attachments_are_too_many(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await wire.provoke(with_attachments(11)[0])

        await wire.ended()


async def test_text_follows_a_binary_event_again(server: Server, transport: str) -> None:
    async with connected(server, transport) as wire:
        await wire.send(f'451-["message",{placeholder(0)}]', b"\x00", '42["message","text"]')

        assert await wire.receive() == f'451-["message-back",{placeholder(0)}]'
        assert await wire.receive() == b"\x00"
        assert await wire.receive() == '42["message-back","text"]'


@pytest.mark.parametrize("numbers", [(1,), (-1,), (0, 2)])
async def test_a_placeholder_without_its_attachment_ends_the_engine(
    server: Server, transport: str, numbers: tuple[int, ...]
) -> None:
    arguments = ",".join(placeholder(number) for number in numbers)
    async with connected(server, transport) as wire:
        await wire.provoke(f'45{len(numbers)}-["message",{arguments}]', *[b"\x00"] * len(numbers))

        await wire.ended()
