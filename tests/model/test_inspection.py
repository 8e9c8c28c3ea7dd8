"""A log told again."""

from msgspec.structs import replace

from parley.model.entries import MemberLeft, MessageDeleted, MessageEdited
from parley.model.ids import ConversationId
from parley.model.inspection import MOST_A_LOG, Retold
from parley.model.marks import Mark
from tests.support.pen import ANN, BEN, Pen, created, said


def no_digest(*_command: object) -> bytes:
    raise AssertionError("no digest is kept with these")


def retold(*entries, settled: int = 99) -> Retold:
    telling = Retold(ConversationId("home"), no_digest)
    for record in Pen("home").records(*entries):
        telling.take(record.entry, None)
    telling.end(settled)
    return telling


def test_a_client_id_that_one_person_used_twice_is_found() -> None:
    twice = retold(created(ANN, BEN), said("one", client_id="c"), said("two", client_id="c"))
    assert [fault.kind for fault in twice.faults] == ["client_id_twice"]
    others = retold(
        created(ANN, BEN), said("one", client_id="c"), said("two", by=BEN, client_id="c")
    )
    assert others.faults == []


def test_what_is_not_read_is_counted_as_stores_count_it() -> None:
    telling = retold(created(ANN, BEN), said("one"), said("two, @ben", mentions=(BEN,)), said("x"))
    standing = telling.standing(BEN, Mark(delivered=2, read=2, messages=1, seen=2))
    assert (standing.read, standing.unread, standing.mentions) == (2, 2, 1)
    assert telling.standing(ANN, Mark()).unread == 0


def test_what_was_changed_while_it_was_read_may_look_as_before() -> None:
    entries = [created(ANN, BEN), said("one"), said("two"), said("three", by=BEN)]
    edit = MessageEdited(actor_id=ANN, message_seq=2, body="none")
    deletion = MessageDeleted(actor_id=ANN, message_seq=3)
    erasure = MemberLeft(actor_id=BEN, user_id=BEN, reason="erased")
    entries += [edit, deletion, erasure]
    assert [fault.seq for fault in retold(*entries).faults] == [2, 3, 4]
    assert [fault.seq for fault in retold(*entries, settled=5).faults] == [2]
    assert retold(*entries, settled=4).faults == []


def test_of_a_log_that_is_wrong_all_over_only_so_many_faults_are_told() -> None:
    telling = Retold(ConversationId("home"), no_digest)
    (record,) = Pen("home").records(said("no creation"))
    for number in range(1, 100):
        telling.take(replace(record.entry, seq=number), None)
    assert len(telling.faults) == MOST_A_LOG
