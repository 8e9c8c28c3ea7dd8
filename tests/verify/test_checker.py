"""The checker finds what is wrong, and nothing where nothing is."""

import msgspec
import pytest

from parley.verify.checker import check
from parley.verify.checks.contents import fold
from parley.verify.history import (
    Answer,
    Arrivals,
    Command,
    Content,
    History,
    Mark,
    Reading,
    Told,
    Trespass,
    View,
)
from tests.verify.histories import (
    ANN,
    BEN,
    CAT,
    HOME,
    a_history,
    a_log,
    changed,
    codes,
    device,
    entry,
    said,
    told,
)


def test_nothing_is_found_where_everything_went_well() -> None:
    assert check(a_history()) == []


def test_an_ack_before_the_commit_that_never_came() -> None:
    history = a_history()
    lost = said(10, BEN)
    history.commands.append(told(lost))
    assert codes(history) == {"lost"}


def test_an_acked_entry_whose_number_was_given_to_another() -> None:
    """A reused seq: told to a client, and to another after a crash."""
    history = a_history()
    history.commands.append(told(said(9, ANN, "first")))
    history.devices[0].views[HOME].entries[8] = said(9, ANN, "first")
    assert codes(history) == {"lost", "missing", "not in the log"}


def test_an_ack_that_names_another_number() -> None:
    history = a_history()
    when, answer = history.commands[1].answers[0]
    history.commands[1].answers[0] = when, msgspec.structs.replace(answer, seq=3)
    assert codes(history) == {"moved"}


def test_an_entry_with_other_words_than_were_sent() -> None:
    log = a_log()
    log[2] = changed(log[2], body="words that nobody said")
    history = a_history(log)
    history.commands[2].command = msgspec.structs.replace(
        history.commands[2].command, body="words of c3"
    )
    assert codes(history) == {"altered"}


def test_a_retry_that_was_not_recognised() -> None:
    log = [*a_log(), said(10, BEN, "c9")]
    history = a_history(log)
    del history.commands[9]
    assert codes(history) == {"twice"}


def test_two_answers_to_one_command() -> None:
    history = a_history()
    history.commands[8].answers.append((11.0, Answer(outcome="done", seq=10, conversation_id=HOME)))
    assert codes(history) == {"two answers", "moved"}


def test_an_unanswered_command_may_be_in_the_log_once() -> None:
    log = [*a_log(), said(10, BEN)]
    history = a_history(log)
    refusal = Answer(outcome="refused", code="forbidden")
    history.commands[9] = Told(
        command=history.commands[9].command,
        device="1",
        sent_at=10,
        attempts=2,
        open=1,
        answers=[(12.0, refusal)],
    )
    assert codes(history) == set()


def test_a_refused_command_that_is_in_the_log() -> None:
    history = a_history()
    history.commands[8].answers = [(9.5, Answer(outcome="refused", code="forbidden"))]
    assert codes(history) == {"refused and there"}


def test_a_retry_taken_for_another_command() -> None:
    history = a_history()
    history.commands[8].answers.append((11, Answer(outcome="refused", code="client_id_reused")))
    history.commands[8].open = 1
    assert codes(history) == {"reused"}


def test_a_command_that_never_came_to_an_end() -> None:
    history = a_history()
    command = Command(kind="message.send", actor_id=ANN, client_id="x", conversation_id=HOME)
    history.commands.append(Told(command=command, device="1", sent_at=10, attempts=30, open=30))
    assert codes(history) == {"stuck"}


@pytest.mark.parametrize("seqs", [(2, 2), (3, 4)], ids=["the same number twice", "a hole"])
def test_a_race_for_a_number(seqs: tuple[int, int]) -> None:
    members = a_log()[0]
    log = [members, said(seqs[0], ANN, "a"), said(seqs[1], BEN, "b")]
    history = History(
        commands=[told(one) for one in log],
        readings={HOME: Reading(log, fold(log))},
    )
    assert "hole" in codes(history)


def test_time_that_runs_backwards() -> None:
    log = a_log()
    log[4] = changed(log[4], at="2026-01-01T00:00:00.000Z")
    assert codes(a_history(log)) == {"clock"}


def test_a_command_sent_after_an_ack_and_numbered_before_it() -> None:
    history = a_history()
    history.commands[1] = told(a_log()[1], sent_at=20, acked_at=21)
    assert codes(history) == {"real time"}


def test_overlapping_commands_may_come_in_any_order() -> None:
    history = a_history()
    history.commands[1] = told(a_log()[1], sent_at=2, acked_at=21)
    history.commands[2] = told(a_log()[2], sent_at=1.9, acked_at=20)
    assert codes(history) == set()


def test_a_device_that_did_not_resume() -> None:
    history = a_history()
    history.devices[2] = device(BEN, [*a_log()[:4], *a_log()[7:]])
    assert codes(history) == {"missing", "content"}


def test_an_offset_ahead_of_what_was_written() -> None:
    """A recovery that skips what the offset claims was received: the rest arrives, without a jump seen by anyone."""
    history = a_history()
    history.devices[1] = device(ANN, [*a_log()[2:6], *a_log()[8:]])
    history.devices[1].faults.append("a connection that was whole brought #9 after #6")
    assert codes(history) == {"missing", "jump"}


def test_a_push_that_never_came() -> None:
    history = a_history()
    history.devices[0] = device(ANN, a_log()[:-1])
    assert codes(history) == {"missing"}


def test_a_device_with_another_order() -> None:
    history = a_history()
    entries = history.devices[0].views[HOME].entries
    entries[1], entries[2] = entries[2], entries[1]
    assert codes(history) == {"another order"}


