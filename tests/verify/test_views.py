"""What a device makes of pushes and of answers to catching up."""

import pytest

from parley.verify.history import Entry
from parley.verify.views import Page, Views
from tests.verify.histories import ANN, CAT, HOME, a_log, said


@pytest.fixture
def views() -> Views:
    """Cat's, who has caught up with nothing yet, on a connection that stands."""
    views = Views(CAT, now=lambda: 1.0)
    views.catching_up, views.seamless = False, True
    return views


def begun(views: Views) -> None:
    """She was brought in by entry 4."""
    assert not views.take(a_log()[3])


def test_pushes_follow_each_other(views: Views) -> None:
    begun(views)
    assert not views.take(a_log()[4])
    assert [one.seq for one in views.by_id[HOME].entries] == [4, 5]
    assert views.cursors() == {HOME: 5}


def test_what_is_there_already_is_dropped_and_yet_noted(views: Views) -> None:
    begun(views)
    views.connected()
    assert not views.take(a_log()[3])
    assert len(views.by_id[HOME].entries) == 1
    assert list(views.arrivals[HOME].seqs) == [4, 4]
    assert views.faults == []


@pytest.mark.parametrize("again", [3, 4])
def test_what_one_connection_brings_twice_is_a_fault(views: Views, again: int) -> None:
    """Stock clients show what they are sent, after a recovery too."""
    begun(views)
    views.take(a_log()[4])
    views.seamless = False
    assert not views.take(a_log()[again])
    (fault,) = views.faults
    assert fault.startswith(f"one connection brought #{again + 1} ")


def test_a_jump_asks_to_catch_up_and_is_a_fault_of_a_whole_connection(views: Views) -> None:
    begun(views)
    assert views.take(a_log()[5])
    assert len(views.faults) == 1
    assert views.cursors() == {HOME: 4}


def test_what_nobody_told_the_device_of_is_a_fault_in_the_end(views: Views) -> None:
    assert views.take(a_log()[4])
    views.conclude()
    (fault,) = views.faults
    assert "which this device was not told of" in fault


def test_what_came_before_a_leaving_that_was_read_already_is_none(views: Views) -> None:
    """A log may be read before its entries are pushed: who has left by then is not told of the conversation."""
    assert views.take(a_log()[5])
    assert not views.take(a_log()[7])
    views.conclude()
    assert views.faults == []


def test_a_recovered_device_may_hear_of_its_leaving_alone(views: Views) -> None:
    begun(views)
    views.recovered = True
    assert not views.take(a_log()[7])
    assert (views.by_id[HOME].left, views.faults) == (True, [])


def test_who_was_connected_hears_more_than_their_leaving(views: Views) -> None:
    begun(views)
    assert not views.take(a_log()[7])
    assert len(views.faults) == 1


def test_a_jump_before_catching_up_is_no_fault(views: Views) -> None:
    begun(views)
    views.seamless = False
    assert views.take(a_log()[5])
    assert views.faults == []


def test_between_pages_what_is_ahead_is_ignored(views: Views) -> None:
    begun(views)
    views.catching_up = True
    assert not views.take(a_log()[4])
    assert not views.take(Entry(conversation_id="other", seq=1, actor_id=ANN))
    assert views.cursors() == {HOME: 4}


def test_a_page_goes_on_from_the_cursor(views: Views) -> None:
    begun(views)
    assert not views.page([Page(conversation_id=HOME, head=7, entries=a_log()[3:7])], [])
    assert [one.seq for one in views.by_id[HOME].entries] == [4, 5, 6, 7]
    assert views.faults == []


def test_a_page_with_a_hole_is_a_fault(views: Views) -> None:
    begun(views)
    views.page([Page(conversation_id=HOME, head=7, entries=a_log()[5:7])], [])
    assert len(views.faults) == 1


def test_what_is_gained_begins_at_its_head(views: Views) -> None:
    assert not views.page([Page(conversation_id=HOME, head=7, gained=True)], [])
    assert views.cursors() == {HOME: 7}


def test_a_device_that_wants_all_begins_at_the_beginning() -> None:
    views = Views(CAT, whole=True)
    assert views.page([Page(conversation_id=HOME, head=7, gained=True)], [])
    assert views.cursors() == {HOME: 0}


def test_who_leaves_has_no_cursor_any_more(views: Views) -> None:
    begun(views)
    for one in a_log()[4:8]:
        views.take(one)
    assert views.by_id[HOME].left
    assert views.cursors() == {}


def test_who_hears_only_later_that_they_left_keeps_what_they_had(views: Views) -> None:
    begun(views)
    views.page([], [(HOME, 8)])
    assert views.by_id[HOME].left
    assert not views.take(a_log()[7])


def test_who_comes_back_begins_anew(views: Views) -> None:
    begun(views)
    views.page([], [(HOME, 8)])
    back = Entry(conversation_id=HOME, seq=12, type="member.joined", actor_id=ANN, user_id=CAT)
    assert not views.take(back)
    assert (views.by_id[HOME].base, views.by_id[HOME].left) == (11, False)


def test_something_of_an_unknown_conversation_asks_to_catch_up(views: Views) -> None:
    assert views.take(said(9, ANN))


def test_a_reset_without_need_is_a_fault(views: Views) -> None:
    begun(views)
    views.page([Page(conversation_id=HOME, head=7, reset=True)], [])
    assert len(views.faults) == 1


def test_a_page_that_ends_between_leaving_and_coming_back_goes_on_from_there() -> None:
    views = Views(CAT, whole=True)
    views.page([Page(conversation_id=HOME, head=12, gained=True)], [])
    views.page([Page(conversation_id=HOME, head=12, entries=list(a_log()[:8]))], [])
    assert views.cursors() == {HOME: 8}
