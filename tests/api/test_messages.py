"""Messages, history and log by REST."""

import pytest

from tests.api.conftest import refusal


@pytest.fixture
async def direct(anna, boris) -> str:
    """The path of a direct conversation of Anna and Boris."""
    opened = await anna.put(f"/v1/direct/{boris.user_id}")
    return f"/v1/conversations/{opened.json()['conversation_id']}"


async def test_what_is_sent_is_there_for_both(anna, boris, direct):
    sent = await anna.post(f"{direct}/messages", body="hello", client_id="c-1", data={"x": [1]})
    assert sent.status_code == 201
    message = sent.json()
    assert (message["type"], message["seq"], message["actor_id"]) == (
        "message.new",
        2,
        anna.user_id,
    )
    assert (message["body"], message["client_id"], message["data"]) == ("hello", "c-1", {"x": [1]})
    assert (await boris.get(f"{direct}/messages")).json()["items"] == [message]
    assert (await boris.get(f"{direct}/messages/2")).json() == message


async def test_a_retry_answers_with_the_first_and_says_so_by_its_status(anna, direct):
    first = await anna.post(f"{direct}/messages", body="hello", client_id="c-1")
    again = await anna.post(f"{direct}/messages", body="hello", client_id="c-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (await anna.get(direct)).json()["messages"] == 1


async def test_the_same_client_id_with_another_body_is_a_conflict(anna, direct):
    await anna.post(f"{direct}/messages", body="hello", client_id="c-1")
    answer = await anna.post(f"{direct}/messages", body="goodbye", client_id="c-1")
    assert refusal(answer) == (409, "client_id_reused")


async def test_a_first_message_to_somebody_opens_the_conversation(anna, boris):
    path = f"/v1/direct/{boris.user_id}/messages"
    sent = await anna.post(path, body="hello", client_id="c-1")
    assert (sent.status_code, sent.json()["seq"]) == (201, 2)
    again = await anna.post(path, body="hello", client_id="c-1")
    assert (again.status_code, again.json()) == (200, sent.json())
    assert len((await boris.get("/v1/conversations")).json()["items"]) == 1


async def test_to_somebody_who_does_not_exist_nothing_is_sent(anna):
    answer = await anna.post("/v1/direct/nobody/messages", body="hello")
    assert refusal(answer) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({}, (422, "invalid")),
        ({"body": ""}, (422, "invalid")),
        ({"body": " \n\t"}, (422, "invalid")),
        ({"body": "a\0b"}, (422, "invalid")),
        ({"body": 1}, (422, "invalid")),
        ({"body": {"$gt": ""}}, (422, "invalid")),
        ({"body": "x" * 16_001}, (413, "too_large")),
        ({"body": "😀" * 16_000 + "x"}, (413, "too_large")),
        ({"body": "x", "data": "text"}, (422, "invalid")),
        ({"body": "x", "data": {"x": "y" * 5_000}}, (413, "too_large")),
        ({"body": "x", "client_id": ""}, (422, "invalid")),
        ({"body": "x", "client_id": "~server"}, (422, "invalid")),
        ({"body": "x", "client_id": "a\n"}, (422, "invalid")),
        ({"body": "x", "client_id": "x" * 65}, (422, "invalid")),
        ({"body": "x", "reply_to": 99}, (404, "not_found")),
        ({"body": "x", "reply_to": 2**70}, (404, "not_found")),
        ({"body": "x", "reply_to": "2"}, (422, "invalid")),
        ({"body": "x", "sender_id": "boris"}, (422, "unknown_field")),
        ({"body": "x", "seq": 7}, (422, "unknown_field")),
        ({"body": "x", "at": "2020-01-01T00:00:00.000Z"}, (422, "unknown_field")),
    ],
)
async def test_what_is_not_as_it_must_be_is_refused_and_appends_nothing(
    anna, direct, body, refused
):
    assert refusal(await anna.post(f"{direct}/messages", **body)) == refused
    assert (await anna.get(direct)).json()["head"] == 1


