"""What is particular to the log in MongoDB: races between nodes, what a node leaves undone, what the hot path costs."""

import asyncio
import secrets
from pathlib import Path

from parley.adapters.mongo.client import Limits
from parley.adapters.mongo.nodes import Nodes
from parley.adapters.mongo.store import MongoStore
from parley.model.entries import MemberJoined, MemberLeft, MessageDeleted, MessageEdited, MessageNew
from parley.model.ids import ConversationId
from parley.ports.log import Appended, Behind, Down, Duplicate, Record, Unknown
from tests.adapters.mongo.conftest import Place
from tests.support.mongodb import a_server
from tests.support.pen import ANN, BEN, CAT, Pen, created, said

HOME = ConversationId("home")
MINUTE = 60


async def append(store: MongoStore, pen: Pen, *entries: object) -> Appended:
    after = pen.head
    return await store.log.append(HOME, after, pen.records(*entries))


def beside(pen: Pen) -> Pen:
    """Another node's pen, at the same place."""
    twin = Pen(pen.conversation_id)
    twin.back_to(pen.head, pen.messages)
    return twin


async def test_sending_is_one_insert_and_no_reading(store: MongoStore, place: Place) -> None:
    pen = Pen(HOME)
    await append(store, pen, created(ANN, BEN))
    await store.views.flush()
    before = place.queries.commands.copy()
    for number in range(20):
        await append(store, pen, said(str(number)), said("again", BEN))
    spent = place.queries.commands - before
    assert spent["insert"] == 20
    assert spent["find"] == 0


async def test_of_nodes_that_race_one_gets_in_whole_and_the_other_learns_all(
    store: MongoStore, other: MongoStore
) -> None:
    pen = Pen(HOME)
    await append(store, pen, created(ANN, BEN))
    for _ in range(10):
        mine, theirs = beside(pen), beside(pen)
        first, second = await asyncio.gather(
            append(store, mine, said("a"), said("b")),
            append(other, theirs, said("c"), said("d")),
        )
        assert sorted([first.count, second.count]) in ([0, 2], [1, 1])
        behind = first if first.stopped is not None else second
        assert isinstance(behind.stopped, Behind)
        records = await store.log.read(HOME, 0)
        assert [record.entry.seq for record in records] == list(range(1, len(records) + 1))
        assert list(behind.stopped.records) == records[pen.head + behind.count :]
        pen.back_to(records[-1].entry.seq, records[-1].entry.messages)


async def test_a_command_repeated_on_another_node_is_found(
    store: MongoStore, other: MongoStore
) -> None:
    pen = Pen(HOME)
    await append(store, pen, created(ANN), said("once", client_id="mine"))
    appended = await append(other, beside(pen), said("once", client_id="mine"))
    assert isinstance(appended.stopped, Duplicate)
    assert appended.stopped.record.entry.seq == 2


async def test_views_end_the_same_whoever_brings_them_forward(
    store: MongoStore, other: MongoStore
) -> None:
    pen = Pen(HOME)
    await append(store, pen, created(ANN, BEN), said("first"))
    for number, node in enumerate((other, store, other, store)):
        appended = await append(
            node,
            pen,
            said(str(number), BEN, mentions=(ANN,)),
            MessageEdited(actor_id=ANN, message_seq=2, body=f"edit {number}"),
            MemberJoined(actor_id=ANN, user_id=CAT, role="member"),
            MemberLeft(actor_id=CAT, user_id=CAT, reason="left"),
        )
        assert appended.stopped is None
    await asyncio.gather(store.views.flush(), other.views.flush())
    assert await store.log.load(HOME) == await other.log.load(HOME)
    (view,) = (await store.views.read([HOME])).values()
    assert (view.stored, view.member_count) == (pen.head, 2)
    head, messages = await other.log.messages(HOME, before=None, after=None, limit=10)
    assert (head, messages[0].body) == (pen.head, "edit 3")


async def test_a_reading_shows_what_a_dead_node_got_in_but_never_applied(
    store: MongoStore, other: MongoStore
) -> None:
    pen = Pen(HOME)
    await append(store, pen, created(ANN, BEN), said("secret"), said("typo"))
    await store.views.flush()
    left_behind = [
        MessageDeleted(actor_id=ANN, message_seq=2),
        MessageEdited(actor_id=ANN, message_seq=3, body="right"),
        MemberLeft(actor_id=BEN, user_id=BEN, reason="left"),
    ]
    await got_in_and_died(store, pen.records(*left_behind))
    _, messages = await other.log.messages(HOME, before=None, after=None, limit=10)
    assert [message.body for message in messages] == ["", "right"]
    assert BEN not in (await other.log.load(HOME)).members
    assert await other.conversations.memberships(BEN) == {}
    caught_up = await other.log.catch_up(BEN, {HOME: 3}, 10, 10_000)
    assert caught_up.lost == {HOME: 6}


