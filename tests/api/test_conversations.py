"""`/v1/conversations` and `/v1/direct`."""

import asyncio

import pytest

from tests.api.conftest import refusal


async def group(owner, *members, name="Hiking", **more) -> str:
    answer = await owner.post(
        "/v1/conversations",
        kind="group",
        name=name,
        members=[member.user_id for member in members],
        **more,
    )
    assert answer.status_code == 201
    return answer.json()["conversation_id"]


async def members_of(person, conversation_id):
    answer = await person.get(f"/v1/conversations/{conversation_id}/members")
    return {member["user_id"]: member["role"] for member in answer.json()["items"]}


async def test_a_group_has_its_creator_as_owner_and_its_first_members(anna, boris):
    hiking = await group(anna, boris)
    assert await members_of(boris, hiking) == {anna.user_id: "owner", boris.user_id: "member"}


async def test_a_group_as_its_members_see_it(anna, boris):
    hiking = await group(anna, boris, data={"colour": "green"})
    shown = (await boris.get(f"/v1/conversations/{hiking}")).json()
    assert (shown["kind"], shown["name"], shown["role"]) == ("group", "Hiking", "member")
    assert (shown["head"], shown["messages"], shown["member_count"]) == (1, 0, 2)
    assert shown["data"] == {"colour": "green"}


async def test_a_retried_creation_finds_the_first(anna, boris):
    made = {"kind": "group", "name": "Hiking", "members": [boris.user_id], "client_id": "g-1"}
    first = await anna.post("/v1/conversations", **made)
    again = await anna.post("/v1/conversations", **made)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


async def test_a_group_with_somebody_who_does_not_exist_is_not_made(anna):
    answer = await anna.post("/v1/conversations", kind="group", name="Hiking", members=["nobody"])
    assert refusal(answer) == (404, "not_found")
    assert (await anna.get("/v1/conversations")).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"kind": "group"}, (422, "invalid")),
        ({"kind": "group", "name": ""}, (422, "invalid")),
        ({"kind": "group", "name": "x" * 201}, (413, "too_large")),
        ({"kind": "direct", "name": "x"}, (422, "invalid")),
        ({"kind": "group", "name": "x", "data": {"x": "y" * 5000}}, (413, "too_large")),
        ({"kind": "group", "name": "x", "data": []}, (422, "invalid")),
        ({"kind": "group", "name": "x", "members": [{"$ne": None}]}, (422, "invalid")),
        ({"kind": "group", "name": "x", "members": [f"p{number}" for number in range(300)]}, (413, "too_large")),
    ],
)  # fmt: skip
async def test_a_group_that_is_not_as_it_must_be_is_refused(anna, body, refused):
    assert refusal(await anna.post("/v1/conversations", **body)) == refused


async def test_there_is_one_direct_conversation_of_two_people(anna, boris):
    both = await asyncio.gather(
        anna.put(f"/v1/direct/{boris.user_id}"), boris.put(f"/v1/direct/{anna.user_id}")
    )
    assert [answer.status_code for answer in both] == [200, 200]
    assert len({answer.json()["conversation_id"] for answer in both}) == 1
    assert both[0].json()["user_ids"] == sorted([anna.user_id, boris.user_id])


async def test_a_direct_conversation_with_oneself_is_for_notes(anna):
    shown = (await anna.put(f"/v1/direct/{anna.user_id}")).json()
    assert (shown["kind"], shown["member_count"]) == ("direct", 1)


async def test_with_somebody_who_does_not_exist_there_is_none(anna):
    assert refusal(await anna.put("/v1/direct/nobody")) == (404, "not_found")


async def test_my_list_has_mine_only_latest_activity_first(anna, boris, carla):
    hiking, chess = await group(anna, boris), await group(anna, name="Chess")
    await group(carla, boris, name="Without Anna")
    await anna.post(f"/v1/conversations/{hiking}/messages", body="hello")
    listed = (await anna.get("/v1/conversations")).json()
    assert [one["conversation_id"] for one in listed["items"]] == [hiking, chess]
    assert listed["items"][0]["last_message"]["body"] == "hello"
    assert "last_message" not in listed["items"][1]
    assert listed["epoch"] == "epoch-1"


async def test_my_list_comes_in_pages_and_by_kind(anna, boris):
    made = [await group(anna, name=f"Group {number}") for number in range(3)]
    direct = (await anna.put(f"/v1/direct/{boris.user_id}")).json()["conversation_id"]
    seen, cursor = [], None
    for _ in range(4):
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await anna.get("/v1/conversations", **query)).json()
        seen += [one["conversation_id"] for one in page["items"]]
        cursor = page.get("next")
    assert (seen, cursor) == ([direct, *reversed(made)], None)
    only = (await anna.get("/v1/conversations", kind="direct")).json()["items"]
    assert [one["conversation_id"] for one in only] == [direct]
    assert refusal(await anna.get("/v1/conversations", kind="club")) == (422, "invalid")