@pytest.mark.parametrize(
    "text", ["x" * 16_000, "😀" * 16_000, "<b>&amp;</b>", " padded ", "\u202e\ufeffx", "é\u0301"]
)
async def test_text_is_kept_as_it_was_sent(anna, direct, text):
    await anna.post(f"{direct}/messages", body=text)
    (kept,) = (await anna.get(f"{direct}/messages")).json()["items"]
    assert kept["body"] == text


async def say(person, direct, number):
    for count in range(number):
        await person.post(f"{direct}/messages", body=f"{count}")


async def test_history_begins_at_its_end_and_is_read_backwards(anna, direct):
    await say(anna, direct, 5)
    newest = (await anna.get(f"{direct}/messages", limit=2)).json()
    assert ([one["body"] for one in newest["items"]], newest["head"]) == (["3", "4"], 6)
    before = (await anna.get(f"{direct}/messages", limit=2, before=newest["next"])).json()
    assert [one["body"] for one in before["items"]] == ["1", "2"]
    first = (await anna.get(f"{direct}/messages", limit=2, before=before["next"])).json()
    assert [one["body"] for one in first["items"]] == ["0"]
    assert "next" not in first


async def test_history_is_read_forwards_too(anna, direct):
    await say(anna, direct, 3)
    page = (await anna.get(f"{direct}/messages", after=2, limit=1)).json()
    assert [one["body"] for one in page["items"]] == ["1"]
    page = (await anna.get(f"{direct}/messages", after=page["next"])).json()
    assert [one["body"] for one in page["items"]] == ["2"]
    assert "next" not in page


@pytest.mark.parametrize("path", ["messages", "log"])
@pytest.mark.parametrize("after", ["-1", "x", 2**53, 2**70, "1.5"])
async def test_a_seq_that_is_none_is_refused(anna, direct, path, after):
    assert refusal(await anna.get(f"{direct}/{path}", after=after)) == (422, "invalid")


async def test_a_page_before_and_after_at_once_is_refused(anna, direct):
    answer = await anna.get(f"{direct}/messages", before=3, after=1)
    assert refusal(answer) == (422, "invalid")


@pytest.mark.parametrize("seq", [0, 1, 3, 2**52])
async def test_what_is_no_message_is_not_found(anna, direct, seq):
    await anna.post(f"{direct}/messages", body="hello")
    assert refusal(await anna.get(f"{direct}/messages/{seq}")) == (404, "not_found")


async def test_the_log_has_everything_in_its_order(anna, direct):
    await say(anna, direct, 2)
    page = (await anna.get(f"{direct}/log", limit=2)).json()
    assert [entry["type"] for entry in page["entries"]] == ["conversation.created", "message.new"]
    assert (page["head"], page["more"]) == (3, True)
    rest = (await anna.get(f"{direct}/log", after=2)).json()
    assert [entry["seq"] for entry in rest["entries"]] == [3]
    assert (rest["head"], rest["more"]) == (3, False)
    beyond = (await anna.get(f"{direct}/log", after=3)).json()
    assert (beyond["entries"], beyond["head"], beyond["more"]) == ([], 3, False)


async def test_who_was_removed_writes_nothing_more(anna, boris, carla):
    made = await anna.post(
        "/v1/conversations", kind="group", name="Hiking", members=[boris.user_id, carla.user_id]
    )
    hiking = f"/v1/conversations/{made.json()['conversation_id']}"
    assert (await boris.post(f"{hiking}/messages", body="hello")).status_code == 201
    await anna.delete(f"{hiking}/members/{boris.user_id}")
    assert refusal(await boris.post(f"{hiking}/messages", body="still here")) == (404, "not_found")


async def test_a_guest_may_only_read(anna, boris):
    made = await anna.post("/v1/conversations", kind="group", name="Hiking")
    hiking = f"/v1/conversations/{made.json()['conversation_id']}"
    await anna.post(f"{hiking}/members", user_id=boris.user_id, role="guest")
    assert (await boris.get(f"{hiking}/messages")).status_code == 200
    assert refusal(await boris.post(f"{hiking}/messages", body="hello")) == (403, "forbidden")


