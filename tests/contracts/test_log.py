"""What `Log` promises of appending, and of single readings."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from parley.model.contents import deleted, emptied, is_erasure, revised
from parley.model.conversations import fold
from parley.model.entries import (
    Attachment,
    Changes,
    ConversationChanged,
    Entry,
    MemberChanged,
    MemberJoined,
    MemberLeft,
    MessageAnnotated,
    MessageDeleted,
    MessageEdited,
    MessageNew,
    MessagePinned,
    MessageUnpinned,
    ReactionAdded,
    ReactionRemoved,
    people_named,
)
from parley.model.ids import ConversationId, UserId
from parley.model.messages import UNTOUCHED, Aftermath, followed, target
from parley.ports.log import Appended, Behind, Down, Duplicate, Record
from tests.contracts.conftest import NewPen, Store
from tests.support.entries import logs, messages
from tests.support.pen import ANN, BEN, CAT, Pen, created, said

SAME_STORE = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""The examples share a store, each with a conversation of its own."""


async def entries(store: Store, pen: Pen) -> list[Entry]:
    return [record.entry for record in await store.log.read(pen.conversation_id, 0)]


async def test_a_store_stays_the_same_one(store: Store) -> None:
    first, second = await store.log.identity(), await store.log.identity()
    assert first == second
    assert first.epoch
    assert len(first.digest_key) >= 16


async def test_what_is_appended_is_read(store: Store, pen: Pen) -> None:
    records = pen.records(created(ANN, BEN), said("one"), said("two", BEN))
    appended = await store.log.append(pen.conversation_id, 0, records)
    expected = [
        replace(record, position=position)
        for record, position in zip(records, appended.positions, strict=True)
    ]
    assert appended.count == 3
    assert appended.stopped is None
    assert await store.log.read(pen.conversation_id, 0) == expected


async def test_an_answer_never_comes_before_append_has_returned(store: Store, pen: Pen) -> None:
    answer = store.log.append(pen.conversation_id, 0, pen.records(created(ANN)))
    assert not answer.done
    await answer


async def test_appends_are_answered_in_the_order_of_their_positions(
    store: Store, new_pen: NewPen
) -> None:
    pens = [new_pen() for _ in range(20)]
    heard: list[int] = []
    for _ in range(3):
        answers = [
            store.log.append(pen.conversation_id, pen.head, pen.records(created(ANN), said("hi")))
            if pen.head == 0
            else store.log.append(pen.conversation_id, pen.head, pen.records(said("again")))
            for pen in pens
        ]
        for answer in answers:
            answer.then(lambda done: heard.extend(done.result().positions))
        for answer in answers:
            await answer
    assert len(heard) == 20 * 4
    assert heard == (sorted(set(heard)) if store.ordered else [0] * len(heard))


async def test_appends_of_one_conversation_may_follow_each_other_unanswered(
    store: Store, pen: Pen
) -> None:
    first = store.log.append(pen.conversation_id, 0, pen.records(created(ANN)))
    second = store.log.append(pen.conversation_id, 1, pen.records(said("one")))
    assert (await first).stopped is None
    assert (await second).stopped is None


async def test_who_is_behind_gets_everything_after_the_last_that_is_in(
    store: Store, pen: Pen
) -> None:
    await store.write(pen, created(ANN), said("one"), said("two"))
    late = Pen(pen.conversation_id)
    late.back_to(1, 0)
    appended = await store.log.append(pen.conversation_id, 1, late.records(said("late")))
    assert appended.count == 0
    assert isinstance(appended.stopped, Behind)
    assert list(appended.stopped.records) == await store.log.read(pen.conversation_id, 1)


async def test_a_taken_seq_counts_before_a_known_command(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN), said("one", client_id="mine"))
    late = Pen(pen.conversation_id)
    late.back_to(1, 0)
    again = late.records(said("one", client_id="mine"))
    appended = await store.log.append(pen.conversation_id, 1, again)
    assert isinstance(appended.stopped, Behind)


async def test_a_known_command_ends_an_append_and_is_told(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN), said("first", client_id="mine"))
    records = pen.records(said("new"), said("again", client_id="mine"), said("never"))
    appended = await store.log.append(pen.conversation_id, 2, records)
    assert appended.count == len(appended.positions) == 1
    assert isinstance(appended.stopped, Duplicate)
    assert appended.stopped.record == (await store.log.read(pen.conversation_id, 1))[0]
    bodies = [entry.body for entry in await entries(store, pen) if isinstance(entry, MessageNew)]
    assert bodies == ["first", "new"]


