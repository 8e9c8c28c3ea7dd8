"""Changing and deleting conversations, and the roles in them."""

import pytest

from tests.api.conftest import refusal
from tests.api.test_conversations import group, members_of
from tests.api.test_rooms import room


async def test_an_admin_changes_what_it_is_called(anna, boris):
    hiking = await group(anna, boris)
    path = f"/v1/conversations/{hiking}"
    answer = await anna.patch(path, name="Climbing", topic="up", avatar="m-1", data={"a": 1})
    assert answer.status_code == 200
    assert answer.json()["type"] == "conversation.changed"
    assert answer.json()["changes"] == {
        "name": "Climbing", "topic": "up", "avatar": "m-1", "data": {"a": 1},
    }  # fmt: skip
    shown = (await boris.get(path)).json()
    assert (shown["name"], shown["topic"], shown["avatar"]) == ("Climbing", "up", "m-1")


async def test_null_takes_away_and_what_is_so_already_is_204(anna):
    hiking = await group(anna, data={"a": 1})
    path = f"/v1/conversations/{hiking}"
    assert (await anna.patch(path, data=None)).json()["changes"] == {"data": None}
    assert "data" not in (await anna.get(path)).json()
    assert (await anna.patch(path, data=None)).status_code == 204
    assert (await anna.patch(path)).status_code == 204


async def test_a_retried_change_is_the_first(anna):
    hiking = await group(anna)
    path = f"/v1/conversations/{hiking}"
    first = await anna.patch(path, topic="up", client_id="c-1")
    again = await anna.patch(path, topic="up", client_id="c-1")
    assert first.json() == again.json()
    answer = await anna.patch(path, topic="down", client_id="c-1")
    assert refusal(answer) == (409, "client_id_reused")


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"name": None}, (422, "invalid")),
        ({"name": " "}, (422, "invalid")),
        ({"name": "x" * 201}, (413, "too_large")),
        ({"topic": "x" * 1001}, (413, "too_large")),
        ({"avatar": {}}, (422, "invalid")),
        ({"data": {"x": "y" * 5000}}, (413, "too_large")),
        ({"kind": "room"}, (422, "unknown_field")),
    ],
)
async def test_a_change_that_cannot_be_is_refused(anna, body, refused):
    hiking = await group(anna)
    assert refusal(await anna.patch(f"/v1/conversations/{hiking}", **body)) == refused


async def test_others_than_admins_change_and_delete_nothing(anna, boris, carla):
    hiking = await group(anna, boris)
    path = f"/v1/conversations/{hiking}"
    assert refusal(await boris.patch(path, name="Mine")) == (403, "forbidden")
    assert refusal(await boris.delete(path)) == (403, "forbidden")
    assert refusal(await carla.patch(path, name="Mine")) == (404, "not_found")
    assert refusal(await carla.delete(path)) == (404, "not_found")
    assert (await anna.get(path)).json()["name"] == "Hiking"


async def test_a_direct_conversation_is_neither_changed_nor_deleted(anna, boris):
    direct = (await anna.put(f"/v1/direct/{boris.user_id}")).json()["conversation_id"]
    path = f"/v1/conversations/{direct}"
    assert refusal(await anna.patch(path, name="Us")) == (403, "forbidden")
    assert refusal(await anna.delete(path)) == (403, "forbidden")
    answer = await anna.patch(f"{path}/members/{boris.user_id}", role="guest")
    assert refusal(answer) == (403, "forbidden")


async def test_a_room_is_not_renamed_to_a_taken_name(anna, boris):
    hall = await room(anna, "Hall")
    await room(boris, "Attic")
    answer = await anna.patch(f"/v1/conversations/{hall}", name="attic")
    assert refusal(answer) == (409, "name_taken")


async def test_a_deleted_room_is_gone_and_its_name_free(anna, boris):
    hall = await room(anna, "Hall")
    await boris.post(f"/v1/conversations/{hall}/join")
    deleted = await anna.delete(f"/v1/conversations/{hall}")
    assert (deleted.status_code, deleted.json()["type"]) == (200, "conversation.deleted")
    for one in (anna, boris):
        assert refusal(await one.get(f"/v1/conversations/{hall}")) == (404, "not_found")
    assert (await boris.get("/v1/rooms")).json()["items"] == []
    await room(boris, "Hall")


async def test_the_owner_gives_roles(anna, boris):
    hiking = await group(anna, boris)
    path = f"/v1/conversations/{hiking}/members/{boris.user_id}"
    given = await anna.patch(path, role="admin")
    assert (given.status_code, given.json()["type"]) == (200, "member.changed")
    assert (await anna.patch(path, role="admin")).status_code == 204
    assert (await members_of(anna, hiking))[boris.user_id] == "admin"


async def test_ownership_is_passed_on(anna, boris):
    hiking = await group(anna, boris)
    await anna.patch(f"/v1/conversations/{hiking}/members/{boris.user_id}", role="owner")
    assert await members_of(anna, hiking) == {anna.user_id: "admin", boris.user_id: "owner"}


async def test_roles_that_cannot_be_given_are_refused(anna, boris, carla):
    hiking = await group(anna, boris)
    members = f"/v1/conversations/{hiking}/members"
    answer = await anna.patch(f"{members}/{anna.user_id}", role="member")
    assert refusal(answer) == (409, "last_owner")
    answer = await boris.patch(f"{members}/{boris.user_id}", role="admin")
    assert refusal(answer) == (403, "forbidden")
    answer = await anna.patch(f"{members}/{carla.user_id}", role="admin")
    assert refusal(answer) == (404, "not_found")
    answer = await carla.patch(f"{members}/{boris.user_id}", role="guest")
    assert refusal(answer) == (404, "not_found")
    answer = await anna.patch(f"{members}/{boris.user_id}", role="king")
    assert refusal(answer) == (422, "invalid")
