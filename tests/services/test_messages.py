"""Sending and reading messages."""

import asyncio
from itertools import chain, repeat
from typing import Any

import pytest

from parley.adapters.memory.faults import Reading
from parley.adapters.memory.log import MemoryLog
from parley.model.entries import MessageNew
from parley.model.errors import (
    ChatError,
    ClientIdReused,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooLarge,
)
from parley.model.ids import ConversationId, UserId, direct_id
from parley.services.messages import Draft
from parley.services.pins import Pins
from parley.services.reactions import Reactions
from tests.support.chat import Chat, a_chat
from tests.support.world import ANN, BEN, CAT


@pytest.fixture
async def chat() -> Chat:
    return await a_chat()


def nested(depth: int) -> dict[str, Any]:
    """Data in which so many arrays and objects stand in each other."""
    data: Any = []
    for _ in range(depth - 2):
        data = [data]
    return {"k": data}


async def test_a_message_is_in_the_history_of_its_conversation(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(BEN, where, "hello")
    page = await chat.messages.page(ANN, where)
    assert [(message.actor_id, message.body) for message in page.items] == [(BEN, "hello")]
    assert (page.head, page.next) == (2, None)


async def test_the_first_page_is_the_newest_and_ascends(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, *"abcde")
    page = await chat.messages.page(ANN, where, limit=2)
    assert [message.body for message in page.items] == ["d", "e"]
    older = await chat.messages.page(ANN, where, before=page.next, limit=2)
    assert [message.body for message in older.items] == ["b", "c"]
    oldest = await chat.messages.page(ANN, where, before=older.next, limit=2)
    assert ([message.body for message in oldest.items], oldest.next) == (["a"], None)


@pytest.mark.parametrize("forwards", [True, False])
async def test_pages_of_long_messages_hold_fewer_and_join_without_a_gap(
    chat: Chat, forwards: bool
) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, *["x" * 16_000] * 70)
    got: list[int] = []
    bounds: dict[str, int | None] = {"after": 0} if forwards else {}
    while True:
        page = await chat.messages.page(ANN, where, limit=200, **bounds)
        assert sum(len(message.body) for message in page.items) <= 528_000
        seqs = [message.seq for message in page.items]
        got = got + seqs if forwards else seqs + got
        if page.next is None:
            break
        bounds = {"after" if forwards else "before": page.next}
    assert got == list(range(2, 72))


async def test_a_page_of_the_log_is_bounded_in_bytes(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, *["x" * 16_000] * 70)
    page = await chat.messages.log(ANN, where, limit=200)
    rest = await chat.messages.log(ANN, where, after=page.entries[-1].seq, limit=200)
    again = await chat.messages.log(ANN, where, after=rest.entries[-1].seq, limit=200)
    assert (page.more, rest.more, again.more) == (True, True, False)
    seqs = [entry.seq for part in (page, rest, again) for entry in part.entries]
    assert seqs == list(range(1, 72))


async def test_history_is_read_forwards_too(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, *"abc")
    page = await chat.messages.page(ANN, where, after=2, limit=1)
    assert ([message.body for message in page.items], page.next) == (["b"], 3)
    page = await chat.messages.page(ANN, where, after=page.next, limit=1)
    assert ([message.body for message in page.items], page.next) == (["c"], None)


@pytest.mark.parametrize("options", [{"before": 3, "after": 1}, {"limit": 0}, {"limit": 201}])
async def test_a_page_that_makes_no_sense_is_invalid(chat: Chat, options: dict[str, int]) -> None:
    where = await chat.group(BEN)
    with pytest.raises(Invalid):
        await chat.messages.page(ANN, where, **options)