async def got_in_and_died(store: MongoStore, records: list[Record]) -> None:
    """What is left of an append whose node died before it applied anything of it."""
    entries = [record.entry for record in records]
    await store.appending.announce(entries)
    count, stopped = await store.appending.insert(HOME, entries[0].seq - 1, records)
    assert (count, stopped) == (len(records), None)


async def test_a_deletion_whose_node_died_is_carried_out_by_another(
    store: MongoStore, other: MongoStore, place: Place
) -> None:
    pen = Pen(HOME)
    await append(store, pen, created(ANN), said("secret"))
    await got_in_and_died(store, pen.records(MessageDeleted(actor_id=ANN, message_seq=2)))
    await other.deletions.sweep()
    assert await bodies(place) == ["secret"]
    place.clock.advance(seconds=MINUTE)
    await other.deletions.sweep()
    assert await bodies(place) == [""]
    assert await jobs(place) == 0


async def test_a_deletion_that_never_got_in_is_waited_for_a_day(
    store: MongoStore, place: Place
) -> None:
    pen = Pen(HOME)
    await append(store, pen, created(ANN), said("kept"))
    (record,) = pen.records(MessageDeleted(actor_id=ANN, message_seq=2))
    await store.appending.announce([record.entry])
    place.clock.advance(seconds=23 * 60 * MINUTE)
    await store.deletions.sweep()
    assert await jobs(place) == 1
    place.clock.advance(seconds=2 * 60 * MINUTE)
    await store.deletions.sweep()
    assert await jobs(place) == 0
    assert await bodies(place) == ["kept"]


async def bodies(place: Place) -> list[str]:
    """What lies in the database of messages."""
    database = place.database()
    rows = await database.collection("entries").find({"conversation_id": HOME}).to_list()
    await database.close()
    return [row["body"] for row in rows if row["type"] == "message.new"]


async def jobs(place: Place) -> int:
    database = place.database()
    found = await database.collection("deletions").find({"since_ms": {"$gt": 0}}).to_list()
    await database.close()
    return len(found)


async def test_a_pointer_counts_again_once_its_entry_was_published(
    store: MongoStore, place: Place
) -> None:
    pen = Pen(HOME)
    records = pen.records(created(ANN, BEN))
    await store.log.append(HOME, 0, records)
    assert await pending(place) == 2
    for record in records:
        store.heard(record)
    await store._background.settled()
    assert await pending(place) == 0


async def test_a_pointer_stays_pending_whose_entry_lost_its_race(
    store: MongoStore, other: MongoStore, place: Place
) -> None:
    pen = Pen(HOME)
    records = pen.records(created(ANN))
    await store.log.append(HOME, 0, records)
    store.heard(records[0])
    await store._background.settled()
    late = beside(pen)
    await append(store, pen, said("first"))
    joining = late.records(MemberJoined(actor_id=ANN, user_id=BEN, role="member"))
    appended = await other.log.append(HOME, 1, joining)
    assert isinstance(appended.stopped, Behind)
    other.heard(joining[0])
    await other._background.settled()
    assert await pending(place) == 1
    assert await store.conversations.memberships(BEN) == {}


async def pending(place: Place) -> int:
    database = place.database()
    found = await database.collection("memberships").find({"conversation_id": HOME}).to_list()
    await database.close()
    return sum("pending" in document for document in found)


async def test_an_append_to_a_dead_database_is_answered_and_never_lost_in_silence(
    tmp_path: Path,
) -> None:
    server = a_server(tmp_path)
    place = Place(server.uri)
    database = place.database(Limits(operation_seconds=1, selection_seconds=0.2))
    store = await MongoStore.open(
        database, nodes=Nodes(database, "node"), clock=place.clock, random=secrets.token_bytes
    )
    pen = Pen(HOME)
    await append(store, pen, created(ANN))
    server.kill()
    appended = await append(store, pen, said("lost"))
    assert appended.count == 0
    assert isinstance(appended.stopped, Down | Unknown)  # as it was, or wasn't, on its way already
    pen.back_to(1, 0)
    appended = await append(store, pen, said("never sent"))
    assert (appended.count, appended.stopped) == (0, Down())
    server.start()
    pen.back_to(1, 0)
    async with asyncio.timeout(20):
        while (await append(store, pen, said("there"))).stopped is not None:
            pen.back_to(1, 0)
    records = await store.log.read(HOME, 0)
    assert [r.entry.body for r in records if isinstance(r.entry, MessageNew)] == ["there"]
    await store.close()
    server.kill()
