"""How often a person may command, over all of their sockets."""

import json

from parley.model.rates import rate
from tests.gateway import test_door
from tests.gateway.test_door import DoorNode, send
from tests.support.world import ANN, BEN

door = test_door.door


async def test_commands_of_a_person_are_bounded_over_all_their_sockets(door: DoorNode) -> None:
    door.door._commanding = rate(0.3, door.world.clock.monotonic)
    sockets = [(await door.enter(ANN))[0] for _ in range(2)]
    other, _ = await door.enter(BEN)
    for number in range(3):
        assert (await door.ask(sockets[number % 2], "message.send", send()))["ok"]
    refused = await door.ask(sockets[0], "message.send", send(client_id="m-1"))
    assert refused["error"]["code"] == "rate_limited"
    assert refused["error"]["details"] == {"retry_after": 4}
    assert (await door.ask(sockets[1], "no.such.command", "[{}]"))["error"][
        "code"
    ] == "rate_limited"
    assert (await door.ask(other, "message.send", send()))["ok"]
    door.world.clock.advance(seconds=4)
    assert (await door.ask(sockets[0], "message.send", send(client_id="m-1")))["ok"]


async def test_what_is_refused_is_not_in_the_log(door: DoorNode) -> None:
    door.door._commanding = rate(0.1, door.world.clock.monotonic)
    socket, _ = await door.enter(ANN)
    answers = [
        await door.ask(
            socket, "message.send", json.dumps([{"conversation_id": "home", "body": "x"}])
        )
        for _ in range(3)
    ]
    assert [answer["ok"] for answer in answers] == [True, False, False]
    assert door.world.bodies() == ["x"]
