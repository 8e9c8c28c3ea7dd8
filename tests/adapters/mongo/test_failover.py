"""What the store concludes from each answer that a replica set gives in its bad moments, as MongoDB documents them."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator

import pytest
from pymongo.errors import WaitQueueTimeoutError

from parley.adapters.mongo.client import Limits
from parley.adapters.mongo.nodes import Nodes
from parley.adapters.mongo.store import MongoStore
from parley.model.accounts import Account
from parley.model.entries import MemberJoined, MessageDeleted, MessageNew
from parley.model.errors import Unavailable
from parley.model.ids import ConversationId
from parley.model.instants import BEGINNING
from parley.ports.log import Appended, Behind, Down, Duplicate, Unknown
from tests.adapters.mongo.conftest import Place
from tests.support.mongodb import a_server
from tests.support.mongodb_front import Document, Front, Held, altered, answered, cut, lost
from tests.support.pen import ANN, BEN, Pen, created, said

HOME, SHED = ConversationId("home"), ConversationId("shed")
BRIEFLY = Limits(operation_seconds=6, selection_seconds=3)


def refusal(code: int, name: str, *labels: str) -> Document:
    """A command that was refused as a whole."""
    document = {"ok": 0.0, "code": code, "codeName": name, "errmsg": name}
    return {**document, "errorLabels": list(labels)} if labels else document


RETRYABLE = "RetryableWriteError"
NOT_PRIMARY = refusal(10107, "NotWritablePrimary", RETRYABLE)
PASSING = [
    NOT_PRIMARY,
    refusal(189, "PrimarySteppedDown", RETRYABLE),
    refusal(91, "ShutdownInProgress", RETRYABLE),
    refusal(11600, "InterruptedAtShutdown", RETRYABLE),
    refusal(11602, "InterruptedDueToReplStateChange", RETRYABLE),
]
UNEXPLAINED = [
    refusal(11601, "Interrupted"),
    refusal(50, "MaxTimeMSExpired"),
    refusal(8000, "AtlasError"),
]
NO_MAJORITY = {
    "code": 64,
    "codeName": "WriteConcernFailed",
    "errmsg": "waiting for replication timed out",
    "errInfo": {"wtimeout": True},
}


def named(reply: Document) -> str:
    return str(reply["codeName"])


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a FerretDB, also where a MongoDB is given: that one has failures of its own."""
    server = a_server(tmp_path_factory.mktemp("ferretdb"))
    yield server.port
    server.kill()


@pytest.fixture
async def front(behind: int) -> AsyncIterator[Front]:
    async with Front(behind) as front:
        yield front


@pytest.fixture
async def store(front: Front) -> AsyncIterator[MongoStore]:
    place = Place(front.uri)
    database = place.database(BRIEFLY)
    opened = await MongoStore.open(
        database, nodes=Nodes(database, "node"), clock=place.clock, random=secrets.token_bytes
    )
    yield opened
    await opened.close()


@pytest.fixture
async def pen(store: MongoStore) -> Pen:
    """A conversation with Ann in it."""
    pen = Pen(HOME)
    await append(store, pen, created(ANN))
    return pen


async def append(store: MongoStore, pen: Pen, *entries: object) -> Appended:
    after = pen.head
    records = pen.records(*entries)
    appended = await store.log.append(pen.conversation_id, after, records)
    for record in records[: appended.count]:
        store.heard(record)
    return appended


async def texts(store: MongoStore, conversation_id: ConversationId = HOME) -> list[str]:
    records = await store.log.read(conversation_id, 0)
    assert [record.entry.seq for record in records] == list(range(1, len(records) + 1))
    return [record.entry.body for record in records if isinstance(record.entry, MessageNew)]


# --- what passes: the driver repeats it under the same number, and it is in once ------------------------------------


