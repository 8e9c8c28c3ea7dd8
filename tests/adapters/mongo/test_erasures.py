"""Erasures on a database of several nodes, each of which may die between an entry and what follows it."""

import secrets

from parley.adapters.memory.bus import MemoryBus
from parley.adapters.mongo.store import MongoStore
from parley.journal.journal import Journal
from parley.model.entries import MemberLeft, MessageEdited
from parley.model.ids import UserId
from parley.ports.background import Background
from parley.services.erasures import ERASED, SETTLED_MS, Erasures
from tests.adapters.mongo.conftest import Place
from tests.adapters.mongo.test_log import HOME, append, bodies, got_in_and_died
from tests.support.pen import ANN, BEN, CAT, Pen, created, said


class Another:
    """A node that finds an erasure begun."""

    def __init__(self, store: MongoStore, place: Place) -> None:
        self._store = store
        self._clock = place.clock
        self._background = Background()
        bus = MemoryBus()
        self.journal = Journal(
            log=store.log,
            bus=bus,
            clock=place.clock,
            random=secrets.token_bytes,
            spawn=self._background.spawn,
            identity=store.identity,
        )
        bus.subscribe(on_record=self.journal.on_record)
        bus.subscribe(on_record=store.heard)
        self._erasures = Erasures(
            erasures=store.erasures,
            journal=self.journal,
            log=store.log,
            conversations=store.conversations,
            require_password=_nobody_asks,
            end_sessions=self._end_sessions,
            clock=place.clock,
            spawn=self._background.spawn,
        )

    async def carry_out(self, user_id: UserId) -> None:
        now_ms = self._clock.now_ms()
        await self._store.erasures.begin(user_id, now_ms, now_ms)
        for _ in range(2):
            await self._erasures.carry_on()
            self._clock.advance(seconds=SETTLED_MS / 1000)
        await self._background.settled()
        assert await self._store.erasures.pending() == []

    async def _end_sessions(self, user_id: UserId) -> None:
        await self._store.sessions.remove_all(user_id)


async def _nobody_asks(*_: object) -> None:
    raise AssertionError


async def test_what_a_node_that_died_left_of_an_erasure_is_emptied(
    store: MongoStore, other: MongoStore, place: Place
) -> None:
    pen = Pen(HOME)
    await append(store, pen, created(ANN, BEN, CAT), said("secret", BEN, mentions=(CAT,)))
    left_behind = [
        MessageEdited(actor_id=BEN, message_seq=2, body="another secret", mentions=(CAT,)),
        MemberLeft(actor_id=BEN, user_id=BEN, reason="erased", client_id=ERASED),
    ]
    await got_in_and_died(store, pen.records(*left_behind))
    await Another(other, place).carry_out(BEN)
    assert await bodies(place) == [""]
    database = place.database()
    rows = await database.collection("entries").find({"conversation_id": HOME}).to_list()
    assert "secret" not in repr(rows)
    assert await database.collection("mentions").find({"user_id": CAT}).to_list() == []
    await database.close()


async def test_who_was_brought_in_by_a_node_that_died_then_is_erased_there(
    store: MongoStore, other: MongoStore, place: Place
) -> None:
    await got_in_and_died(store, Pen(HOME).records(created(ANN, BEN)))
    another = Another(other, place)
    await another.carry_out(BEN)
    assert set((await another.journal.state(HOME)).members) == {ANN}