async def test_an_outsider_neither_reads_nor_sends(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, "secret")
    for attempt in (
        chat.messages.page(CAT, where),
        chat.messages.log(CAT, where),
        chat.messages.get(CAT, where, 2),
        chat.messages.send(CAT, where, Draft(body="let me in")),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_who_has_left_reads_nothing_any_more(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.conversations.remove(BEN, where, BEN)
    with pytest.raises(NotFound):
        await chat.messages.page(BEN, where)


async def test_one_message_is_found_by_its_seq(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, "a", "b")
    assert (await chat.messages.get(BEN, where, 3)).body == "b"


@pytest.mark.parametrize("seq", [-1, 0, 1, 9])
async def test_what_is_no_message_is_not_found(chat: Chat, seq: int) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, "a")
    with pytest.raises(NotFound):
        await chat.messages.get(ANN, where, seq)


async def test_the_log_has_every_entry_in_order(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, "a")
    await chat.conversations.add(ANN, where, CAT)
    page = await chat.messages.log(CAT, where)
    assert [entry.type for entry in page.entries] == [
        "conversation.created",
        "message.new",
        "member.joined",
    ]
    assert (page.head, page.more) == (3, False)


async def test_the_log_is_read_on_from_a_cursor(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, *"abc")
    page = await chat.messages.log(ANN, where, after=1, limit=2)
    assert ([entry.seq for entry in page.entries], page.head, page.more) == ([2, 3], 4, True)


async def test_a_first_message_to_a_person_opens_the_direct_conversation(chat: Chat) -> None:
    sent = await chat.messages.send_to(ANN, BEN, Draft(body="hi"))
    assert sent.entry is not None
    assert sent.entry.conversation_id == direct_id(ANN, BEN)
    back = await chat.messages.send_to(BEN, ANN, Draft(body="hi yourself"))
    assert back.entry is not None
    assert (back.entry.conversation_id, back.entry.seq) == (direct_id(ANN, BEN), 3)


async def test_a_message_to_nobody_makes_nothing(chat: Chat) -> None:
    with pytest.raises(NotFound):
        await chat.messages.send_to(ANN, UserId("nobody"), Draft(body="hi"))
    assert not (await chat.world.journal.state(direct_id(ANN, UserId("nobody")))).exists


async def test_notes_to_oneself_reach_oneself(chat: Chat) -> None:
    sent = await chat.messages.send_to(ANN, ANN, Draft(body="milk"))
    assert sent.entry is not None
    page = await chat.messages.page(ANN, sent.entry.conversation_id)
    assert [message.body for message in page.items] == ["milk"]


async def test_a_retried_first_message_is_one(chat: Chat) -> None:
    draft = Draft(body="hi", client_id="x")
    first = await chat.messages.send_to(ANN, BEN, draft)
    again = await chat.messages.send_to(ANN, BEN, draft)
    assert (again.entry, again.duplicate) == (first.entry, True)


@pytest.mark.parametrize(
    "other",
    [
        Draft(body="b", client_id="x"),
        Draft(body="a", client_id="x", reply_to=2),
        Draft(body="a", client_id="x", data={"k": 1}),
    ],
)
async def test_a_client_id_stands_for_the_whole_command(chat: Chat, other: Draft) -> None:
    where = await chat.group(BEN)
    await chat.messages.send(ANN, where, Draft(body="a", client_id="x"))
    with pytest.raises(ClientIdReused):
        await chat.messages.send(ANN, where, other)


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (Draft(body=""), Invalid),
        (Draft(body=" \n\t"), Invalid),
        (Draft(body="a\0b"), Invalid),
        (Draft(body="\ud800"), Invalid),
        (Draft(body="x" * 16_001), TooLarge),
        (Draft(body="\N{GRINNING FACE}" * 16_000 + "x"), TooLarge),
        (Draft(body="a", data={"k": "x" * 4_096}), TooLarge),
        (Draft(body="a", data={"k": "\ud800"}), Invalid),
        (Draft(body="a", data=nested(17)), Invalid),
        (Draft(body="a", data=nested(990)), Invalid),
    ],
)
async def test_what_cannot_be_kept_as_sent_is_refused(
    chat: Chat, draft: Draft, error: type[ChatError]
) -> None:
    where = await chat.group(BEN)
    with pytest.raises(error):
        chat.messages.send(ANN, where, draft)


@pytest.mark.parametrize("read", ["get", "page", "log"])
async def test_who_is_removed_while_a_page_is_read_does_not_see_what_followed(
    chat: Chat, read: str
) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, "a")
    chat.world.log.faults._readings = chain([Reading(before=50)], repeat(Reading()))
    arguments = (4,) if read == "get" else ()
    reading = asyncio.ensure_future(getattr(chat.messages, read)(BEN, where, *arguments))
    await asyncio.sleep(0)
    await chat.conversations.remove(ANN, where, BEN)
    await chat.say(ANN, where, "not for Ben")
    assert not reading.done()
    with pytest.raises(NotFound):
        await reading


