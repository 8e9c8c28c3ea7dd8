"""What `ErasureStore` promises, and what a log does when somebody is erased."""

import asyncio
from collections.abc import Sequence

import pytest

from parley.model.blocks import Block
from parley.model.codes import Code
from parley.model.contacts import Contact, Pair
from parley.model.conversations import fold
from parley.model.entries import (
    Attachment,
    ConversationDeleted,
    Entry,
    MemberJoined,
    MemberLeft,
    MessageAnnotated,
    MessageDeleted,
    MessageEdited,
    MessageNew,
    ReactionAdded,
)
from parley.model.erasures import Erasure
from parley.model.ids import ConversationId, UserId
from parley.model.instants import timestamp
from parley.model.marks import Mark
from parley.model.messages import Aftermath
from parley.model.preferences import Preference
from parley.model.presence import Kept
from parley.ports.marks import Move
from parley.ports.presence import Sighting
from tests.contracts.conftest import NewPen, Store
from tests.contracts.test_accounts import account
from tests.support.pen import ANN, BEN, CAT, Pen, created, said

AT = timestamp(1_700_000_000_000)


def erased(user_id: UserId = BEN) -> MemberLeft:
    return MemberLeft(actor_id=user_id, user_id=user_id, reason="erased")


# --- the note ---------------------------------------------------------------------------------------------------------


async def test_an_erasure_is_noted_and_the_account_gone_with_its_names(store: Store) -> None:
    await store.accounts.create(account("1", username="ann", email="ann@example.org"))
    await store.erasures.begin(UserId("1"), 5, 9)
    assert await store.accounts.get(UserId("1")) is None
    await store.accounts.create(account("2", username="Ann", email="Ann@example.org"))
    assert await store.erasures.pending() == [Erasure(user_id=UserId("1"), begun_ms=5)]


async def test_to_begin_again_changes_nothing(store: Store) -> None:
    await store.erasures.begin(ANN, 5, 9)
    await store.erasures.begin(ANN, 6, 1)
    assert await store.erasures.pending() == [Erasure(user_id=ANN, begun_ms=5)]
    assert await store.erasures.claim(8, 20) is None


async def test_an_erasure_is_claimed_when_it_is_due_and_is_due_again_then(store: Store) -> None:
    await store.erasures.begin(ANN, 5, 9)
    assert await store.erasures.claim(8, 20) is None
    assert await store.erasures.claim(9, 20) == Erasure(user_id=ANN, begun_ms=5)
    assert await store.erasures.claim(19, 30) is None
    assert await store.erasures.claim(20, 30) == Erasure(user_id=ANN, begun_ms=5)
    await store.erasures.postpone(ANN, 40)
    assert await store.erasures.claim(39, 50) is None


async def test_of_many_who_claim_at_once_one_gets_it(store: Store) -> None:
    await store.erasures.begin(ANN, 5, 9)
    claims = await asyncio.gather(*(store.erasures.claim(9, 20) for _ in range(5)))
    assert [claim for claim in claims if claim is not None] == [Erasure(user_id=ANN, begun_ms=5)]


async def test_what_is_finished_is_not_due_any_more(store: Store) -> None:
    await store.erasures.begin(ANN, 5, 9)
    await store.erasures.begin(BEN, 6, 9)
    await store.erasures.finish(ANN)
    await store.erasures.finish(CAT)
    await store.erasures.postpone(ANN, 0)
    assert [one.user_id for one in await store.erasures.pending()] == [BEN]
    assert await store.erasures.claim(9, 20) == Erasure(user_id=BEN, begun_ms=6)
    assert await store.erasures.claim(9, 20) is None


# --- what is kept beside the logs -------------------------------------------------------------------------------------


async def fill(store: Store, pen: Pen, user_id: UserId, other: UserId) -> None:
    """Something in every place."""
    await store.accounts.create(account(user_id))
    await store.codes.put(
        Code(purpose="email", user_id=user_id, email="a@b.c", digest=user_id.encode(), expires_ms=9)
    )
    await store.marks.advance(
        [Move(pen.conversation_id, user_id, Mark(delivered=1, read=1, seen=1))]
    )
    await store.preferences.change(user_id, pen.conversation_id, muted=True, archived=None)
    await store.presence.choose(user_id, "away")
    await store.presence.note({user_id: Sighting(connected=True, seen_ms=5)})
    kept = Contact(user_id=other, status="accepted", since=AT, name="A friend")
    before = await store.contacts.pair(user_id, other)
    assert await store.contacts.replace(user_id, other, before, Pair(kept, before.theirs))
    await store.blocks.put(user_id, Block(user_id=other, since=AT))


