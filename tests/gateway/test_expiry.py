"""Sockets whose access token expires."""

import json

import pytest

from parley.socketio.socket import Socket
from tests.gateway import test_door
from tests.gateway.conftest import Wire
from tests.gateway.test_door import DoorNode
from tests.support.world import ANN, BEN

door = test_door.door

EXPIRING = ("auth.expiring", {"expires_in": 60})


@pytest.fixture
async def bearer(door: DoorNode) -> tuple[Socket, Wire]:
    """A socket of Ann's whose token is good for 100 seconds."""
    door.expires_ms = door.world.clock.now_ms() + 100_000
    return await door.enter()


async def refresh(door: DoorNode, socket: Socket, token: str) -> dict:
    return await door.ask(socket, "auth.refresh", json.dumps([{"token": token}]))


async def test_at_its_expiry_a_client_is_told_and_a_minute_later_cut(door, bearer):
    _, wire = bearer
    await door.timers.pass_time(99)
    assert door.types(wire) == []
    await door.timers.pass_time(2)
    door.flush()
    assert wire.events == [EXPIRING]
    await door.timers.pass_time(58)
    assert wire.closed == []
    await door.timers.pass_time(1)
    assert len(wire.closed) == 1


async def test_who_brings_a_new_token_in_time_stays_for_as_long_as_that_is_good(door, bearer):
    socket, wire = bearer
    await door.timers.pass_time(159)
    assert await refresh(door, socket, await door.token()) == {"ok": True, "expires_in": 900}
    await door.timers.pass_time(899)
    assert wire.closed == []
    assert door.types(wire) == ["auth.expiring"]
    await door.timers.pass_time(1)
    assert door.types(wire) == ["auth.expiring"] * 2


async def test_a_token_of_another_person_or_session_changes_nothing(door, bearer):
    socket, wire = bearer
    for token in (await door.token(BEN), await door.token(ANN, "another"), "nonsense"):
        assert (await refresh(door, socket, token))["error"]["code"] in {
            "forbidden",
            "unauthenticated",
        }
    await door.timers.pass_time(160)
    assert len(wire.closed) == 1


async def test_a_socket_that_ended_has_no_timer_left(door, bearer):
    socket, _ = bearer
    door.door._gone(socket)
    assert [timer for timer in door.timers.waiting if not timer.cancelled and timer.due > 50] == []


async def test_a_cookies_socket_lives_with_its_session(door):
    socket, wire = await door.enter()
    assert (await refresh(door, socket, await door.token()))["ok"]
    await door.timers.pass_time(100_000)
    assert door.types(wire) == []
    assert wire.closed == []