@pytest.mark.parametrize("reply", PASSING, ids=named)
async def test_a_primary_that_steps_down_before_the_insert_costs_a_repetition(
    front: Front, store: MongoStore, pen: Pen, reply: Document
) -> None:
    front.next("insert entries", answered(reply))
    appended = await append(store, pen, said("once"))
    assert (appended.count, appended.stopped) == (1, None)
    assert await texts(store) == ["once"]


async def test_a_primary_that_steps_down_after_the_insert_puts_it_in_once(
    front: Front, store: MongoStore, pen: Pen
) -> None:
    """It is in, and may be rolled back: the repetition is answered by the one who has it."""

    async def stepped_down(forward: object) -> Document:
        await forward()
        return NOT_PRIMARY

    front.next("insert entries", stepped_down)
    appended = await append(store, pen, said("once"))
    assert (appended.count, appended.stopped) == (1, None)
    assert await texts(store) == ["once"]


async def test_a_connection_that_breaks_after_the_insert_puts_it_in_once(
    front: Front, store: MongoStore, pen: Pen
) -> None:
    before = front.asked["insert entries"]
    front.next("insert entries", lost)
    appended = await append(store, pen, said("once"))
    assert (appended.count, appended.stopped) == (1, None)
    assert front.asked["insert entries"] == before + 2
    assert await texts(store) == ["once"]


# --- what can't be known ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("reply", UNEXPLAINED, ids=named)
async def test_a_refusal_that_says_nothing_of_the_outcome_leaves_it_unknown(
    front: Front, store: MongoStore, pen: Pen, reply: Document
) -> None:
    front.next("insert entries", answered(reply))
    assert await append(store, pen, said("who knows")) == Appended(0, (), Unknown())


async def test_what_was_written_and_no_majority_acknowledged_is_unknown(
    front: Front, store: MongoStore, pen: Pen
) -> None:
    front.next("insert entries", altered(writeConcernError=NO_MAJORITY))
    appended = await append(store, pen, said("perhaps"))
    assert appended == Appended(0, (), Unknown())
    assert await texts(store) == ["perhaps"]  # as it turns out: this time it lasted


async def test_a_part_of_a_bulk_that_no_majority_acknowledged_is_unknown(
    front: Front, store: MongoStore, pen: Pen
) -> None:
    await append(store, pen, said("first"))
    pen.back_to(1, 0)
    front.next("insert entries", altered(writeConcernError=NO_MAJORITY))
    appended = await append(store, pen, said("not first"), said("second"))
    assert appended == Appended(0, (), Unknown())
    assert await texts(store) == ["first"]


async def test_nobody_who_waits_in_the_same_insert_is_told_what_no_majority_has(
    front: Front, store: MongoStore, pen: Pen
) -> None:
    shed = Pen(SHED)
    await append(store, shed, created(BEN))
    front.next("insert entries", altered(writeConcernError=NO_MAJORITY))
    both = await asyncio.gather(
        append(store, pen, said("here")), append(store, shed, said("there"))
    )
    assert both == [Appended(0, (), Unknown())] * 2


async def test_an_insert_that_lands_late_is_met_as_one_of_somebody_else(
    front: Front, store: MongoStore, pen: Pen
) -> None:
    held = Held()
    front.next("insert entries", held)
    front.always("insert entries", cut)
    late = pen.records(said("late", client_id="mine"))
    appended = await store.log.append(HOME, 1, late)
    assert appended == Appended(0, (), Unknown())
    front.always("insert entries", None)
    assert await texts(store) == []
    await held.land()
    pen.back_to(1, 0)
    again = await append(store, pen, said("late", client_id="mine"))
    assert isinstance(again.stopped, Behind)
    assert [record.entry.client_id for record in again.stopped.records] == ["mine"]
    twice = await append(store, pen, said("late", client_id="mine"))
    assert isinstance(twice.stopped, Duplicate)


