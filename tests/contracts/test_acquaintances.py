"""What `Acquaintances` promises."""

from parley.model.entries import MemberJoined, MemberLeft, MessageDeleted
from tests.contracts.conftest import NewPen, Store
from tests.support.pen import ANN, BEN, CAT, Pen, created, said


async def test_a_direct_conversation_makes_partners_once_both_have_written(
    store: Store, pen: Pen
) -> None:
    await store.write(pen, created(ANN, BEN, kind="direct"), said("hello"), said("are you there?"))
    assert await store.acquaintances.partners(ANN) == set()
    assert await store.acquaintances.sharing(BEN, [ANN]) == set()
    await store.write(pen, said("yes", BEN))
    assert await store.acquaintances.partners(ANN) == {BEN}
    assert await store.acquaintances.partners(BEN) == {ANN}
    assert await store.acquaintances.sharing(BEN, [ANN, CAT]) == {ANN}


async def test_what_was_written_and_deleted_was_written(store: Store, pen: Pen) -> None:
    deletion = MessageDeleted(actor_id=BEN, message_seq=3)
    await store.write(pen, created(ANN, BEN, kind="direct"), said("a"), said("b", BEN), deletion)
    assert await store.acquaintances.partners(ANN) == {BEN}


async def test_notes_to_oneself_make_nobody_a_partner(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN, kind="direct"), said("note"))
    assert await store.acquaintances.partners(ANN) == set()
    assert await store.acquaintances.sharing(ANN, [ANN]) == set()


async def test_a_group_is_shared_by_its_members_but_makes_no_partners(
    store: Store, pen: Pen
) -> None:
    await store.write(pen, created(ANN, BEN), said("hello"), said("hello", BEN))
    assert await store.acquaintances.partners(ANN) == set()
    assert await store.acquaintances.sharing(ANN, [BEN, CAT]) == {BEN}
    assert await store.acquaintances.sharing(CAT, [ANN, BEN]) == set()
    assert await store.acquaintances.sharing(ANN, []) == set()


async def test_who_left_shares_it_no_more(store: Store, new_pen: NewPen) -> None:
    group, room = new_pen(), new_pen()
    await store.write(
        group, created(ANN, BEN), MemberLeft(actor_id=BEN, user_id=BEN, reason="left")
    )
    assert await store.acquaintances.sharing(ANN, [BEN]) == set()
    joining = MemberJoined(actor_id=BEN, user_id=BEN, role="member")
    await store.write(room, created(ANN, kind="room", name="Hall"), joining)
    assert await store.acquaintances.sharing(ANN, [BEN]) == {BEN}


async def test_people_whom_no_conversation_knows_know_nobody(store: Store) -> None:
    assert await store.acquaintances.partners(CAT) == set()
    assert await store.acquaintances.sharing(CAT, [ANN]) == set()
