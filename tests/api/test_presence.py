"""`GET /v1/presence`."""

from tests.api.conftest import refusal


async def test_people_with_whom_one_shares_a_conversation_are_seen(house, anna, boris, carla):
    await anna.post("/v1/conversations", kind="group", name="Home", members=[boris.user_id])
    house.presence.arrived(boris.user_id, "phone")
    house.presence.arrived(carla.user_id, "phone")
    answer = await anna.get("/v1/presence", user_ids=[boris.user_id, carla.user_id, "nobody"])
    assert answer.status_code == 200
    assert answer.json() == {
        "people": [
            {"user_id": boris.user_id, "status": "online"},
            {"user_id": carla.user_id, "status": "offline"},
            {"user_id": "nobody", "status": "offline"},
        ]
    }


async def test_who_went_was_seen_then(house, anna, boris):
    await anna.post("/v1/conversations", kind="group", name="Home", members=[boris.user_id])
    house.presence.arrived(boris.user_id, "phone")
    await house.timers.pass_time(1)
    house.presence.departed(boris.user_id, "phone")
    await house.timers.pass_time(12)
    (one,) = (await anna.get("/v1/presence", user_ids=boris.user_id)).json()["people"]
    assert one == {
        "user_id": boris.user_id,
        "status": "offline",
        "last_seen_at": "2023-11-14T22:13:21.000Z",
    }


async def test_one_asks_for_somebody_and_for_at_most_200(anna):
    assert refusal(await anna.get("/v1/presence")) == (422, "invalid")
    many = [f"u{number}" for number in range(201)]
    assert refusal(await anna.get("/v1/presence", user_ids=many)) == (422, "invalid")
    assert (await anna.get("/v1/presence", user_ids=many[:200])).status_code == 200


async def test_nobody_asks_who_is_not_signed_in(nobody):
    assert refusal(await nobody.get("/v1/presence", params={"user_ids": "x"}))[0] == 401
