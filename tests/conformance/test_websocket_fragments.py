"""Fragmented messages, with control frames between, and fragments out of place (RFC 6455, 5.4)."""

import itertools

import pytest

from tests.conformance.raw_websocket import Frame, Opcode, RawWebSocket, frame

KINDS = [Opcode.TEXT, Opcode.BINARY]
TEXT = "κόσμε 😀!".encode()


def fragments(opcode: int, *parts: bytes) -> list[bytes]:
    last = len(parts) - 1
    return [
        frame(Opcode.CONTINUATION if number else opcode, part, fin=number == last)
        for number, part in enumerate(parts)
    ]


@pytest.mark.parametrize("opcode", KINDS)
async def test_a_message_may_be_cut_in_two_anywhere(raw: RawWebSocket, opcode: Opcode) -> None:
    for cut in range(len(TEXT) + 1):
        await raw.write(b"".join(fragments(opcode, TEXT[:cut], TEXT[cut:])))

        assert await raw.receive_message() == (opcode, TEXT)


@pytest.mark.parametrize("opcode", KINDS)
async def test_a_message_may_be_cut_in_three_anywhere(raw: RawWebSocket, opcode: Opcode) -> None:
    for first, second in itertools.combinations_with_replacement(range(len(TEXT) + 1), 2):
        parts = TEXT[:first], TEXT[first:second], TEXT[second:]
        await raw.write(b"".join(fragments(opcode, *parts)))

        assert await raw.receive_message() == (opcode, TEXT)


@pytest.mark.parametrize("octets", [False, True])
async def test_every_byte_may_be_its_own_fragment(raw: RawWebSocket, octets: bool) -> None:
    message = TEXT * 5
    data = b"".join(fragments(Opcode.TEXT, *(bytes([byte]) for byte in message)))
    await (raw.write_in_octets(data) if octets else raw.write(data))

    assert await raw.receive_message() == (Opcode.TEXT, message)


@pytest.mark.parametrize("parts", [(b"", b""), (b"", b"", b""), (b"", b"middle", b"")])
async def test_fragments_may_be_empty(raw: RawWebSocket, parts: tuple[bytes, ...]) -> None:
    await raw.write(b"".join(fragments(Opcode.TEXT, *parts)))

    assert await raw.receive_message() == (Opcode.TEXT, b"".join(parts))


async def test_a_large_message_may_come_in_many_fragments(raw: RawWebSocket) -> None:
    parts = [bytes([number % 256]) * 1_000 for number in range(500)]
    await raw.write(b"".join(fragments(Opcode.BINARY, *parts)))

    assert await raw.receive_message() == (Opcode.BINARY, b"".join(parts))


@pytest.mark.parametrize("octets", [False, True])
async def test_a_ping_between_fragments_is_answered_at_once(
    raw: RawWebSocket, octets: bool
) -> None:
    first, second = fragments(Opcode.TEXT, b"one", b"two")
    data = first + frame(Opcode.PING, b"between")
    await (raw.write_in_octets(data) if octets else raw.write(data))

    assert await raw.receive_frame() == Frame(Opcode.PONG, b"between")
    await raw.write(second)
    assert await raw.receive_message() == (Opcode.TEXT, b"onetwo")


async def test_pongs_between_fragments_are_ignored(raw: RawWebSocket) -> None:
    parts = fragments(Opcode.TEXT, b"one", b"two", b"three")
    await raw.write(frame(Opcode.PONG, b"x").join(parts))

    assert await raw.receive_message() == (Opcode.TEXT, b"onetwothree")


async def test_a_ping_after_every_fragment_is_answered(raw: RawWebSocket) -> None:
    parts = fragments(Opcode.TEXT, *(str(number).encode() for number in range(5)))
    for number, part in enumerate(parts[:-1]):
        await raw.write(part + frame(Opcode.PING, str(number).encode()))
    await raw.write(parts[-1])

    for number in range(4):
        assert await raw.receive_frame() == Frame(Opcode.PONG, str(number).encode())
    assert await raw.receive_message() == (Opcode.TEXT, b"01234")


async def test_a_close_between_fragments_closes(raw: RawWebSocket) -> None:
    await raw.send(Opcode.TEXT, b"one", fin=False)
    await raw.send(Opcode.CLOSE, b"\x03\xe8")

    assert await raw.closed_with() == (1000, b"")


@pytest.mark.parametrize("fin", [False, True])
@pytest.mark.parametrize("payload", [b"", b"continued"])
async def test_a_continuation_of_nothing_is_refused(
    raw: RawWebSocket, fin: bool, payload: bytes
) -> None:
    await raw.send(Opcode.CONTINUATION, payload, fin=fin)

    assert (await raw.closed_with())[0] == 1002


@pytest.mark.parametrize("fin", [False, True])
async def test_a_continuation_of_a_whole_message_is_refused(raw: RawWebSocket, fin: bool) -> None:
    await raw.send(Opcode.TEXT, b"whole")
    await raw.send(Opcode.CONTINUATION, b"more", fin=fin)

    assert await raw.receive_frame() == Frame(Opcode.TEXT, b"whole")
    assert (await raw.closed_with())[0] == 1002


@pytest.mark.parametrize("opcode", KINDS)
@pytest.mark.parametrize("fin", [False, True])
async def test_a_new_message_inside_another_is_refused(
    raw: RawWebSocket, opcode: Opcode, fin: bool
) -> None:
    await raw.send(Opcode.TEXT, b"one", fin=False)
    await raw.send(opcode, b"two", fin=fin)

    assert (await raw.closed_with())[0] == 1002


@pytest.mark.parametrize("rsv", [1, 2, 4])
async def test_a_reserved_bit_on_a_continuation_is_refused(raw: RawWebSocket, rsv: int) -> None:
    await raw.send(Opcode.TEXT, b"one", fin=False)
    await raw.send(Opcode.CONTINUATION, b"two", rsv=rsv)

    assert (await raw.closed_with())[0] == 1002
