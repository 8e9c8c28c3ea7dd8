"""A log told again."""

from msgspec.structs import replace

from parley.model.ids import ConversationId
from parley.model.inspection import MOST_A_LOG, Retold
from parley.model.marks import Mark
from tests.support.pen import ANN, BEN, Pen, created, said


def retold(*entries) -> Retold:
    telling = Retold(ConversationId("home"))
    for record in Pen("home").records(*entries):
        telling.take(record.entry)
    telling.end()
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


def test_of_a_log_that_is_wrong_all_over_only_so_many_faults_are_told() -> None:
    telling = Retold(ConversationId("home"))
    (record,) = Pen("home").records(said("no creation"))
    for number in range(1, 100):
        telling.take(replace(record.entry, seq=number))
    assert len(telling.faults) == MOST_A_LOG
