"""Bans of a group or room."""

from tests.api.conftest import refusal


async def hall(owner, *joining) -> str:
    made = await owner.post("/v1/conversations", kind="room", name="Hall")
    path = f"/v1/conversations/{made.json()['conversation_id']}"
    for one in joining:
        assert (await one.post(f"{path}/join")).status_code == 201
    return path


async def test_who_is_banned_is_out_and_stays_out_until_it_is_lifted(anna, boris, carla):
    path = await hall(anna, boris, carla)
    ban = f"{path}/bans/{boris.user_id}"
    entry = (await anna.put(ban)).json()
    assert (entry["type"], entry["reason"], entry["user_id"]) == (
        "member.left",
        "banned",
        boris.user_id,
    )
    assert (await anna.put(ban)).status_code == 204
    assert refusal(await boris.get(f"{path}/messages"))[0] == 403
    assert refusal(await boris.post(f"{path}/join")) == (403, "banned")
    added = await carla.post(f"{path}/members", user_id=boris.user_id)
    assert refusal(added) == (403, "banned")
    listed = (await anna.get(f"{path}/bans")).json()
    assert listed == {
        "items": [{"user_id": boris.user_id, "actor_id": anna.user_id, "at": entry["at"]}]
    }
    lifted = (await anna.delete(ban)).json()
    assert (lifted["type"], lifted["banned"]) == ("member.changed", False)
    assert "role" not in lifted
    assert (await anna.delete(ban)).status_code == 204
    assert (await boris.post(f"{path}/join")).status_code == 201


async def test_somebody_who_is_not_in_is_kept_out_too(anna, boris):
    path = await hall(anna)
    entry = (await anna.put(f"{path}/bans/{boris.user_id}")).json()
    assert (entry["type"], entry["banned"]) == ("member.changed", True)
    assert refusal(await boris.post(f"{path}/join")) == (403, "banned")


async def test_a_list_comes_in_pages_and_has_an_end(anna, boris, carla, person):
    path = await hall(anna, boris, carla)
    for one in (boris, carla):
        await anna.put(f"{path}/bans/{one.user_id}")
    first = (await anna.get(f"{path}/bans", limit=1)).json()
    rest = (await anna.get(f"{path}/bans", limit=1, cursor=first["next"])).json()
    assert "next" not in rest
    found = [one["user_id"] for one in first["items"] + rest["items"]]
    assert found == sorted([boris.user_id, carla.user_id])
    dora = await person("dora")
    assert refusal(await anna.put(f"{path}/bans/{dora.user_id}")) == (409, "conflict")


async def test_only_admins_ban_lift_and_see_it(anna, boris, carla):
    path = await hall(anna, boris)
    ban = f"{path}/bans/{carla.user_id}"
    for answer in (await boris.put(ban), await boris.delete(ban), await boris.get(f"{path}/bans")):
        assert refusal(answer) == (403, "forbidden")
    for answer in (await carla.put(ban), await carla.delete(ban), await carla.get(f"{path}/bans")):
        assert refusal(answer) == (403, "not_a_member")
    assert refusal(await anna.put(f"{path}/bans/nobody")) == (404, "not_found")


async def test_a_group_is_nobodys_business_outside_it(anna, boris, carla):
    made = await anna.post("/v1/conversations", kind="group", name="Home", members=[boris.user_id])
    path = f"/v1/conversations/{made.json()['conversation_id']}"
    assert refusal(await carla.get(f"{path}/bans")) == (404, "not_found")
    assert refusal(await carla.put(f"{path}/bans/{boris.user_id}")) == (404, "not_found")


async def test_nobody_is_banned_from_a_direct_conversation(anna, boris):
    where = (await anna.put(f"/v1/direct/{boris.user_id}")).json()["conversation_id"]
    answer = await anna.put(f"/v1/conversations/{where}/bans/{boris.user_id}")
    assert refusal(answer) == (403, "forbidden")


async def test_who_is_not_signed_in_bans_nobody(nobody):
    assert refusal(await nobody.put("/v1/conversations/x/bans/y"))[0] == 401
