"""What `PreferenceStore` promises."""

import asyncio

from parley.model.ids import ConversationId
from parley.model.preferences import Preference
from tests.contracts.conftest import Store
from tests.support.pen import ANN, BEN

HOME, AWAY = ConversationId("home"), ConversationId("away")


async def test_what_was_never_set_may_be_absent(store: Store) -> None:
    assert await store.preferences.of(ANN, [HOME]) in ({}, {HOME: Preference()})


async def test_what_is_set_holds_and_is_answered(store: Store) -> None:
    answer = await store.preferences.change(ANN, HOME, muted=True, archived=None)
    assert answer == Preference(muted=True, archived=False)
    assert (await store.preferences.of(ANN, [HOME, AWAY]))[HOME] == answer


async def test_what_is_not_given_stays(store: Store) -> None:
    await store.preferences.change(ANN, HOME, muted=True, archived=None)
    answer = await store.preferences.change(ANN, HOME, muted=None, archived=True)
    assert answer == Preference(muted=True, archived=True)
    answer = await store.preferences.change(ANN, HOME, muted=False, archived=None)
    assert answer == Preference(muted=False, archived=True)


async def test_two_changes_at_once_both_hold(store: Store) -> None:
    await asyncio.gather(
        store.preferences.change(ANN, HOME, muted=True, archived=None),
        store.preferences.change(ANN, HOME, muted=None, archived=True),
    )
    assert (await store.preferences.of(ANN, [HOME]))[HOME] == Preference(True, True)


async def test_each_person_and_conversation_has_its_own(store: Store) -> None:
    await store.preferences.change(ANN, HOME, muted=True, archived=None)
    unset = [await store.preferences.of(BEN, [HOME]), await store.preferences.of(ANN, [AWAY])]
    assert all(set(found.values()) <= {Preference()} for found in unset)
