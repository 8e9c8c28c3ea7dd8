"""How I keep a conversation."""

from tests.api.conftest import refusal
from tests.api.test_conversations import group


async def test_mute_and_archive_are_mine_alone(anna, boris):
    hiking = await group(anna, boris)
    path = f"/v1/conversations/{hiking}"
    answer = await anna.patch(f"{path}/me", muted=True)
    assert (answer.status_code, answer.json()) == (200, {"muted": True, "archived": False})
    answer = await anna.patch(f"{path}/me", archived=True)
    assert answer.json() == {"muted": True, "archived": True}
    (listed,) = (await anna.get("/v1/conversations")).json()["items"]
    assert (listed["muted"], listed["archived"]) == (True, True)
    theirs = (await boris.get(path)).json()
    assert "muted" not in theirs
    assert "archived" not in theirs


async def test_what_is_no_preference_is_refused(anna):
    hiking = await group(anna)
    path = f"/v1/conversations/{hiking}/me"
    assert refusal(await anna.patch(path, muted="yes")) == (422, "invalid")
    assert refusal(await anna.patch(path, read=7)) == (422, "unknown_field")


async def test_only_members_keep_a_conversation(anna, boris):
    hiking = await group(anna)
    answer = await boris.patch(f"/v1/conversations/{hiking}/me", muted=True)
    assert refusal(answer) == (404, "not_found")