async def test_data_may_be_nested_as_deep_as_anyone_needs(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.messages.send(ANN, where, Draft(body="a", data=nested(16)))
    assert (await chat.messages.get(BEN, where, 2)).data == nested(16)


async def test_text_is_kept_as_sent(chat: Chat) -> None:
    where = await chat.group(BEN)
    text = "  <script>alert(1)</script> e\N{COMBINING ACUTE ACCENT} \N{GRINNING FACE}\r\n "
    await chat.say(ANN, where, text)
    assert (await chat.messages.get(ANN, where, 2)).body == text


async def test_a_reply_names_an_earlier_entry(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, "a")
    sent = await chat.messages.send(BEN, where, Draft(body="b", reply_to=2))
    assert isinstance(sent.entry, MessageNew)
    assert sent.entry.reply_to == 2
    for seq in (0, 4, 99):
        with pytest.raises(NotFound):
            await chat.messages.send(BEN, where, Draft(body="c", reply_to=seq))


class Counting(MemoryLog):
    """A log that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.appends = 0
        self.readings = 0

    def append(self, *args, **options):
        self.appends += 1
        return super().append(*args, **options)

    async def look(self, reading):
        self.readings += 1
        return await super().look(reading)


@pytest.mark.parametrize("client_id", [None, "mine"])
async def test_a_message_costs_one_append_and_no_query(client_id: str | None) -> None:
    log = Counting()
    chat = await a_chat(log)
    where: ConversationId = await chat.group(BEN)
    log.appends = log.readings = 0
    await chat.messages.send(ANN, where, Draft(body="a", client_id=client_id))
    assert (log.appends, log.readings) == (1, 0)


async def test_messages_of_the_same_moment_share_an_append() -> None:
    log = Counting()
    chat = await a_chat(log)
    where = await chat.group(BEN)
    log.appends = 0
    answers = [chat.messages.send(ANN, where, Draft(body=str(n))) for n in range(50)]
    for answer in answers:
        await answer
    assert log.appends == 2


# --- what changes a message -----------------------------------------------------------------------------------------


async def test_an_edit_shows_in_history_and_keeps_what_was_there(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, "helo")
    await chat.messages.edit(ANN, where, 2, "hello")
    shown = await chat.messages.get(BEN, where, 2)
    assert (shown.body, shown.edited_at is not None, shown.changed_seq) == ("hello", True, 3)
    versions = await chat.messages.edits(BEN, where, 2)
    assert [version.body for version in versions] == ["helo", "hello"]


async def test_nobody_edits_what_another_said(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(BEN, where, "mine")
    with pytest.raises(Forbidden):
        await chat.messages.edit(ANN, where, 2, "yours")


async def test_a_deleted_message_is_empty_for_everyone_and_stays_so(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(BEN, where, "secret")
    await chat.messages.edit(BEN, where, 2, "secret too")
    await chat.messages.delete(BEN, where, 2)
    shown = await chat.messages.get(ANN, where, 2)
    assert (shown.body, shown.deleted_at is not None) == ("", True)
    assert await chat.messages.edits(ANN, where, 2) == []
    assert "secret" not in repr(chat.world.log.disk.log(where))
    with pytest.raises(NotFound):
        await chat.messages.edit(BEN, where, 2, "again")
    assert (await chat.messages.delete(BEN, where, 2)).entry is None


async def test_an_admin_deletes_what_others_said_and_a_member_does_not(chat: Chat) -> None:
    where = await chat.group(BEN, CAT)
    await chat.say(CAT, where, "rude")
    with pytest.raises(Forbidden):
        await chat.messages.delete(BEN, where, 2)
    await chat.messages.delete(ANN, where, 2)


async def test_in_a_direct_conversation_each_deletes_their_own_alone(chat: Chat) -> None:
    sent = await chat.messages.send_to(BEN, ANN, Draft(body="hi"))
    assert sent.entry is not None
    with pytest.raises(Forbidden):
        await chat.messages.delete(ANN, sent.entry.conversation_id, sent.entry.seq)


async def test_reactions_show_in_history_by_emoji_and_person(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, "hello")
    for person in (BEN, ANN):
        await chat.reactions.add(person, where, 2, "+")
    await chat.reactions.add(BEN, where, 2, "heart")
    await chat.reactions.remove(BEN, where, 2, "heart")
    (message,) = (await chat.messages.page(BEN, where)).items
    assert (message.reactions, message.changed_seq) == ({"+": [ANN, BEN]}, 6)


async def test_a_message_has_so_many_different_reactions_and_no_more(chat: Chat) -> None:
    chat.reactions = Reactions(journal=chat.world.journal, blocking=chat.world.blocking, most=2)
    where = await chat.group(BEN)
    await chat.say(ANN, where, "hello")
    for emoji in "ab":
        await chat.reactions.add(BEN, where, 2, emoji)
    with pytest.raises(Conflict):
        await chat.reactions.add(BEN, where, 2, "c")
    await chat.reactions.add(ANN, where, 2, "a")


@pytest.mark.parametrize(("emoji", "error"), [("", Invalid), (" ", Invalid), ("x" * 65, TooLarge)])
async def test_a_reaction_is_a_short_text(chat: Chat, emoji: str, error: type[ChatError]) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, "hello")
    with pytest.raises(error):
        await chat.reactions.add(BEN, where, 2, emoji)


async def test_a_pin_is_there_until_it_is_taken_away_or_its_message_deleted(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, "a", "b")
    for seq in (2, 3):
        await chat.pins.pin(BEN, where, seq)
    assert (await chat.pins.pin(ANN, where, 2)).entry is None
    assert [message.pinned for message in (await chat.messages.page(ANN, where)).items] == [
        True
    ] * 2
    await chat.pins.unpin(ANN, where, 2)
    await chat.messages.delete(ANN, where, 3)
    assert (await chat.world.journal.state(where)).pins == {}
    assert (await chat.pins.unpin(ANN, where, 2)).entry is None


async def test_what_is_pinned_comes_latest_first_in_pages_and_as_it_is_now(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, "a", "b", "c", "d")
    for seq in (3, 2, 5):
        await chat.pins.pin(BEN, where, seq)
    await chat.messages.edit(ANN, where, 3, "b, edited")
    first = await chat.pins.page(BEN, where, limit=2)
    assert [(message.seq, message.body) for message in first.items] == [(5, "d"), (3, "b, edited")]
    assert first.next == 3
    rest = await chat.pins.page(BEN, where, before=first.next, limit=2)
    assert ([message.seq for message in rest.items], rest.next) == ([2], None)
    assert all(message.pinned for message in (*first.items, *rest.items))
    with pytest.raises(NotFound):
        await chat.pins.page(CAT, where)


async def test_outsiders_change_nothing(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, "hello")
    for attempt in (
        chat.messages.edit(CAT, where, 2, "x"),
        chat.messages.delete(CAT, where, 2),
        chat.messages.edits(CAT, where, 2),
        chat.reactions.add(CAT, where, 2, "+"),
        chat.reactions.remove(CAT, where, 2, "+"),
        chat.pins.pin(CAT, where, 2),
        chat.pins.unpin(CAT, where, 2),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_members_who_are_named_are_mentioned_and_others_are_not(chat: Chat) -> None:
    where = await chat.group(BEN)
    sent = await chat.messages.send(
        ANN, where, Draft(body="@ben, @BEN. and @cat: mail x@ann.org, @nobody")
    )
    assert isinstance(sent.entry, MessageNew)
    assert sent.entry.mentions == (BEN,)
    edited = await chat.messages.edit(ANN, where, 2, "hello @ann")
    assert edited.entry is not None
    assert edited.entry.mentions == (ANN,)


async def test_a_retried_change_is_answered_with_the_first(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, "hello")
    first = await chat.reactions.add(BEN, where, 2, "+", client_id="x")
    await chat.reactions.remove(BEN, where, 2, "+")
    again = await chat.reactions.add(BEN, where, 2, "+", client_id="x")
    assert (again.entry, again.duplicate) == (first.entry, True)
    assert (await chat.messages.page(ANN, where)).items[0].reactions == {}


async def test_so_many_are_pinned_and_no_more(chat: Chat) -> None:
    pins = Pins(
        journal=chat.world.journal, blocking=chat.world.blocking, log=chat.world.log, most=1
    )
    where = await chat.group(BEN)
    await chat.say(ANN, where, "a", "b")
    await pins.pin(BEN, where, 2)
    with pytest.raises(Conflict):
        await pins.pin(BEN, where, 3)
    assert (await pins.pin(ANN, where, 2)).entry is None


async def test_a_page_around_a_message_leads_on_in_both_directions(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, *"abcdefgh")
    page = await chat.messages.page(ANN, where, around=5, limit=3)
    assert [message.body for message in page.items] == ["c", "d", "e"]
    assert (page.head, page.next, page.newer) == (9, 4, 6)
    older = await chat.messages.page(ANN, where, before=page.next)
    newer = await chat.messages.page(ANN, where, after=page.newer)
    assert [message.body for message in older.items + page.items + newer.items] == list("abcdefgh")
    assert (older.next, newer.next) == (None, None)


@pytest.mark.parametrize(
    ("around", "limit", "bodies", "ways"),
    [
        (0, 2, "a", (None, 2)),
        (1, 4, "ab", (None, 3)),
        (2, 1, "a", (None, 2)),
        (4, 50, "abc", (None, None)),
        (9_999, 2, "c", (4, None)),
    ],
)
async def test_there_is_a_page_around_any_seq(chat, around, limit, bodies, ways) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, *"abc")
    page = await chat.messages.page(ANN, where, around=around, limit=limit)
    assert "".join(message.body for message in page.items) == bodies
    assert (page.next, page.newer) == ways


async def test_a_page_lies_in_one_direction(chat: Chat) -> None:
    where = await chat.group(BEN)
    with pytest.raises(Invalid):
        await chat.messages.page(ANN, where, around=1, before=1)