async def test_the_same_command_twice_in_an_append_gets_in_once(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN))
    records = pen.records(said("one", client_id="mine"), said("one", client_id="mine"))
    appended = await store.log.append(pen.conversation_id, 1, records)
    assert appended.count == 1
    assert isinstance(appended.stopped, Duplicate)
    assert appended.stopped.record.entry == records[0].entry


async def test_a_conversation_goes_on_after_a_refusal(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN), said("first", client_id="mine"))
    refused = pen.records(said("again", client_id="mine"))
    await store.log.append(pen.conversation_id, 2, refused)
    pen.back_to(2, 1)
    await store.write(pen, said("next"))
    assert [entry.seq for entry in await entries(store, pen)] == [1, 2, 3]


async def test_what_would_leave_a_hole_is_refused(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN))
    pen.back_to(4, 0)
    appended = await store.log.append(pen.conversation_id, 4, pen.records(said("too far")))
    assert (appended.count, appended.stopped) == (0, Down())
    assert len(await entries(store, pen)) == 1


async def test_a_refusal_in_one_conversation_touches_no_other(
    store: Store, new_pen: NewPen
) -> None:
    known, other = new_pen(), new_pen()
    await store.write(known, created(ANN), said("first", client_id="mine"))
    refused = store.log.append(
        known.conversation_id, 2, known.records(said("again", client_id="mine"))
    )
    passed = store.log.append(other.conversation_id, 0, other.records(created(BEN), said("hi")))
    assert (await refused).count == 0
    assert (await passed).stopped is None
    assert len(await entries(store, other)) == 2


async def test_a_refused_entry_leaves_no_trace_in_the_views(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN), said("first", client_id="mine"))
    before = await store.state(pen)
    join = MemberJoined(actor_id=ANN, client_id="mine", user_id=BEN, role="member")
    appended = await store.log.append(pen.conversation_id, 2, pen.records(join))
    assert isinstance(appended.stopped, Duplicate)
    assert await store.state(pen) == before
    assert await store.conversations.memberships(BEN) == {}


async def test_a_command_is_known_by_conversation_person_and_client_id(
    store: Store, new_pen: NewPen
) -> None:
    one, two = new_pen(), new_pen()
    await store.write(
        one, created(ANN, BEN), said("a", client_id="x"), said("b", BEN, client_id="x")
    )
    await store.write(two, created(ANN), said("c", client_id="x"), said("d", client_id="X"))
    assert len(await entries(store, one)) == 3
    assert len(await entries(store, two)) == 3


async def test_a_command_stays_known_after_its_message_was_deleted(store: Store, pen: Pen) -> None:
    await store.write(
        pen,
        created(ANN),
        said("first", client_id="mine"),
        MessageDeleted(actor_id=ANN, message_seq=2),
    )
    records = pen.records(said("again", client_id="mine"))
    appended = await store.log.append(pen.conversation_id, 3, records)
    assert isinstance(appended.stopped, Duplicate)
    assert appended.stopped.record.digest is None


async def test_a_command_is_found(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN), said("one", client_id="mine"))
    found = await store.log.find(pen.conversation_id, ANN, "mine")
    assert found == (await store.log.read(pen.conversation_id, 1))[0]


async def test_an_unknown_command_is_not_found(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN), said("one", client_id="mine"))
    elsewhere = ConversationId("elsewhere")
    assert await store.log.find(pen.conversation_id, ANN, "other") is None
    assert await store.log.find(pen.conversation_id, BEN, "mine") is None
    assert await store.log.find(elsewhere, ANN, "mine") is None


async def test_reading_begins_after_a_seq_and_ends_at_a_limit(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN), *(said(str(number)) for number in range(2, 7)))
    page = await store.log.read(pen.conversation_id, 2, 3)
    assert [record.entry.seq for record in page] == [3, 4, 5]


async def test_nothing_is_read_where_nothing_is(store: Store) -> None:
    nowhere = ConversationId("nowhere")
    assert await store.log.read(nowhere, 0) == []
    assert await store.log.messages(nowhere, before=None, after=None, limit=5) == (0, [])
    assert (await store.log.load(nowhere)).head == 0


