"""`/v1/conversations/{id}/marks`."""

import pytest

from tests.api.conftest import refusal


@pytest.fixture
async def direct(anna, boris) -> str:
    """The id of a direct conversation, in which Anna said two things, 2 and 3."""
    path = f"/v1/direct/{boris.user_id}/messages"
    await anna.post(path, body="hello")
    return (await anna.post(path, body="are you there?")).json()["conversation_id"]


async def mark(person, conversation_id, **marks):
    return await person.post(f"/v1/conversations/{conversation_id}/marks", **marks)


async def test_reading_answers_with_where_one_stands(boris, direct):
    answer = await mark(boris, direct, read=2)
    assert answer.status_code == 200
    assert answer.json() == {
        "marks": {
            "conversation_id": direct,
            "head": 3,
            "delivered": 2,
            "read": 2,
            "unread": 1,
            "mentions": 0,
        }
    }


async def test_receiving_is_answered_with_nothing_more(boris, direct):
    answer = await mark(boris, direct, delivered=3)
    assert (answer.status_code, answer.json()) == (200, {})


async def test_my_list_shows_counts_and_marks_zeros_too(anna, boris, direct):
    (his,) = (await boris.get("/v1/conversations")).json()["items"]
    assert (his["unread"], his["mentions"]) == (2, 0)
    assert his["marks"] == {"delivered": 1, "read": 1}
    (hers,) = (await anna.get("/v1/conversations")).json()["items"]
    assert (hers["unread"], hers["mentions"]) == (0, 0)
    assert hers["marks"] == {"delivered": 3, "read": 3}


async def test_sync_brings_where_one_stands(boris, direct):
    await mark(boris, direct, read=3)
    await mark(boris, direct, unread_from=3)
    (stands,) = (await boris.post("/v1/sync", cursors={direct: 3})).json()["marks"]
    assert stands == {
        "conversation_id": direct,
        "head": 3,
        "delivered": 3,
        "read": 2,
        "unread": 1,
        "mentions": 0,
    }


async def test_members_see_how_far_each_has_come(anna, boris, direct):
    await mark(boris, direct, read=2)
    page = (await anna.get(f"/v1/conversations/{direct}/marks")).json()
    marks = {one["user_id"]: (one["delivered"], one["read"]) for one in page["items"]}
    assert marks == {anna.user_id: (0, 0), boris.user_id: (2, 2)}
    assert "next" not in page


async def test_members_marks_come_in_pages(anna, direct):
    path = f"/v1/conversations/{direct}/marks"
    first = (await anna.get(path, limit=1)).json()
    second = (await anna.get(path, limit=1, cursor=first["next"])).json()
    found = [*first["items"], *second["items"]]
    assert len({one["user_id"] for one in found}) == 2
    assert "next" not in second


@pytest.mark.parametrize(
    "marks",
    [{}, {"read": 0}, {"read": 99}, {"read": "2"}, {"read": 2, "unread_from": 2}, {"seen": 2}],
)
async def test_marks_that_make_no_sense_are_refused(boris, direct, marks):
    assert (await mark(boris, direct, **marks)).status_code == 422


async def test_outsiders_neither_mark_nor_see_marks(carla, nobody, direct):
    path = f"/v1/conversations/{direct}/marks"
    assert refusal(await mark(carla, direct, read=2)) == (404, "not_found")
    assert refusal(await carla.get(path)) == (404, "not_found")
    assert refusal(await nobody.get(path)) == (401, "unauthenticated")
    assert refusal(await nobody.post(path, json={"read": 2})) == (401, "unauthenticated")
