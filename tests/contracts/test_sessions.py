"""What `SessionStore` promises."""

import asyncio

from msgspec.structs import replace

from parley.model.ids import SessionId, UserId
from parley.model.sessions import Session
from tests.contracts.conftest import Store
from tests.support.pen import ANN, BEN


def session(name: str, user_id: UserId = ANN, *, used_ms: int = 5, expires_ms: int = 9) -> Session:
    return Session(
        session_id=SessionId(name),
        user_id=user_id,
        device="Firefox — ünïcode",
        address="::1",
        created_ms=1,
        used_ms=used_ms,
        expires_ms=expires_ms,
        key=b"\0\xff key",
        current=b"one",
    )


async def test_what_is_created_is_there(store: Store) -> None:
    await store.sessions.create(session("s"))
    assert await store.sessions.get(SessionId("s")) == session("s")
    assert await store.sessions.get(SessionId("t")) is None


async def test_a_session_is_replaced(store: Store) -> None:
    before = session("s")
    await store.sessions.create(before)
    after = replace(
        before, key=b"another", current=b"two", previous=b"one", rotated_ms=7, used_ms=7
    )
    assert await store.sessions.replace(before, after) is True
    assert await store.sessions.get(before.session_id) == after


async def test_of_two_replacements_one_wins(store: Store) -> None:
    before = session("s")
    await store.sessions.create(before)
    outcomes = await asyncio.gather(
        *(
            store.sessions.replace(before, replace(before, current=name))
            for name in (b"two", b"three")
        )
    )
    assert sorted(outcomes) == [False, True]


async def test_a_revoked_session_is_not_replaced(store: Store) -> None:
    before = session("s")
    await store.sessions.create(before)
    await store.sessions.revoke(before.session_id)
    assert await store.sessions.replace(before, replace(before, current=b"two")) is False
    assert await store.sessions.get(before.session_id) == replace(before, revoked=True)


async def test_a_session_that_is_not_there_is_not_replaced(store: Store) -> None:
    assert await store.sessions.replace(session("s"), session("s")) is False
    assert await store.sessions.get(SessionId("s")) is None


async def test_a_session_is_revoked_once(store: Store) -> None:
    await store.sessions.create(session("s"))
    assert await store.sessions.revoke(SessionId("s")) is True
    assert await store.sessions.revoke(SessionId("s")) is False
    assert await store.sessions.revoke(SessionId("t")) is False


async def test_the_sessions_of_a_person_latest_used_first(store: Store) -> None:
    older, newer, ended = session("a", used_ms=1), session("b", used_ms=2), session("c")
    for one in (older, newer, ended, session("d", BEN)):
        await store.sessions.create(one)
    await store.sessions.revoke(ended.session_id)
    assert await store.sessions.of(ANN) == [newer, older]


async def test_all_sessions_of_a_person_end_but_one_and_nobody_elses(store: Store) -> None:
    for one in (session("a"), session("b"), session("c"), session("d", BEN)):
        await store.sessions.create(one)
    await store.sessions.revoke(SessionId("c"))
    assert await store.sessions.revoke_all(ANN, SessionId("a")) == ["b"]
    assert [one.session_id for one in await store.sessions.of(ANN)] == ["a"]
    assert [one.session_id for one in await store.sessions.of(BEN)] == ["d"]
    assert await store.sessions.revoke_all(ANN) == ["a"]
    assert await store.sessions.revoke_all(ANN) == []


async def test_of_two_who_end_all_sessions_at_once_each_session_is_ended_by_one(
    store: Store,
) -> None:
    for name in "abcd":
        await store.sessions.create(session(name))
    both = await asyncio.gather(store.sessions.revoke_all(ANN), store.sessions.revoke_all(ANN))
    assert sorted(both[0] + both[1]) == ["a", "b", "c", "d"]


async def test_the_sessions_of_a_person_are_removed_ended_ones_too(store: Store) -> None:
    for one in (session("a"), session("b"), session("c", BEN)):
        await store.sessions.create(one)
    await store.sessions.revoke(SessionId("b"))
    assert sorted(await store.sessions.remove_all(ANN)) == ["a", "b"]
    assert await store.sessions.get(SessionId("a")) is None
    assert await store.sessions.get(SessionId("b")) is None
    assert await store.sessions.get(SessionId("c")) == session("c", BEN)


async def test_a_sweep_takes_what_expired_before(store: Store) -> None:
    for name, expires_ms in (("a", 4), ("b", 5), ("c", 6)):
        await store.sessions.create(session(name, expires_ms=expires_ms))
    assert await store.sessions.sweep(5) == 1
    assert await store.sessions.get(SessionId("a")) is None
    assert await store.sessions.get(SessionId("b")) == session("b", expires_ms=5)
