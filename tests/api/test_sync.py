"""Catching up by REST."""

import pytest

from tests.api.conftest import refusal


@pytest.fixture
async def direct(anna, boris) -> str:
    """The id of a direct conversation of Anna and Boris, with one message, whose head is 2."""
    sent = await anna.post(f"/v1/direct/{boris.user_id}/messages", body="hello")
    return sent.json()["conversation_id"]


async def test_what_was_missed_comes_in_order(anna, boris, direct):
    await boris.post(f"/v1/conversations/{direct}/messages", body="hello back")
    answer = await anna.post("/v1/sync", epoch="epoch-1", cursors={direct: 1})
    assert answer.status_code == 200
    missed = answer.json()
    assert set(missed) == {"epoch", "more", "conversations", "lost", "marks"}
    (conversation,) = missed["conversations"]
    assert [entry["seq"] for entry in conversation["entries"]] == [2, 3]
    assert (conversation["head"], missed["more"]) == (3, False)


async def test_a_conversation_that_the_client_does_not_know_is_gained(boris, direct):
    (gained,) = (await boris.post("/v1/sync", cursors={})).json()["conversations"]
    assert (gained["conversation_id"], gained["head"], gained["entries"]) == (direct, 2, [])
    assert gained["gained"]["kind"] == "direct"


async def test_one_that_is_no_longer_theirs_is_lost(anna):
    missed = (await anna.post("/v1/sync", cursors={"somebody elses": 4})).json()
    assert missed["lost"] == [{"conversation_id": "somebody elses", "seq": 0}]


@pytest.mark.parametrize(("epoch", "cursor"), [("another", 1), ("epoch-1", 99)])
async def test_what_belongs_to_another_store_is_reset(anna, direct, epoch, cursor):
    answer = await anna.post("/v1/sync", epoch=epoch, cursors={direct: cursor})
    (conversation,) = answer.json()["conversations"]
    assert conversation["reset"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"cursors": {"x": -1}}, "cursors[...]"),
        ({"cursors": {"x": 2**53}}, "cursors[...]"),
        ({"cursors": {"x": "1"}}, "cursors[...]"),
        ({"cursors": []}, "cursors"),
        ({"limit": 0}, "limit"),
    ],
)
async def test_cursors_that_are_none_are_refused(anna, body, field):
    answer = await anna.post("/v1/sync", **body)
    assert refusal(answer) == (422, "invalid")
    assert answer.json()["error"]["details"]["field"] == field