async def test_the_owner_adds_somebody_once(anna, boris):
    hiking = await group(anna)
    members = f"/v1/conversations/{hiking}/members"
    added = await anna.post(members, user_id=boris.user_id)
    assert added.status_code == 201
    assert (added.json()["type"], added.json()["seq"]) == ("member.joined", 2)
    again = await anna.post(members, user_id=boris.user_id)
    assert (again.status_code, again.content) == (204, b"")


async def test_a_retried_adding_adds_nobody_again(anna, boris):
    hiking = await group(anna)
    for _ in range(2):
        answer = await anna.post(
            f"/v1/conversations/{hiking}/members", user_id=boris.user_id, client_id="add-1"
        )
        assert answer.is_success
    assert (await anna.get(f"/v1/conversations/{hiking}")).json()["head"] == 2


async def test_adding_refuses_what_it_should(anna, boris, carla):
    hiking = await group(anna)
    members = f"/v1/conversations/{hiking}/members"
    await anna.post(members, user_id=boris.user_id, role="guest")
    assert refusal(await anna.post(members, user_id="nobody")) == (404, "not_found")
    assert refusal(await carla.post(members, user_id=carla.user_id)) == (404, "not_found")
    answer = await anna.post(members, user_id=carla.user_id, role="owner")
    assert refusal(answer) == (422, "invalid")
    answer = await boris.post(members, user_id=carla.user_id)
    assert refusal(answer) == (403, "forbidden")


async def test_nobody_is_added_to_a_direct_conversation(anna, boris, carla):
    direct = (await anna.put(f"/v1/direct/{boris.user_id}")).json()["conversation_id"]
    answer = await anna.post(f"/v1/conversations/{direct}/members", user_id=carla.user_id)
    assert refusal(answer) == (403, "forbidden")
    assert refusal(await anna.post(f"/v1/conversations/{direct}/leave")) == (403, "forbidden")


async def test_members_come_in_pages(anna, boris, carla):
    hiking = await group(anna, boris, carla)
    path = f"/v1/conversations/{hiking}/members"
    first = (await anna.get(path, limit=2)).json()
    second = (await anna.get(path, limit=2, cursor=first["next"])).json()
    people = [member["user_id"] for member in first["items"] + second["items"]]
    assert sorted(people) == sorted([anna.user_id, boris.user_id, carla.user_id])
    assert "next" not in second


async def test_who_is_removed_sees_the_conversation_no_more(anna, boris):
    hiking = await group(anna, boris)
    await boris.get(f"/v1/conversations/{hiking}")
    removed = await anna.delete(f"/v1/conversations/{hiking}/members/{boris.user_id}")
    assert removed.status_code == 200
    assert (removed.json()["type"], removed.json()["reason"]) == ("member.left", "removed")
    assert refusal(await boris.get(f"/v1/conversations/{hiking}")) == (404, "not_found")
    again = await anna.delete(f"/v1/conversations/{hiking}/members/{boris.user_id}")
    assert again.status_code == 204


async def test_a_member_removes_nobody_else(anna, boris, carla):
    hiking = await group(anna, boris, carla)
    answer = await boris.delete(f"/v1/conversations/{hiking}/members/{carla.user_id}")
    assert refusal(answer) == (403, "forbidden")
    assert carla.user_id in await members_of(anna, hiking)


async def test_when_the_owner_leaves_ownership_passes_on(anna, boris):
    hiking = await group(anna, boris)
    left = await anna.post(f"/v1/conversations/{hiking}/leave", client_id="bye")
    assert (left.status_code, left.json()["owner_id"]) == (200, boris.user_id)
    assert left.json()["client_id"] == "bye"
    assert await members_of(boris, hiking) == {boris.user_id: "owner"}
    assert (await anna.get("/v1/conversations")).json()["items"] == []


async def test_leaving_needs_no_body(anna, boris):
    hiking = await group(anna, boris)
    answer = await boris.client.post(f"/v1/conversations/{hiking}/leave")
    assert (answer.status_code, answer.json()["reason"]) == (200, "left")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/members"),
        ("GET", "/messages"),
        ("GET", "/messages/1"),
        ("GET", "/log"),
        ("POST", "/messages"),
        ("POST", "/members"),
        ("DELETE", "/members/{me}"),
        ("POST", "/leave"),
    ],
)
async def test_an_outsider_cannot_tell_a_conversation_from_none(anna, boris, method, path):
    bodies = {"/messages": {"body": "hello"}, "/members": {"user_id": boris.user_id}}
    answers = [
        await boris.client.request(
            method,
            f"/v1/conversations/{conversation_id}{path}".replace("{me}", boris.user_id),
            json=bodies.get(path) if method == "POST" else None,
        )
        for conversation_id in (await group(anna), "a" * 26)
    ]
    assert refusal(answers[0]) == (404, "not_found")
    assert answers[0].json() == answers[1].json()
