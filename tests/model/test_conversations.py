"""State is apply over the log."""

import msgspec

from parley.model.conversations import Member, apply, fold, summary
from parley.model.entries import (
    Changes,
    ConversationChanged,
    ConversationCreated,
    ConversationDeleted,
    Entry,
    FirstMember,
    MemberChanged,
    MemberJoined,
    MemberLeft,
    MessageNew,
    MessagePinned,
    MessageUnpinned,
)
from parley.model.ids import ConversationId, UserId
from parley.model.instants import timestamp

HOME = ConversationId("home")
ANN, BEN, CAT = UserId("ann"), UserId("ben"), UserId("cat")


def numbered(*entries: Entry) -> list[Entry]:
    stamped = []
    messages = 0
    for seq, entry in enumerate(entries, 1):
        messages += isinstance(entry, MessageNew)
        stamped.append(
            msgspec.structs.replace(
                entry, conversation_id=HOME, seq=seq, at=timestamp(seq), messages=messages
            )
        )
    return stamped


def created(kind: str = "group") -> ConversationCreated:
    return ConversationCreated(
        actor_id=ANN,
        kind=kind,
        name="Home",
        members=(FirstMember(ANN, "owner"), FirstMember(BEN, "member")),
    )


def test_a_conversation_without_entries_does_not_exist() -> None:
    assert not fold(HOME, []).exists


def test_the_first_entry_carries_the_first_members() -> None:
    state = fold(HOME, numbered(created()))
    assert state.members == {ANN: Member("owner", 1), BEN: Member("member", 1)}
    assert (state.kind, state.name, state.head, state.messages) == ("group", "Home", 1, 0)


def test_messages_count_only_messages() -> None:
    state = fold(
        HOME,
        numbered(
            created(),
            MessageNew(actor_id=ANN, body="a"),
            MemberJoined(actor_id=ANN, user_id=CAT, role="guest"),
            MessageNew(actor_id=ANN, body="b"),
        ),
    )
    assert (state.head, state.messages) == (4, 2)
    assert state.members[CAT] == Member("guest", 3)


def test_ownership_passes_with_the_entry_that_says_so() -> None:
    state = fold(
        HOME,
        numbered(created(), MemberLeft(actor_id=ANN, user_id=ANN, reason="left", owner_id=BEN)),
    )
    assert state.members == {BEN: Member("owner", 1)}


def test_the_last_member_leaving_deletes_a_group_but_not_a_room() -> None:
    out = [
        MemberLeft(actor_id=BEN, user_id=BEN, reason="left"),
        MemberLeft(actor_id=ANN, user_id=ANN, reason="left"),
    ]
    assert not fold(HOME, numbered(created(), *out)).exists
    assert fold(HOME, numbered(created("room"), *out)).exists


def test_a_role_is_changed_in_place() -> None:
    state = fold(HOME, numbered(created(), MemberChanged(actor_id=ANN, user_id=BEN, role="admin")))
    assert state.members[BEN] == Member("admin", 1)


def test_an_owner_who_makes_another_one_owner_is_an_admin() -> None:
    state = fold(HOME, numbered(created(), MemberChanged(actor_id=ANN, user_id=BEN, role="owner")))
    assert state.members == {ANN: Member("admin", 1), BEN: Member("owner", 1)}


def test_an_owner_stays_one_where_the_other_is_no_member() -> None:
    state = fold(HOME, numbered(created(), MemberChanged(actor_id=ANN, user_id=CAT, role="owner")))
    assert state.role(ANN) == "owner"


def test_a_change_sets_what_it_names_and_leaves_the_rest() -> None:
    state = fold(
        HOME,
        numbered(created(), ConversationChanged(actor_id=ANN, changes=Changes(topic="tea"))),
    )
    assert (state.name, state.topic) == ("Home", "tea")


def test_pins_come_and_go() -> None:
    log = numbered(
        created(),
        MessageNew(actor_id=ANN, body="a"),
        MessagePinned(actor_id=BEN, message_seq=2),
        MessageUnpinned(actor_id=ANN, message_seq=2),
    )
    assert fold(HOME, log[:3]).pins == {2: BEN}
    assert fold(HOME, log).pins == {}


def test_nobody_is_in_a_deleted_conversation() -> None:
    state = fold(HOME, numbered(created(), ConversationDeleted(actor_id=ANN)))
    assert not state.exists
    assert not state.members


def test_an_overlay_takes_entries_without_touching_its_base() -> None:
    log = numbered(
        created(),
        MemberJoined(actor_id=ANN, user_id=CAT, role="member"),
        MemberLeft(actor_id=ANN, user_id=BEN, reason="removed"),
    )
    base = fold(HOME, log[:1])
    overlay = base.overlay()
    for entry in log[1:]:
        apply(overlay, entry)
    assert set(overlay.members) == {ANN, CAT}
    assert set(base.members) == {ANN, BEN}
    assert overlay == fold(HOME, log)


def test_a_summary_names_the_people_of_a_direct_conversation_only() -> None:
    assert summary(fold(HOME, numbered(created("direct"))), ANN).user_ids == (ANN, BEN)
    assert summary(fold(HOME, numbered(created())), ANN).user_ids == ()