async def test_a_seq_beyond_the_end_reads_nothing(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN))
    assert await store.log.read(pen.conversation_id, 7) == []


async def test_pages_of_messages(store: Store, pen: Pen) -> None:
    reaction = ReactionAdded(actor_id=ANN, message_seq=2, emoji="+")
    await store.write(
        pen, created(ANN), said("2"), reaction, said("4"), said("5"), reaction, said("7")
    )

    async def page(before: int | None, after: int | None) -> list[int]:
        head, found = await store.log.messages(
            pen.conversation_id, before=before, after=after, limit=2
        )
        assert head == 7
        return [message.seq for message in found]

    assert await page(None, None) == [5, 7]
    assert await page(5, None) == [2, 4]
    assert await page(2, None) == []
    assert await page(None, 2) == [4, 5]
    assert await page(None, 7) == []


async def test_messages_by_their_seqs(store: Store, pen: Pen) -> None:
    edit = MessageEdited(actor_id=ANN, message_seq=2, body="two")
    reaction = ReactionAdded(actor_id=ANN, message_seq=2, emoji="+")
    await store.write(pen, created(ANN), said("2"), reaction, said("4"), edit, said("6"))
    found = await store.log.messages_at(pen.conversation_id, [6, 3, 2, 77])
    assert sorted((message.seq, message.body) for message in found) == [(2, "two"), (6, "6")]
    assert await store.log.messages_at(pen.conversation_id, []) == []


async def test_what_happened_to_the_conversation_itself(store: Store, pen: Pen) -> None:
    happened = (
        created(ANN, BEN),
        MemberJoined(actor_id=ANN, user_id=CAT, role="member"),
        ConversationChanged(actor_id=ANN, changes=Changes(name="Home")),
        MemberChanged(actor_id=ANN, user_id=CAT, role="guest"),
        MessagePinned(actor_id=ANN, message_seq=2),
        MessageUnpinned(actor_id=ANN, message_seq=2),
        MemberLeft(actor_id=CAT, user_id=CAT, reason="left"),
    )
    reaction = ReactionAdded(actor_id=ANN, message_seq=2, emoji="+")
    await store.write(pen, happened[0], said("2"), reaction, *happened[1:], said("10"))

    async def seqs(after: int, before: int | None, limit: int = 9) -> list[int]:
        found = await store.log.happenings(
            pen.conversation_id, after=after, before=before, limit=limit
        )
        return [entry.seq for entry in found]

    found = await store.log.happenings(pen.conversation_id, after=0, before=None, limit=9)
    assert [type(entry) for entry in found] == [type(entry) for entry in happened]
    assert await seqs(0, None) == [1, 4, 5, 6, 7, 8, 9]
    assert await seqs(1, 6) == [4, 5]
    assert await seqs(0, None, limit=2) == [1, 4]
    assert await seqs(9, None) == []


async def test_an_edit_sets_the_message_and_keeps_its_own_words(store: Store, pen: Pen) -> None:
    await store.write(
        pen,
        created(ANN, BEN),
        said("first", mentions=(CAT,), reply_to=1, data={"n": 1}),
        MessageEdited(actor_id=ANN, message_seq=2, body="second", mentions=(BEN,)),
        MessageEdited(actor_id=ANN, message_seq=2, body="third"),
    )
    _, message, second, third = await entries(store, pen)
    assert message == said(
        "third",
        conversation_id=pen.conversation_id,
        seq=2,
        at=message.at,
        client_id=message.client_id,
        messages=1,
        reply_to=1,
        data={"n": 1},
        edited_at=third.at,
    )
    assert isinstance(second, MessageEdited)
    assert (second.body, second.mentions) == ("second", (BEN,))
    assert isinstance(third, MessageEdited)
    assert third.body == "third"


async def test_an_annotation_sets_the_attachments_alone(store: Store, pen: Pen) -> None:
    bare = Attachment(media_id="m", name="film", type="video/mp4", size=9)
    with_poster = replace(bare, poster_id="p")
    await store.write(
        pen,
        created(ANN),
        said("look", attachments=(bare,), mentions=(BEN,)),
        MessageAnnotated(actor_id=ANN, message_seq=2, attachments=(with_poster,)),
    )
    message = (await entries(store, pen))[1]
    assert isinstance(message, MessageNew)
    assert message.attachments == (with_poster,)
    assert (message.body, message.mentions, message.edited_at) == ("look", (BEN,), None)


