"""Socket.IO packets that no client writes: the engine that sent one is closed, no other."""

import pytest

from tests.conformance.servers import Server
from tests.conformance.wires import Packet, connected

PLACEHOLDER = '{"_placeholder":true,"num":0}'

FAULTS: list[tuple[Packet, ...]] = [
    # no packet type
    ("4",),
    ("4abc",),
    ("47",),
    ("49",),
    ("4-1",),
    # no array of event name and arguments
    ("42{}",),
    ("42[]",),
    ("42[{}]",),
    ("42[null]",),
    ('42["message"',),
    ('42["message"]]',),
    ('42"message"',),
    ("42abc",),
    ('42abc["message-with-ack",1]',),
    ('42-1["message-with-ack",1]',),
    ('42/custom["message"]',),
    # no JSON, whoever listens
    ('42["message",NaN]',),
    ('42["message",-Infinity]',),
    ('42["unheard",{]',),
    ('42["un\nheard"]',),
    # reserved names
    ('42["connect"]',),
    ('42["connect_error"]',),
    ('42["disconnect"]',),
    ('42["disconnecting"]',),
    ('42["newListener"]',),
    ('42["removeListener"]',),
    # other types with a payload of the wrong shape, or in the wrong direction
    ("40[]",),
    ('40"token"',),
    ("40{",),
    ("41{}",),
    ('41["x"]',),
    ("430{}",),
    ("430x",),
    ('44{"message":"x"}',),
    ('44"x"',),
    # attachments: none, not announced, too late
    ('45["message"]',),
    ('45-["message"]',),
    (f'450-["message",{PLACEHOLDER}]',),
    (f'45x-["message",{PLACEHOLDER}]',),
    (f'451["message",{PLACEHOLDER}]',),
    (f'45-1-["message",{PLACEHOLDER}]',),
    (f'451.5-["message",{PLACEHOLDER}]',),
    ("46-1[]",),
    (b"\x00",),
    (f'451-["message",{PLACEHOLDER}]', '42["message"]'),
    (f'451-["message",{PLACEHOLDER}]', f'451-["message",{PLACEHOLDER}]'),
    (f'451-["message",{PLACEHOLDER}]', "41"),
]

# JavaScript's Number() reads all of these as numbers; the protocol knows digits only.
ACCIDENTAL_NUMBERS: list[tuple[Packet, ...]] = [
    (f'451e0-["message",{PLACEHOLDER}]', b"\x00"),
    (f'450x1-["message",{PLACEHOLDER}]', b"\x00"),
    (f'450b1-["message",{PLACEHOLDER}]', b"\x00"),
    (f'45+1-["message",{PLACEHOLDER}]', b"\x00"),
    (f'45 1-["message",{PLACEHOLDER}]', b"\x00"),
    (f'451 -["message",{PLACEHOLDER}]', b"\x00"),
    (f'451.0-["message",{PLACEHOLDER}]', b"\x00"),
    (f'45\N{ARABIC-INDIC DIGIT ONE}-["message",{PLACEHOLDER}]', b"\x00"),
    ('42 ["message"]',),
    ('42 1["message"]',),
    ('421 ["message"]',),
    ('42\t["message"]',),
    ('42\N{ARABIC-INDIC DIGIT ONE}["message-with-ack",1]',),
    ("4 ",),
    ('4 ["message"]',),
]


@pytest.mark.parametrize("packets", FAULTS, ids=repr)
async def test_a_faulty_packet_ends_the_engine(
    server: Server, transport: str, packets: tuple[Packet, ...]
) -> None:
    async with connected(server, transport) as wire:
        await wire.provoke(*packets)

        await wire.ended()


@pytest.mark.parametrize("packets", ACCIDENTAL_NUMBERS, ids=repr)
async def test_an_accidental_number_ends_the_engine(
    ours: Server, transport: str, packets: tuple[Packet, ...]
) -> None:
    # The reference takes some of them by accident, which no specification asks for.
    async with connected(ours, transport) as wire:
        await wire.provoke(*packets)

        await wire.ended()


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
async def test_json_nested_too_deep_ends_the_engine(
    ours: Server, transport: str, opening: str, closing: str
) -> None:
    # The reference walks any depth; here 32 is the end, before anything walks it.
    async with connected(ours, transport) as wire:
        await wire.provoke(f'42["message",{opening * 33}1{closing * 33}]')

        await wire.ended()


async def test_the_depth_is_refused_before_it_can_hurt(ours: Server) -> None:
    async with connected(ours, "websocket") as bystander, connected(ours, "websocket") as wire:
        await wire.provoke('42["message",' + "[" * 400_000 + "]" * 400_000 + "]")
        await wire.ended()
        await bystander.send('42["message"]')

        assert await bystander.receive() == '42["message-back"]'


async def test_json_of_a_common_depth_is_taken(server: Server, transport: str) -> None:
    deep = "[" * 30 + "]" * 30
    async with connected(server, transport) as wire:
        await wire.send(f'42["message",{deep}]')

        assert await wire.receive() == f'42["message-back",{deep}]'


async def test_brackets_inside_strings_are_no_depth(server: Server) -> None:
    text = '"' + "[{" * 500 + '\\"' + "[" * 500 + '"'
    async with connected(server, "websocket") as wire:
        await wire.send(f'42["message",{text}]')

        assert await wire.receive() == f'42["message-back",{text}]'


async def test_a_faulty_connect_payload_is_refused_for_its_depth_too(ours: Server) -> None:
    async with connected(ours, "websocket") as wire:
        await wire.provoke("40/custom," + '{"a":' * 40 + "1" + "}" * 40)

        await wire.ended()


async def test_the_fault_of_one_client_leaves_the_others_alone(
    server: Server, transport: str
) -> None:
    async with connected(server, transport) as bystander, connected(server, transport) as faulty:
        await faulty.provoke("4abc")
        await faulty.ended()
        await bystander.send('42["message","still here"]')

        assert await bystander.receive() == '42["message-back","still here"]'
