"""Where somebody stands, from their mark and from what they did."""

from hypothesis import given
from hypothesis import strategies as st

from parley.model.marks import Mark, Point, position, read_up_to, unread_after

points = st.integers(0, 20).flatmap(lambda seq: st.builds(Point, st.just(seq), st.just(seq // 2)))
marks = st.builds(read_up_to, points)


def test_nobody_has_to_read_what_they_wrote() -> None:
    assert position(read_up_to(Point(3, 2)), [Point(7, 5)]) == Point(7, 5)


def test_a_mark_further_on_than_ones_own_message_counts() -> None:
    assert position(read_up_to(Point(9, 6)), [Point(7, 5)]) == Point(9, 6)


def test_who_did_nothing_stands_at_the_beginning() -> None:
    assert position(Mark(), []) == Point(0, 0)


def test_what_was_written_before_marking_as_unread_counts_no_longer() -> None:
    mark = read_up_to(Point(9, 6)).rewound(unread_after(Point(3, 2), head=9))
    assert position(mark, [Point(2, 1), Point(8, 5)]) == Point(3, 2)
    assert position(mark, [Point(10, 7)]) == Point(10, 7)


def test_others_see_no_marking_as_unread() -> None:
    mark = read_up_to(Point(9, 6)).rewound(unread_after(Point(3, 2), head=9))
    assert (mark.read, mark.seen, mark.delivered) == (3, 9, 9)


@given(st.lists(marks, min_size=1, max_size=5), st.randoms())
def test_the_order_in_which_marks_arrive_is_all_the_same(found: list[Mark], random) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    ends = []
    for order in (found, shuffled):
        end = Mark()
        for mark in order:
            end = end.joined(mark)
        ends.append(end)
    assert ends[0] == ends[1] == max(found, key=lambda mark: mark.read)


@given(marks, marks, st.integers(0, 20))
def test_reading_is_receiving_whatever_comes(first: Mark, second: Mark, received: int) -> None:
    mark = first.joined(Mark(delivered=received)).rewound(second)
    assert mark.read <= mark.seen <= mark.delivered
    assert mark.messages <= mark.read