async def test_a_deletion_empties_the_message_and_its_revisions(store: Store, pen: Pen) -> None:
    film = Attachment(media_id="m", name="film", type="video/mp4", size=9)
    await store.write(
        pen,
        created(ANN),
        said("secret", attachments=(film,), mentions=(BEN,), reply_to=1, data={"s": 1}),
        MessageEdited(actor_id=ANN, message_seq=2, body="more secret", mentions=(BEN,)),
        MessageAnnotated(actor_id=ANN, message_seq=2, attachments=(film,)),
        said("other"),
        MessageEdited(actor_id=ANN, message_seq=5, body="kept"),
        MessageDeleted(actor_id=BEN, message_seq=2),
    )
    records = await store.log.read(pen.conversation_id, 0)
    _, message, edit, annotation, other, other_edit, deletion = (record.entry for record in records)
    assert isinstance(message, MessageNew)
    assert message == said(
        "",
        conversation_id=pen.conversation_id,
        seq=2,
        at=message.at,
        client_id=message.client_id,
        messages=1,
        edited_at=edit.at,
        deleted_at=deletion.at,
    )
    assert isinstance(edit, MessageEdited)
    assert (edit.body, edit.mentions) == ("", ())
    assert isinstance(annotation, MessageAnnotated)
    assert annotation.attachments == ()
    assert isinstance(other, MessageNew)
    assert isinstance(other_edit, MessageEdited)
    assert (other.body, other_edit.body) == ("kept", "kept")
    digests = [record.entry.seq for record in records if record.digest is None]
    assert digests == [2, 3, 4]


async def test_nothing_changes_a_deleted_message(store: Store, pen: Pen) -> None:
    await store.write(
        pen, created(ANN), said("secret"), MessageDeleted(actor_id=ANN, message_seq=2)
    )
    before = (await entries(store, pen))[1]
    await store.write(
        pen,
        MessageDeleted(actor_id=ANN, message_seq=2),
        MessageEdited(actor_id=ANN, message_seq=2, body="back"),
    )
    found = await entries(store, pen)
    assert found[1] == before
    assert isinstance(found[4], MessageEdited)
    assert found[4].body == ""


async def test_pages_show_messages_as_they_are_now(store: Store, pen: Pen) -> None:
    await store.write(
        pen,
        created(ANN),
        said("one"),
        said("two"),
        MessageEdited(actor_id=ANN, message_seq=2, body="one, better"),
        MessageDeleted(actor_id=ANN, message_seq=3),
    )
    _, (first, second) = await store.log.messages(
        pen.conversation_id, before=None, after=None, limit=9
    )
    assert first.body == "one, better"
    assert second.body == ""
    assert second.deleted_at is not None


async def test_a_message_is_found_as_it_is_now(store: Store, pen: Pen) -> None:
    edit = MessageEdited(actor_id=ANN, message_seq=2, body="better")
    await store.write(pen, created(ANN), said("first", client_id="mine"), edit)
    found = await store.log.find(pen.conversation_id, ANN, "mine")
    assert found is not None
    assert isinstance(found.entry, MessageNew)
    assert found.entry.body == "better"


@SAME_STORE
@given(log=logs)
async def test_the_state_is_the_fold_of_the_log(
    store: Store, new_pen: NewPen, log: list[Entry]
) -> None:
    pen = new_pen()
    records = pen.records(*log)
    await store.log.append(pen.conversation_id, 0, records)
    expected = fold(pen.conversation_id, [record.entry for record in records])
    state = await store.state(pen)
    assert state == expected


@settings(
    SAME_STORE, max_examples=15
)  # each example makes the lists longer that the next ones read
@given(log=logs)
async def test_membership_is_the_fold_of_the_log(
    store: Store, new_pen: NewPen, log: list[Entry]
) -> None:
    pen = new_pen()
    records = pen.records(*log)
    await store.log.append(pen.conversation_id, 0, records)
    expected = fold(pen.conversation_id, [record.entry for record in records])
    for user_id in (UserId("ann"), UserId("ben"), UserId("cat"), UserId("dot")):
        member = expected.members.get(user_id)
        found = await store.conversations.memberships(user_id)
        assert found.get(pen.conversation_id) == (
            None if member is None else (expected.head, member.joined_seq)
        )