async def test_a_message_is_edited_and_its_history_read(anna, boris, direct):
    await anna.post(f"{direct}/messages", body="helo")
    edited = await anna.patch(f"{direct}/messages/2", body="hello")
    assert (edited.status_code, edited.json()["type"]) == (200, "message.edited")
    versions = (await boris.get(f"{direct}/messages/2/edits")).json()["items"]
    assert [version["body"] for version in versions] == ["helo", "hello"]
    assert refusal(await boris.patch(f"{direct}/messages/2", body="x")) == (403, "forbidden")


async def test_a_message_is_deleted_for_everyone(anna, boris, direct):
    await anna.post(f"{direct}/messages", body="secret")
    assert (await anna.delete(f"{direct}/messages/2")).json()["type"] == "message.deleted"
    assert (await anna.delete(f"{direct}/messages/2")).status_code == 204
    shown = (await boris.get(f"{direct}/messages/2")).json()
    assert (shown["body"], "deleted_at" in shown) == ("", True)
    assert refusal(await boris.delete(f"{direct}/messages/9")) == (404, "not_found")


async def test_reactions_are_given_and_taken_back(anna, boris, direct):
    await anna.post(f"{direct}/messages", body="hello")
    path = f"{direct}/messages/2/reactions/%F0%9F%91%8D"
    given = await boris.put(path)
    assert (given.status_code, given.json()["emoji"]) == (200, "\N{THUMBS UP SIGN}")
    assert (await boris.put(path)).status_code == 204
    shown = (await anna.get(f"{direct}/messages")).json()["items"][0]
    assert shown["reactions"] == {"\N{THUMBS UP SIGN}": [boris.user_id]}
    assert (await boris.delete(path)).json()["type"] == "reaction.removed"
    assert (await boris.delete(path)).status_code == 204


async def test_messages_are_pinned_and_unpinned(anna, boris, direct):
    await anna.post(f"{direct}/messages", body="hello")
    assert (await boris.put(f"{direct}/messages/2/pin")).json()["type"] == "message.pinned"
    assert (await anna.put(f"{direct}/messages/2/pin")).status_code == 204
    shown = (await anna.get(f"{direct}/messages/2")).json()
    assert shown["pinned"]
    assert (await anna.get(f"{direct}/pins")).json() == {"items": [shown]}
    assert (await anna.delete(f"{direct}/messages/2/pin")).json()["type"] == "message.unpinned"
    assert (await boris.delete(f"{direct}/messages/2/pin")).status_code == 204


async def test_what_happened_to_the_conversation_itself_is_told(anna, boris, direct):
    await anna.post(f"{direct}/messages", body="hello")
    await boris.put(f"{direct}/messages/2/pin")
    page = (await boris.get(f"{direct}/happenings")).json()
    assert [entry["type"] for entry in page["items"]] == ["conversation.created", "message.pinned"]
    page = (await boris.get(f"{direct}/happenings", limit=1)).json()
    assert page["next"] == 1
    page = (await boris.get(f"{direct}/happenings", after=1, before=3)).json()
    assert page == {"items": []}


async def test_outsiders_see_neither_pins_nor_what_happened(carla, direct):
    for attempt in (carla.get(f"{direct}/pins"), carla.get(f"{direct}/happenings")):
        assert refusal(await attempt) == (404, "not_found")


async def test_outsiders_change_no_message(anna, carla, direct):
    await anna.post(f"{direct}/messages", body="hello")
    for attempt in (
        carla.patch(f"{direct}/messages/2", body="x"),
        carla.delete(f"{direct}/messages/2"),
        carla.get(f"{direct}/messages/2/edits"),
        carla.put(f"{direct}/messages/2/reactions/x"),
        carla.delete(f"{direct}/messages/2/reactions/x"),
        carla.put(f"{direct}/messages/2/pin"),
        carla.delete(f"{direct}/messages/2/pin"),
    ):
        assert refusal(await attempt) == (404, "not_found")
