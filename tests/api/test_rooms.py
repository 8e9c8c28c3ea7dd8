"""`/v1/rooms`, and joining."""

import asyncio

import pytest

from tests.api.conftest import refusal


async def room(owner, name="Hall", **more) -> str:
    answer = await owner.post("/v1/conversations", kind="room", name=name, **more)
    assert answer.status_code == 201
    return answer.json()["conversation_id"]


async def test_a_room_is_made_with_its_creator_as_owner(anna):
    hall = await room(anna, topic="tea", data={"colour": "green"})
    shown = (await anna.get(f"/v1/conversations/{hall}")).json()
    assert (shown["kind"], shown["name"], shown["topic"]) == ("room", "Hall", "tea")
    assert (shown["role"], shown["member_count"]) == ("owner", 1)
    assert shown["data"] == {"colour": "green"}


async def test_a_taken_name_is_refused_in_any_case(anna, boris):
    await room(anna, "Hall")
    answer = await boris.post("/v1/conversations", kind="room", name="HALL")
    assert refusal(answer) == (409, "name_taken")


async def test_a_retried_creation_finds_the_first(anna):
    made = {"kind": "room", "name": "Hall", "client_id": "r-1"}
    first = await anna.post("/v1/conversations", **made)
    again = await anna.post("/v1/conversations", **made)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"name": ""}, (422, "invalid")),
        ({"name": "x" * 201}, (413, "too_large")),
        ({"name": "x", "topic": "y" * 1001}, (413, "too_large")),
        ({"name": "x", "topic": 7}, (422, "invalid")),
        ({"name": "x", "members": ["somebody"]}, (422, "invalid")),
        ({"name": "x", "public": True}, (422, "unknown_field")),
    ],
)
async def test_a_room_that_is_not_as_it_must_be_is_refused(anna, body, refused):
    assert refusal(await anna.post("/v1/conversations", kind="room", **body)) == refused


async def test_anyone_finds_rooms_and_joins_them_once(anna, boris):
    hall = await room(anna, "Tea Hall")
    await anna.post("/v1/conversations", kind="group", name="Tea group")
    (found,) = (await boris.get("/v1/rooms", query="hall")).json()["items"]
    assert (found["conversation_id"], found["name"], found["member_count"]) == (hall, "Tea Hall", 1)
    joined = await boris.post(f"/v1/conversations/{hall}/join", client_id="j-1")
    again = await boris.post(f"/v1/conversations/{hall}/join", client_id="j-1")
    assert (joined.status_code, again.status_code) == (201, 200)
    assert (joined.json()["type"], joined.json()["role"]) == ("member.joined", "member")
    assert (await boris.post(f"/v1/conversations/{hall}/join")).status_code == 204
    assert (await boris.get("/v1/rooms")).json()["items"][0]["member_count"] == 2


async def test_the_directory_comes_in_pages_in_order_of_names_in_any_script(anna):
    long = "ﷺ" * 60
    for name in (long, "birds", "Ants", "😀" * 60):
        await room(anna, name)
    seen, cursor = [], None
    for _ in range(5):
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await anna.get("/v1/rooms", **query)).json()
        seen += [one["name"] for one in page["items"]]
        cursor = page.get("next")
        if cursor is None:
            break
    assert seen == ["Ants", "birds", long, "😀" * 60]


async def test_a_cursor_of_no_page_is_refused(anna):
    assert refusal(await anna.get("/v1/rooms", cursor="ÿ")) == (422, "invalid")


async def test_what_is_no_room_is_not_joined(anna, boris):
    answer = await anna.post("/v1/conversations", kind="group", name="Hiking")
    hiking = answer.json()["conversation_id"]
    for where in (hiking, "nowhere"):
        answer = await boris.post(f"/v1/conversations/{where}/join")
        assert refusal(answer) == (404, "not_found")
    answer = await anna.post(f"/v1/conversations/{hiking}/join")
    assert refusal(answer) == (403, "forbidden")


async def test_who_is_not_in_a_room_is_told_so(anna, boris):
    hall = await room(anna)
    for path in ("", "/members", "/messages", "/log"):
        answer = await boris.get(f"/v1/conversations/{hall}{path}")
        assert refusal(answer) == (403, "not_a_member"), path


async def test_a_room_stays_when_all_have_left_and_its_next_joiner_owns_it(anna, boris):
    hall = await room(anna)
    await anna.post(f"/v1/conversations/{hall}/leave")
    (found,) = (await boris.get("/v1/rooms")).json()["items"]
    assert found["member_count"] == 0
    joined = await boris.post(f"/v1/conversations/{hall}/join")
    assert joined.json()["role"] == "owner"


async def test_of_two_who_want_a_name_at_once_one_gets_it(anna, boris):
    answers = await asyncio.gather(
        *(one.post("/v1/conversations", kind="room", name="Hall") for one in (anna, boris))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