async def test_everything_about_a_person_is_forgotten_and_nothing_about_others(
    store: Store, pen: Pen
) -> None:
    await store.write(pen, created(ANN, BEN))
    await fill(store, pen, ANN, BEN)
    await fill(store, pen, BEN, ANN)
    await fill(store, pen, CAT, UserId("dan"))
    await store.erasures.forget(BEN)
    await store.erasures.forget(BEN)
    here = [pen.conversation_id]
    assert await store.accounts.existing([ANN, BEN, CAT]) == {ANN, CAT}
    assert await store.codes.take("email", BEN.encode()) is None
    assert await store.codes.take("email", ANN.encode()) is not None
    assert set(await store.marks.of(pen.conversation_id, [ANN, BEN])) == {ANN}
    assert await store.preferences.of(BEN, here) == {}
    assert await store.preferences.of(ANN, here) == {here[0]: Preference(muted=True)}
    assert (await store.presence.get([BEN]))[BEN] == Kept()
    assert await store.presence.connected() == {ANN, CAT}
    assert await store.contacts.pair(ANN, BEN) == Pair()
    assert await store.contacts.kept(CAT) == {"dan"}
    assert await store.blocks.of(ANN) == set()
    assert await store.blocks.of(BEN) == set()
    assert await store.blocks.of(CAT) == {"dan"}


# --- the log ----------------------------------------------------------------------------------------------------------

PICTURE = Attachment(media_id="m", name="me.png", type="image/png", size=5)


def chat() -> Sequence[Entry]:
    return (
        created(ANN, BEN, CAT),
        MessageNew(actor_id=BEN, body="first", data={"a": 1}, mentions=(ANN,)),
        said("and you?", CAT),
        MessageNew(actor_id=BEN, body="a picture", attachments=(PICTURE,), reply_to=3),
        MessageEdited(actor_id=BEN, message_seq=2, body="second", mentions=(CAT,)),
        MessageAnnotated(actor_id=BEN, message_seq=4, attachments=(PICTURE,)),
        ReactionAdded(actor_id=BEN, message_seq=3, emoji="👍"),
        MessageEdited(actor_id=CAT, message_seq=3, body="and you, Ben?"),
    )


async def test_whoever_is_erased_leaves_no_content_and_others_keep_theirs(
    store: Store, pen: Pen
) -> None:
    await store.write(pen, *chat())
    before = [record.entry for record in await store.log.read(pen.conversation_id, 0)]
    await store.write(pen, erased())
    after = [record.entry for record in await store.log.read(pen.conversation_id, 0)]
    at = after[-1].at
    assert len(after) == 9
    for old, new in zip(before, after, strict=False):
        if old.actor_id != BEN or isinstance(old, ReactionAdded):
            assert new == old
        elif isinstance(new, MessageNew):
            assert (new.body, new.attachments, new.data, new.mentions, new.reply_to) == (
                ("", (), None, (), None)
            )
            assert new.deleted_at == at
        elif isinstance(new, MessageEdited):
            assert (new.body, new.mentions) == ("", ())
        elif isinstance(new, MessageAnnotated):
            assert new.attachments == ()
    _, page = await store.log.messages(pen.conversation_id, before=None, after=None, limit=9)
    assert [message.body for message in page] == ["", "and you, Ben?", ""]
    assert await store.log.original(pen.conversation_id, 2) is None
    assert [edit.body for edit in await store.log.edits(pen.conversation_id, 2, 9)] == [""]


async def test_the_state_is_the_fold_of_the_log(store: Store, pen: Pen) -> None:
    await store.write(pen, *chat(), erased())
    state = await store.state(pen)
    entries = [record.entry for record in await store.log.read(pen.conversation_id, 0)]
    assert set(state.members) == {ANN, CAT}
    assert state == fold(pen.conversation_id, entries)


async def test_a_message_that_was_deleted_before_keeps_its_time(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN, BEN), said("gone", BEN))
    deletion = MessageDeleted(actor_id=BEN, message_seq=2)
    await store.write(pen, deletion)
    before = (await store.log.read(pen.conversation_id, 1, 1))[0].entry
    await store.write(pen, erased())
    assert (await store.log.read(pen.conversation_id, 1, 1))[0].entry == before