def test_a_device_shown_something_twice() -> None:
    history = a_history()
    history.devices[0].views[HOME].entries.insert(3, a_log()[2])
    assert codes(history) == {"shown twice"}


def test_a_device_that_knows_nothing_of_a_conversation() -> None:
    history = a_history()
    history.devices[1].views = {}
    assert codes(history) == {"conversation"}


def test_a_device_that_was_not_told_of_its_leaving() -> None:
    history = a_history()
    history.devices[3].views[HOME].left = False
    assert "left" in codes(history)


def test_an_entry_that_reached_somebody_who_had_left() -> None:
    history = a_history()
    arrivals = history.devices[3].arrivals[HOME]
    arrivals.seqs.append(9)
    arrivals.times.append(9.6)
    assert codes(history) == {"leak"}


def test_an_entry_from_before_that_reached_somebody_not_yet_in() -> None:
    history = a_history()
    arrivals = history.devices[3].arrivals[HOME]
    arrivals.seqs.insert(0, 3)
    arrivals.times.insert(0, 3.6)
    assert codes(history) == {"leak"}


def test_a_member_reads_what_came_before_them() -> None:
    history = a_history()
    arrivals = history.devices[3].arrivals[HOME]
    arrivals.seqs.append(3)
    arrivals.times.append(5.0)
    assert codes(history) == set()


def test_a_stranger_who_was_sent_something() -> None:
    history = a_history()
    stranger = device("dan", [a_log()[2]])
    stranger.views = {}
    history.devices.append(stranger)
    assert codes(history) == {"leak"}


def test_somebody_who_comes_back_may_read_what_passed_meanwhile() -> None:
    log = [*a_log(), entry(10, "member.joined", ANN, user_id=CAT)]
    history = a_history(log)
    history.devices[3] = device(CAT, log[9:])
    arrivals: Arrivals = history.devices[3].arrivals[HOME]
    arrivals.seqs.append(9)
    arrivals.times.append(11.0)
    assert codes(history) == set()
    arrivals.times[-1] = 9.7
    assert codes(history) == {"leak"}


def test_a_message_of_somebody_who_was_removed() -> None:
    log = [*a_log(), said(10, CAT)]
    assert codes(a_history(log)) == {"outsider"}


def test_a_group_that_somebody_joins_by_themselves() -> None:
    log = [*a_log(), entry(10, "member.joined", CAT, user_id=CAT)]
    history = a_history(log)
    history.devices[3] = device(CAT, log[9:])
    assert codes(history) == {"outsider"}


def test_a_room_that_somebody_joins_by_themselves() -> None:
    room = entry(1, "conversation.created", ANN, kind="room", members=a_log()[0].members)
    log = [room, *a_log()[1:], entry(10, "member.joined", CAT, user_id=CAT)]
    history = a_history(log)
    history.devices[3] = device(CAT, log[9:])
    assert codes(history) == set()


def test_somebody_who_reads_without_being_in() -> None:
    history = a_history()
    history.strangers = 1
    history.trespasses.append(Trespass(CAT, HOME))
    assert codes(history) == {"trespass"}


def test_an_edit_that_a_device_does_not_have() -> None:
    history = a_history()
    entries = history.devices[2].views[HOME].entries
    entries[5] = changed(entries[5], body="words from before")
    assert codes(history) == {"content"}


def test_a_reaction_that_the_history_does_not_show() -> None:
    history = a_history()
    history.readings[HOME].contents[2] = Content("other words")
    assert codes(history) == {"content"}


def test_a_deleted_message_stays_empty_whatever_follows() -> None:
    log = [
        a_log()[0],
        changed(said(2, ANN), body="", deleted_at="2026-01-01T00:00:03.000Z"),
        entry(3, "message.edited", ANN, message_seq=2, body=""),
        entry(4, "message.deleted", ANN, message_seq=2),
    ]
    seen = [
        said(2, ANN),
        entry(3, "message.edited", ANN, message_seq=2, body="x"),
        log[3],
    ]
    assert fold(log)[2] == fold(seen)[2] == Content("", deleted=True)


def test_a_mark_that_went_backwards() -> None:
    history = a_history()
    history.marks.append(Mark(ANN, HOME, 7, acked=True))
    assert codes(history) == {"backwards"}


def test_a_mark_that_nobody_set() -> None:
    history = a_history()
    history.standings = {(ANN, HOME): 6}
    assert codes(history) == {"ahead"}


def test_a_mark_that_was_not_acked_may_be_kept_or_not() -> None:
    history = a_history()
    history.marks.append(Mark(ANN, HOME, 7, acked=False))
    assert codes(history) == set()
    history.standings = {(ANN, HOME): 7}
    assert codes(history) == set()


def test_a_server_that_ended_by_itself() -> None:
    history = a_history()
    history.incidents.append("it ended by itself with code 1")
    assert codes(history) == {"server"}


def test_a_view_begun_at_the_head_is_whole_from_there_on() -> None:
    history = a_history()
    history.devices[1].views = {HOME: View(base=9, cursor=9)}
    assert codes(history) == set()


def test_servers_that_number_nothing_are_compared_by_order() -> None:
    log = [changed(one, seq=0) for one in (said(1, ANN, "a"), said(2, BEN, "b"))]
    created = changed(a_log()[0], seq=0)
    history = History(
        readings={HOME: Reading([created, *log], {})},
        devices=[device(ANN, [created, *reversed(log)])],
        numbered=False,
    )
    history.devices[0].views[HOME].base = 0
    assert codes(history) == {"another order"}
