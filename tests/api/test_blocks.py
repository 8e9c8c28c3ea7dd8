"""`/v1/blocks`."""

from tests.api.conftest import refusal


async def test_a_block_is_put_listed_and_removed(anna, boris):
    path = f"/v1/blocks/{boris.user_id}"
    put = await anna.put(path)
    assert (put.status_code, put.json()["user"]["username"]) == (200, "boris")
    assert (await anna.put(path)).json() == put.json()
    assert (await anna.get("/v1/blocks")).json() == {"items": [put.json()]}
    assert (await boris.get("/v1/blocks")).json() == {"items": []}
    for _ in range(2):
        assert (await anna.delete(path)).status_code == 204
    assert (await anna.get("/v1/blocks")).json() == {"items": []}


async def test_a_list_comes_in_pages(anna, boris, carla):
    for one in (boris, carla):
        await anna.put(f"/v1/blocks/{one.user_id}")
    first = (await anna.get("/v1/blocks", limit=1)).json()
    rest = (await anna.get("/v1/blocks", limit=1, cursor=first["next"])).json()
    assert "next" not in rest
    found = [one["user_id"] for one in first["items"] + rest["items"]]
    assert found == sorted([boris.user_id, carla.user_id])


async def test_who_was_blocked_is_told_so_by_what_they_try(anna, boris):
    await anna.post(f"/v1/direct/{boris.user_id}/messages", body="hello")
    where = (await anna.put(f"/v1/direct/{boris.user_id}")).json()["conversation_id"]
    await anna.put(f"/v1/blocks/{boris.user_id}")
    tries = [
        await boris.post(f"/v1/direct/{anna.user_id}/messages", body="hi"),
        await boris.post(f"/v1/conversations/{where}/messages", body="hi"),
        await boris.put(f"/v1/conversations/{where}/messages/2/reactions/+"),
        await boris.put(f"/v1/conversations/{where}/messages/2/pin"),
        await boris.post("/v1/conversations", kind="group", name="x", members=[anna.user_id]),
        await boris.post("/v1/contacts", username="anna"),
        await anna.post(f"/v1/direct/{boris.user_id}/messages", body="hi"),
    ]
    assert [refusal(one) for one in tries] == [(403, "blocked")] * len(tries)


async def test_blocks_are_of_others_who_are_there(anna, nobody):
    assert refusal(await anna.put(f"/v1/blocks/{anna.user_id}")) == (422, "invalid")
    assert refusal(await anna.put("/v1/blocks/nobody")) == (404, "not_found")
    assert refusal(await nobody.put("/v1/blocks/nobody"))[0] == 401
