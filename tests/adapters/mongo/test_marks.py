"""Marks on a database that others write to while how somebody stands is read from several places of it."""

from collections.abc import Sequence

import pytest

from parley.adapters.mongo.inside import Presented
from parley.adapters.mongo.store import MongoStore
from parley.model.ids import ConversationId, UserId
from parley.model.marks import Point, Standing, read_up_to
from parley.ports.marks import Move
from tests.adapters.mongo.test_log import HOME, append
from tests.support.pen import ANN, BEN, Pen, created, said


async def test_who_reads_on_while_that_is_read_has_nothing_unread(
    store: MongoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pen = Pen(HOME)
    await append(store, pen, created(ANN, BEN), said("one"))
    inside = store.marks._inside
    presented = inside.presented

    async def slowly(
        user_id: UserId, ids: Sequence[ConversationId]
    ) -> dict[ConversationId, Presented]:
        found = await presented(user_id, ids)
        await append(store, pen, said("two"))
        await store.marks.advance([Move(HOME, BEN, read_up_to(Point(3, 2)))])
        return found

    monkeypatch.setattr(inside, "presented", slowly)
    standings = await store.marks.standings(BEN, [HOME])
    assert standings[HOME] == Standing(
        conversation_id=HOME, head=3, delivered=3, read=3, unread=0, mentions=0
    )