@SAME_STORE
@given(log=logs)
async def test_the_log_is_read_with_its_present_content(
    store: Store, new_pen: NewPen, log: list[Entry]
) -> None:
    pen = new_pen()
    records = pen.records(*log)
    await store.log.append(pen.conversation_id, 0, records)
    found = await store.log.read(pen.conversation_id, 0)
    assert [record.entry for record in found] == present(records)


@SAME_STORE
@given(message=messages)
async def test_any_message_comes_back_as_it_was_sent(
    store: Store, new_pen: NewPen, message: MessageNew
) -> None:
    pen = new_pen()
    records = pen.records(created(ANN), message)
    await store.log.append(pen.conversation_id, 0, records)
    found = await store.log.read(pen.conversation_id, 1)
    assert [record.entry for record in found] == [records[1].entry]
    assert found[0].digest == records[1].digest


@SAME_STORE
@given(sizes=st.lists(st.integers(1, 5), min_size=1, max_size=6))
async def test_however_it_is_cut_into_appends_the_log_is_the_same(
    store: Store, new_pen: NewPen, sizes: list[int]
) -> None:
    pen = new_pen()
    records = pen.records(created(ANN), *(said(str(number)) for number in range(1, sum(sizes))))
    answers = []
    after = 0
    for size in sizes:
        batch = records[after : after + size]
        answers.append(store.log.append(pen.conversation_id, after, batch))
        after += size
    outcomes: list[Appended] = [await answer for answer in answers]
    assert [outcome.count for outcome in outcomes] == sizes
    assert await entries(store, pen) == [record.entry for record in records]


def _without(entry: Entry, erasure: Entry) -> Entry:
    theirs = isinstance(entry, MessageNew) and entry.actor_id == people_named(erasure)[0]
    return deleted(entry, erasure.at) if theirs else entry


def present(records: list[Record]) -> list[Entry]:
    """The entries with the contents that later ones leave them, worked out one by one."""
    log = [record.entry for record in records]
    for entry in list(log):
        if is_erasure(entry):
            before = log[: entry.seq - 1]
            log[: entry.seq - 1] = [_without(one, entry) for one in before]
        if not isinstance(entry, MessageEdited | MessageAnnotated | MessageDeleted):
            continue
        aimed = log[entry.message_seq - 1] if entry.message_seq < entry.seq else None
        if not isinstance(aimed, MessageNew):
            continue
        if isinstance(entry, MessageDeleted):
            log[aimed.seq - 1] = deleted(aimed, entry.at)
        else:
            log[aimed.seq - 1] = revised(aimed, entry)
    gone = {
        entry.seq for entry in log if isinstance(entry, MessageNew) and entry.deleted_at is not None
    }
    return [
        emptied(entry)
        if isinstance(entry, MessageEdited | MessageAnnotated)
        and entry.message_seq in gone
        and entry.message_seq < entry.seq
        else entry
        for entry in log
    ]


async def test_what_became_of_messages_is_found(store: Store, pen: Pen) -> None:
    await store.write(
        pen,
        created(ANN, BEN),
        said("a"),
        said("b"),
        said("c"),
        ReactionAdded(actor_id=BEN, message_seq=2, emoji="+"),
        ReactionAdded(actor_id=ANN, message_seq=2, emoji="-"),
        MessagePinned(actor_id=ANN, message_seq=2),
        ReactionAdded(actor_id=BEN, message_seq=3, emoji="+"),
        MessagePinned(actor_id=ANN, message_seq=3),
        MessageDeleted(actor_id=ANN, message_seq=3),
        MessageEdited(actor_id=ANN, message_seq=2, body="a2"),
    )
    head, found = await store.log.aftermaths(pen.conversation_id, [2, 3, 4])
    assert head == 11
    assert found == {
        2: Aftermath({"+": {BEN: 5}, "-": {ANN: 6}}, pinned=True, changed_seq=11),
        3: Aftermath(deleted=True, changed_seq=10),
    }
    assert await store.log.aftermaths(pen.conversation_id, [3]) == (11, {3: found[3]})