async def test_a_database_that_goes_in_the_middle_of_an_insert_leaves_it_unknown(
    front: Front, store: MongoStore, pen: Pen
) -> None:
    """And not `Down`, though what the driver found at last was that there is no server: it had been sent."""
    front.always("insert entries", lost)
    front.always("hello", cut)
    front.always("ismaster", cut)
    assert await append(store, pen, said("perhaps")) == Appended(0, (), Unknown())
    for command in ("insert entries", "hello", "ismaster"):
        front.always(command, None)


async def test_a_repetition_that_finds_no_free_connection_leaves_it_unknown(
    store: MongoStore, pen: Pen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver names the last of its troubles, which says nothing of the first attempt."""

    async def no_connection(*_: object, **__: object) -> None:
        raise WaitQueueTimeoutError

    monkeypatch.setattr(store.appending._inserts._rows, "insert_many", no_connection)
    assert await append(store, pen, said("perhaps")) == Appended(0, (), Unknown())


async def test_without_a_majority_nothing_is_announced_and_so_nothing_appended(
    front: Front, store: MongoStore, pen: Pen
) -> None:
    before = front.asked["insert entries"]
    front.always("update memberships", altered(writeConcernError=NO_MAJORITY))
    joining = MemberJoined(actor_id=ANN, user_id=BEN, role="member")
    assert await append(store, pen, joining) == Appended(0, (), Down())
    pen.back_to(1, 0)
    front.always("update deletions", altered(writeConcernError=NO_MAJORITY))
    deleting = MessageDeleted(actor_id=ANN, message_seq=1)
    assert await append(store, pen, deleting) == Appended(0, (), Down())
    assert front.asked["insert entries"] == before


async def test_an_entry_whose_view_no_majority_has_is_not_answered(
    front: Front, store: MongoStore, pen: Pen
) -> None:
    front.next("update conversations", altered(writeConcernError=NO_MAJORITY))
    joining = MemberJoined(actor_id=ANN, user_id=BEN, role="member")
    assert await append(store, pen, joining) == Appended(0, (), Unknown())
    assert (
        BEN in (await store.log.load(HOME)).members
    )  # the log is asked, for Ben's pointer is pending
    assert await store.conversations.memberships(BEN) == {HOME: (2, 2)}


async def test_an_account_that_no_majority_has_was_not_made(
    front: Front, store: MongoStore
) -> None:
    front.next("insert accounts", altered(writeConcernError=NO_MAJORITY))
    with pytest.raises(Unavailable):
        await store.accounts.create(
            Account(
                user_id=ANN,
                username="ann",
                email=None,
                display_name="Ann",
                password_hash="hash",
                created_at=BEGINNING,
            )
        )


# --- who answers -----------------------------------------------------------------------------------------------


async def test_a_deposed_primary_is_not_believed(front: Front, store: MongoStore, pen: Pen) -> None:
    """It answers every ordinary reading with what it has; only a linearizable one it can't."""
    front.always("linearizable find", answered(refusal(10107, "NotWritablePrimary")))
    readings = (
        store.log.read(HOME, 0),
        store.log.load(HOME),
        store.log.messages(HOME, before=None, after=None, limit=10),
        store.log.messages_at(HOME, [1]),
        store.log.happenings(HOME, after=0, before=None, limit=10),
        store.log.find(HOME, ANN, "c"),
        store.log.catch_up(ANN, {}, 10, 1000),
        store.conversations.memberships(ANN),
        store.conversations.listed(ANN, kind=None, before=None, limit=10),
        store.marks.standings(ANN, [HOME]),
        store.acquaintances.partners(ANN),
    )
    found = await asyncio.gather(*readings, return_exceptions=True)
    assert [type(one) for one in found] == [Unavailable] * len(readings)
    front.always("linearizable find", None)
    assert await store.conversations.memberships(ANN) == {HOME: (1, 1)}


async def test_readings_of_one_moment_share_the_proof(front: Front, store: MongoStore) -> None:
    before = front.asked["linearizable find"]
    await asyncio.gather(*(store.log.load(HOME) for _ in range(50)))
    assert 1 <= front.asked["linearizable find"] - before <= 2
