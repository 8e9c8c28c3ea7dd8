"""Presence and typing on the wire."""

import json

from parley.model.entries import MessageNew
from parley.model.ids import direct_id
from tests.gateway import test_door
from tests.gateway.test_door import DoorNode
from tests.support.world import ANN, BEN, CAT, HOME

door = test_door.door

TYPING = json.dumps([{"conversation_id": HOME}])


async def answered(door: DoorNode) -> None:
    """Ann and Ben have written to each other."""
    socket, _ = await door.enter(ANN)
    other, _ = await door.enter(BEN)
    await door.ask(socket, "message.send", json.dumps([{"user_id": BEN, "body": "hi"}]))
    await door.ask(other, "message.send", json.dumps([{"user_id": ANN, "body": "hi"}]))
    for one in (socket, other):
        door.door._gone(one)
    await door.timers.pass_time(30)


async def test_typing_is_seen_by_all_devices_of_the_others_and_none_of_ones_own(door):
    socket, _ = await door.enter(ANN)
    _, mine = await door.enter(ANN)
    theirs = [(await door.enter(BEN))[1] for _ in range(2)]
    _, outsider = await door.enter(CAT)
    assert await door.ask(socket, "typing", TYPING) == {"ok": True, "for_ms": 6_000}
    assert await door.ask(socket, "typing", TYPING) == {"ok": True, "for_ms": 0}
    door.flush()
    for wire in theirs:
        push = {"conversation_id": HOME, "user_id": ANN, "for_ms": 6_000}
        assert wire.events == [("typing", push)]
    assert mine.events == outsider.events == []


async def test_an_outsiders_typing_is_refused(door):
    socket, _ = await door.enter(CAT)
    _, wire = await door.enter(ANN)
    assert (await door.ask(socket, "typing", TYPING))["error"]["code"] == "not_found"
    assert door.types(wire) == []


async def test_a_partner_sees_a_person_come_and_go_on_every_device(door):
    await answered(door)
    wires = [(await door.enter(BEN))[1] for _ in range(2)]
    await door.timers.pass_time(2)
    socket, _ = await door.enter(ANN)
    await door.timers.pass_time(2)
    door.door._gone(socket)
    await door.timers.pass_time(12)
    door.flush()
    for wire in wires:
        come, gone = (push["people"] for _, push in wire.events)
        assert come == [{"user_id": ANN, "status": "online"}]
        assert gone[0]["status"] == "offline"
        assert gone[0]["last_seen_at"].endswith("Z")


async def test_a_stranger_who_only_opened_a_conversation_sees_nothing(door):
    stranger, wire = await door.enter(CAT)
    await door.ask(stranger, "message.send", json.dumps([{"user_id": ANN, "body": "psst"}]))
    assert door.world.published[-1].entry.conversation_id == direct_id(ANN, CAT)
    assert isinstance(door.world.published[-1].entry, MessageNew)
    await door.enter(ANN)
    await door.timers.pass_time(5)
    assert "presence" not in door.types(wire)
    asked = json.dumps([{"user_ids": [ANN]}])
    for event in ("presence.get", "presence.watch"):
        answer = await door.ask(stranger, event, asked)
        assert answer == {"ok": True, "people": [{"user_id": ANN, "status": "offline"}]}


async def test_a_status_reaches_ones_other_devices_and_those_who_watch(door):
    socket, _ = await door.enter(ANN)
    _, mine = await door.enter(ANN)
    watcher, theirs = await door.enter(BEN)
    await door.timers.pass_time(2)
    answer = await door.ask(watcher, "presence.watch", json.dumps([{"user_ids": [ANN]}]))
    assert answer["people"] == [{"user_id": ANN, "status": "online"}]
    answer = await door.ask(socket, "status.set", '[{"status": "busy"}]')
    assert answer == {"ok": True, "status": "busy"}
    await door.timers.pass_time(2)
    door.flush()
    push = ("presence", {"people": [{"user_id": ANN, "status": "busy"}]})
    assert mine.events == theirs.events == [push]


async def test_a_status_that_there_is_not_is_refused(door):
    socket, _ = await door.enter(ANN)
    answer = await door.ask(socket, "status.set", '[{"status": "offline"}]')
    assert answer["error"]["code"] == "invalid"


async def test_who_is_refused_at_the_door_never_was_there(door):
    await answered(door)
    _, wire = await door.enter(BEN)
    await door.timers.pass_time(2)
    for _ in range(3):
        await door.enter(CAT)
    door.door._most_connections = 0
    try:
        await door.enter(ANN)
    except Exception:
        pass
    await door.timers.pass_time(5)
    assert door.types(wire) == []
