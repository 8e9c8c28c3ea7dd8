"""What `RoomStore` promises."""

import asyncio

from parley.model.entries import (
    Changes,
    ConversationChanged,
    ConversationDeleted,
    MemberJoined,
    MemberLeft,
)
from parley.model.ids import ConversationId
from parley.ports.rooms import Claim
from tests.contracts.conftest import NewPen, Store
from tests.support.pen import ANN, BEN, CAT, Pen, created


def claim(of: str, token: str, *, name: str = "hall", claimed_ms: int = 5) -> Claim:
    return Claim(name, ConversationId(of), claimed_ms, token)


async def test_a_free_name_is_claimed(store: Store) -> None:
    mine = claim("a", "1")
    assert await store.rooms.claim(mine) == mine
    assert await store.rooms.claimed("hall") == mine
    assert await store.rooms.claimed("attic") is None


async def test_a_claimed_name_stays_who_had_it_first(store: Store) -> None:
    first = await store.rooms.claim(claim("a", "1"))
    assert await store.rooms.claim(claim("b", "2")) == first
    assert await store.rooms.claimed("hall") == first


async def test_a_conversation_renews_its_own_claim(store: Store) -> None:
    await store.rooms.claim(claim("a", "1"))
    again = claim("a", "2", claimed_ms=9)
    assert await store.rooms.claim(again) == again
    assert await store.rooms.claimed("hall") == again


async def test_one_of_many_claims_at_once_stands_and_all_are_told_which(store: Store) -> None:
    claims = [claim(name, f"of {name}") for name in "abcdef"]
    told = await asyncio.gather(*(store.rooms.claim(one) for one in claims))
    assert len({one.token for one in told}) == 1
    assert told[0] in claims


async def test_a_claim_that_still_stands_is_taken_over_once(store: Store) -> None:
    standing = await store.rooms.claim(claim("a", "1"))
    rivals = [claim("b", "2"), claim("c", "3")]
    won = await asyncio.gather(*(store.rooms.take_over(standing, one) for one in rivals))
    assert sorted(won) == [False, True]
    assert await store.rooms.claimed("hall") == rivals[won.index(True)]


async def test_a_claim_that_was_renewed_is_not_taken_over(store: Store) -> None:
    seen = await store.rooms.claim(claim("a", "1"))
    renewed = await store.rooms.claim(claim("a", "2"))
    assert not await store.rooms.take_over(seen, claim("b", "3"))
    assert await store.rooms.claimed("hall") == renewed


async def test_a_name_that_was_freed_is_not_taken_over(store: Store) -> None:
    standing = await store.rooms.claim(claim("a", "1"))
    await store.rooms.release(standing)
    assert not await store.rooms.take_over(standing, claim("b", "2"))
    assert await store.rooms.claimed("hall") is None


async def test_a_released_name_is_free(store: Store) -> None:
    await store.rooms.release(await store.rooms.claim(claim("a", "1")))
    other = claim("b", "2")
    assert await store.rooms.claim(other) == other


async def test_only_the_claim_that_was_seen_is_released(store: Store) -> None:
    seen = await store.rooms.claim(claim("a", "1"))
    renewed = await store.rooms.claim(claim("a", "2"))
    await store.rooms.release(seen)
    assert await store.rooms.claimed("hall") == renewed


async def names(store: Store, query: str = "", after: str = "", limit: int = 50) -> list[str]:
    return [room.name for room in await store.rooms.page(query, after, limit)]


async def test_the_directory_has_rooms_and_nothing_else_in_order_of_names(
    store: Store, new_pen: NewPen
) -> None:
    for name in ("birds", "Ants", "ÉCLAIRS"):
        await store.write(new_pen(), created(ANN, kind="room", name=name))
    await store.write(new_pen(), created(ANN, name="a group"))
    await store.write(new_pen(), created(ANN, BEN, kind="direct"))
    assert await names(store) == ["Ants", "birds", "ÉCLAIRS"]


async def test_a_room_is_shown_as_it_is_now(store: Store, pen: Pen) -> None:
    changes = Changes(name="Attic", topic="tea", avatar="m", data={"a": [1]})
    await store.write(
        pen,
        created(ANN, kind="room", name="Hall"),
        ConversationChanged(actor_id=ANN, changes=changes),
    )
    (room,) = await store.rooms.page("", "", 9)
    state = await store.state(pen)
    assert (room.conversation_id, room.name) == (pen.conversation_id, "Attic")
    assert (room.topic, room.avatar, room.data) == ("tea", "m", {"a": [1]})
    assert (room.created_at, room.member_count) == (state.created_at, 1)


async def test_a_renamed_room_is_found_by_its_new_name_alone(store: Store, pen: Pen) -> None:
    renamed = ConversationChanged(actor_id=ANN, changes=Changes(name="Attic"))
    await store.write(pen, created(ANN, kind="room", name="Hall"), renamed)
    assert await names(store, "hall") == []
    assert await names(store, "attic") == ["Attic"]


async def test_rooms_are_found_by_words_in_any_case(store: Store, new_pen: NewPen) -> None:
    for name in ("Tea Room", "Coffee  Tearoom", "Mate", "100% Tea_"):
        await store.write(new_pen(), created(ANN, kind="room", name=name))
    assert await names(store, "TEA") == ["100% Tea_", "Coffee  Tearoom", "Tea Room"]
    assert await names(store, "coffee tea") == ["Coffee  Tearoom"]
    assert await names(store, "%") == []
    assert await names(store, "oom") == []
    assert await names(store, "tea\0") == []


async def test_the_directory_comes_in_pages(store: Store, new_pen: NewPen) -> None:
    for number in range(5):
        await store.write(new_pen(), created(ANN, kind="room", name=f"Room {number}"))
    first = await store.rooms.page("room", "", 2)
    after = f"{first[-1].name.lower()} {first[-1].conversation_id}"
    assert [room.name for room in first] == ["Room 0", "Room 1"]
    assert await names(store, "room", after) == ["Room 2", "Room 3", "Room 4"]


async def test_members_are_counted_as_they_come_and_go(store: Store, pen: Pen) -> None:
    async def count() -> int:
        return (await store.rooms.page("", "", 1))[0].member_count

    await store.write(pen, created(ANN, BEN, kind="room", name="Hall"))
    assert await count() == 2
    joining = MemberJoined(actor_id=CAT, user_id=CAT, role="member")
    await store.write(pen, joining, joining)
    assert await count() == 3
    for user_id in (ANN, BEN, CAT, CAT):
        await store.write(pen, MemberLeft(actor_id=user_id, user_id=user_id, reason="left"))
    assert await count() == 0


async def test_a_deleted_room_is_not_in_the_directory(store: Store, pen: Pen) -> None:
    await store.write(
        pen, created(ANN, BEN, kind="room", name="Hall"), ConversationDeleted(actor_id=ANN)
    )
    assert await names(store) == []