async def test_who_has_left_before_is_erased_too(store: Store, pen: Pen) -> None:
    left = MemberLeft(actor_id=BEN, user_id=BEN, reason="left")
    await store.write(pen, created(ANN, BEN), said("one", BEN), left, erased())
    records = await store.log.read(pen.conversation_id, 1, 1)
    assert getattr(records[0].entry, "body", None) == ""
    assert set((await store.state(pen)).members) == {ANN}


async def test_the_mentions_of_an_erased_person_count_no_more(store: Store, pen: Pen) -> None:
    message = MessageNew(actor_id=BEN, body="@cat", mentions=(CAT,))
    await store.write(pen, created(ANN, BEN, CAT), message)
    (standing,) = (await store.marks.standings(CAT, [pen.conversation_id])).values()
    assert standing.mentions == 1
    await store.write(pen, erased())
    (standing,) = (await store.marks.standings(CAT, [pen.conversation_id])).values()
    assert standing.mentions == 0


async def test_nothing_stands_any_more_of_what_was_said_of_an_erased_message(
    store: Store, pen: Pen
) -> None:
    reactions = [ReactionAdded(actor_id=CAT, message_seq=seq, emoji="+") for seq in (2, 3)]
    own = ReactionAdded(actor_id=BEN, message_seq=3, emoji="+")
    await store.write(pen, created(ANN, BEN, CAT), said("mine", BEN), said("other", CAT))
    await store.write(pen, *reactions, own, erased())
    head, became = await store.log.aftermaths(pen.conversation_id, [2, 3])
    assert head == 7
    assert became == {
        2: Aftermath(deleted=True, changed_seq=4),
        3: Aftermath({"+": {CAT: 5, BEN: 6}}, changed_seq=6),
    }


async def test_the_last_message_in_a_list_is_shown_emptied(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN, BEN), said("the last word", BEN), erased())
    (listed,) = await store.conversations.listed(ANN, kind=None, before=None, limit=5)
    assert listed.last_message is not None
    assert listed.last_message.body == ""


async def test_of_a_conversation_that_has_ended_the_contents_go_without_an_entry(
    store: Store, pen: Pen
) -> None:
    await store.write(pen, *chat(), ConversationDeleted(actor_id=ANN))
    await store.log.erase(pen.conversation_id, BEN, AT)
    await store.log.erase(pen.conversation_id, BEN, AT)
    records = await store.log.read(pen.conversation_id, 0)
    assert len(records) == 9
    messages = [record.entry for record in records if isinstance(record.entry, MessageNew)]
    assert [message.body for message in messages] == ["", "and you, Ben?", ""]
    assert {message.deleted_at for message in messages} == {AT, None}


async def test_to_erase_where_nobody_knows_them_changes_nothing(store: Store, pen: Pen) -> None:
    await store.write(pen, *chat())
    before = await store.log.read(pen.conversation_id, 0)
    await store.log.erase(pen.conversation_id, UserId("dan"), AT)
    await store.log.erase(ConversationId("nowhere"), BEN, AT)
    assert await store.log.read(pen.conversation_id, 0) == before


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_every_conversation_is_found_in_which_somebody_is_or_did_something(
    store: Store, new_pen: NewPen, limit: int
) -> None:
    pens = {name: new_pen() for name in ("is in", "wrote and left", "wrote and it ended", "never")}
    await store.write(pens["is in"], created(ANN, BEN))
    left = MemberLeft(actor_id=BEN, user_id=BEN, reason="left")
    await store.write(pens["wrote and left"], created(ANN, BEN), said("one", BEN), left)
    ended = ConversationDeleted(actor_id=ANN)
    await store.write(pens["wrote and it ended"], created(ANN, BEN), said("one", BEN), ended)
    joined = MemberJoined(actor_id=ANN, user_id=CAT, role="member")
    await store.write(pens["never"], created(ANN), joined)
    found: list[ConversationId] = []
    after: str | None = ""
    while after is not None:
        touched = await store.conversations.touched(BEN, after, limit)
        found += touched.conversation_ids
        after = touched.next
    expected = {pen.conversation_id for name, pen in pens.items() if name != "never"}
    assert len(found) == len(set(found))
    assert expected <= set(found)
    assert pens["never"].conversation_id not in found
