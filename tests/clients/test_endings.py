"""The ways in which a server ends or refuses a connection, byte for byte: final or come back."""

import pytest
from websockets.exceptions import InvalidStatus

from tests.clients.wires import member
from tests.conformance.servers import Server
from tests.conformance.wires import (
    EndedError,
    PollingWire,
    WebSocketWire,
    http_client,
    polling_wire,
    socket_io,
    websocket,
    websocket_wire,
)

PATH = "/socket.io/"


@pytest.fixture(params=["polling", "websocket"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_a_kick_is_41_without_a_payload(server: Server, transport: str) -> None:
    async with member(server, transport) as one:
        await one.wire.send('42["kick"]')

        assert await one.receive() == "41"


async def test_a_kick_leaves_the_other_namespaces_alone(server: Server, transport: str) -> None:
    async with member(server, transport) as one:
        await one.wire.send("40/custom,")
        assert (await one.receive()).startswith('40/custom,{"sid":')
        await one.wire.send('42/custom,["kick"]')

        assert await one.receive() == "41/custom,"
        assert await one.ask("give", "still here") == ["still here"]


async def test_a_kicked_client_may_connect_again_on_the_same_engine(
    server: Server, transport: str
) -> None:
    async with member(server, transport) as one:
        await one.wire.send('42["kick"]')
        assert await one.receive() == "41"
        await one.connect({})

        assert await one.ask("give", "back") == ["back"]


async def test_a_refusal_is_44_with_its_data_and_nothing_else(
    server: Server, transport: str
) -> None:
    async with member(server, transport) as one:
        await one.wire.send("40/refused,")

        refusal = '44/refused,{"message":"not you","data":{"code":"banned"}}'
        assert await one.receive() == refusal
        assert await one.ask("give", "next") == ["next"]


async def test_a_cut_closes_the_websocket_with_1012(ours: Server) -> None:
    # The reference closes without a code.
    async with websocket_wire(ours, PATH) as wire:
        await wire.send("40", '42["cut"]')
        await until_ended(wire)

        assert (wire.connection.close_code, wire.connection.close_reason) == (1012, "")


async def test_a_cut_fails_the_waiting_poll(ours: Server) -> None:
    # The reference answers with a close packet, from which python-socketio never comes back.
    async with polling_wire(ours, PATH) as wire:
        await wire.send("40")
        assert str(await wire.receive()).startswith("40{")
        await wire.post('42["cut"]')
        response = await wire.poll()

        assert response.status_code >= 400


async def test_later_closes_the_websocket_with_1013_and_never_with_44(ours: Server) -> None:
    # The reference has no such refusal.
    async with websocket_wire(ours, PATH) as wire:
        await wire.send('40/later,{"client":"later over websocket"}')
        await wire.ended()

        assert wire.connection.close_code == 1013


async def test_later_ends_polling_without_44(ours: Server) -> None:
    # The reference has no such refusal.
    async with polling_wire(ours, PATH) as wire:
        await wire.provoke('40/later,{"client":"later over polling"}')
        await wire.ended()


@pytest.mark.parametrize("status", [403, 429, 503])
async def test_a_handshake_is_refused_with_a_status(
    server: Server, transport: str, status: int
) -> None:
    query = f"EIO=4&transport=polling&refuse={status}&times=1&client={transport}{status}"
    async with http_client(server) as http:
        refused = await http.get(f"{PATH}?{query}")
        taken = await http.get(f"{PATH}?{query}")

    assert (refused.status_code, taken.status_code) == (status, 200)
    assert refused.headers["retry-after"] == "0"


async def test_a_websocket_handshake_is_refused_with_a_status(ours: Server) -> None:
    # The reference drops the connection before any answer.
    query = "EIO=4&transport=websocket&refuse=503&times=1&client=refused websocket"
    with pytest.raises(InvalidStatus) as raised:
        async with websocket(ours, f"{PATH}?{query}".replace(" ", "%20")):
            pass

    assert raised.value.response.status_code == 503
    assert raised.value.response.headers["retry-after"] == "0"


@pytest.mark.parametrize("question", ['"why?"', '{"deep":[1,"é"]}', "null"])
async def test_a_question_carries_a_number_and_takes_its_answer(
    server: Server, transport: str, question: str
) -> None:
    async with member(server, transport) as one:
        await one.wire.send(f'42["ask",{question}]')
        asked = await one.receive()
        number = asked.removeprefix("42").removesuffix(f'["question",{question}]')
        assert number.isdecimal(), asked
        await one.wire.send(f'43{number}["because"]')

        assert await one.receive() == '42["answered","because"]'


async def test_an_answer_is_taken_once(server: Server) -> None:
    async with member(server, "websocket") as one:
        await one.wire.send('42["ask","why?"]')
        number = (await one.receive()).removeprefix("42").removesuffix('["question","why?"]')
        await one.wire.send(f'43{number}["one"]', f'43{number}["two"]')

        assert await one.receive() == '42["answered","one"]'
        assert await one.ask("give", "fine") == ["fine"]


async def until_ended(wire: WebSocketWire | PollingWire) -> None:
    """Read what was sent before the end."""
    try:
        while True:
            await wire.receive()
    except EndedError:
        return


async def test_a_failing_handler_gives_no_ack_and_ends_nothing(
    server: Server, transport: str
) -> None:
    async with socket_io(server, transport) as wire:
        await wire.send("40")
        assert str(await wire.receive()).startswith("40{")
        await wire.send('421["fail"]', '422["fail-later"]', '423["give","fine"]')

        while (packet := await wire.receive()) == "2":
            await wire.send("3")
        assert packet == '433["fine"]'