async def test_of_what_people_changed_their_minds_about_the_last_word_counts(
    store: Store, pen: Pen
) -> None:
    toggles = [
        kind(actor_id=by, message_seq=2, emoji="+")
        for by in (ANN, BEN)
        for kind in (ReactionAdded, ReactionRemoved, ReactionAdded)
    ]
    await store.write(
        pen,
        created(ANN, BEN),
        said("a"),
        *toggles,
        ReactionRemoved(actor_id=ANN, message_seq=2, emoji="+"),
        MessagePinned(actor_id=ANN, message_seq=2),
        MessageUnpinned(actor_id=BEN, message_seq=2),
    )
    _, found = await store.log.aftermaths(pen.conversation_id, [2])
    assert found == {2: Aftermath({"+": {BEN: 8}}, changed_seq=11)}
    await store.write(pen, ReactionRemoved(actor_id=BEN, message_seq=2, emoji="+"))
    _, found = await store.log.aftermaths(pen.conversation_id, [2])
    assert found == {2: Aftermath(changed_seq=12)}


async def test_nothing_became_of_what_nobody_spoke_of(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN), said("a"))
    assert await store.log.aftermaths(pen.conversation_id, [2]) == (2, {})
    assert await store.log.aftermaths(pen.conversation_id, []) == (2, {})
    assert await store.log.aftermaths(ConversationId("nowhere"), [1]) == (0, {})


@SAME_STORE
@given(log=logs)
async def test_what_became_of_any_message_follows_from_the_log(
    store: Store, new_pen: NewPen, log: list[Entry]
) -> None:
    pen = new_pen()
    records = pen.records(*log)
    await store.log.append(pen.conversation_id, 0, records)
    entries = [record.entry for record in records]
    early = {target(entry) for entry in entries if target(entry) >= entry.seq}
    seqs = [e.seq for e in entries if isinstance(e, MessageNew) and e.seq not in early]
    _, found = await store.log.aftermaths(pen.conversation_id, seqs)
    now = present(records)
    for seq in seqs:
        expected = followed([entry for entry in entries if target(entry) == seq])
        if expected.changed_seq and getattr(now[seq - 1], "deleted_at", None):
            expected = Aftermath(deleted=True, changed_seq=expected.changed_seq)
        assert _said(found.get(seq, UNTOUCHED)) == _said(expected)


def _said(aftermath: Aftermath) -> object:
    """All but what no judge lets in: since when somebody reacts twice, and pins of a conversation that is gone."""
    reactions = {emoji: set(people) for emoji, people in aftermath.reactions.items()}
    return reactions, aftermath.deleted, aftermath.changed_seq


async def test_the_last_edits_are_found_in_their_order(store: Store, pen: Pen) -> None:
    edits = [MessageEdited(actor_id=ANN, message_seq=2, body=body) for body in ("b", "c", "d")]
    other = MessageEdited(actor_id=ANN, message_seq=3, body="other")
    reaction = ReactionAdded(actor_id=ANN, message_seq=2, emoji="+")
    await store.write(pen, created(ANN), said("a"), said("z"), *edits, other, reaction)
    found = await store.log.edits(pen.conversation_id, 2, 10)
    assert [edit.body for edit in found] == ["b", "c", "d"]
    assert [edit.body for edit in await store.log.edits(pen.conversation_id, 2, 2)] == ["c", "d"]
    assert await store.log.edits(pen.conversation_id, 1, 10) == []
    await store.write(pen, MessageDeleted(actor_id=ANN, message_seq=2))
    assert [edit.body for edit in await store.log.edits(pen.conversation_id, 2, 2)] == ["", ""]


async def test_the_body_that_a_message_was_sent_with_is_kept_until_it_is_deleted(
    store: Store, pen: Pen
) -> None:
    await store.write(pen, created(ANN), said("first"))
    assert await store.log.original(pen.conversation_id, 2) == "first"
    edits = [MessageEdited(actor_id=ANN, message_seq=2, body=body) for body in ("second", "third")]
    await store.write(pen, *edits)
    assert await store.log.original(pen.conversation_id, 2) == "first"
    assert await store.log.original(pen.conversation_id, 1) is None
    await store.write(pen, MessageDeleted(actor_id=ANN, message_seq=2))
    assert await store.log.original(pen.conversation_id, 2) is None
