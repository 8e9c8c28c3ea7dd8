"""The session's table of states, and its heartbeat."""

import pytest

from parley.socketio.protocol.errors import PacketError
from parley.socketio.protocol.session import (
    TRANSITIONS,
    Action,
    Beat,
    Event,
    Heartbeat,
    State,
    step,
)


def walk(state: State, *events: Event) -> tuple[State, list[Action]]:
    actions = []
    for event in events:
        state, action = step(state, event)
        actions.append(action)
    return state, actions


def test_an_upgrade_goes_by_candidate_probe_and_upgrade() -> None:
    state, actions = walk(State.POLLING, Event.CANDIDATE, Event.PROBE, Event.UPGRADE)
    assert state is State.WEBSOCKET
    assert actions == [Action.ATTACH_CANDIDATE, Action.ANSWER_PROBE, Action.SWITCH]


def test_polling_goes_on_when_the_candidate_is_lost() -> None:
    state, actions = walk(State.POLLING, Event.CANDIDATE, Event.PROBE, Event.CANDIDATE_LOST)
    assert (state, actions[-1]) == (State.POLLING, Action.DROP_CANDIDATE)


@pytest.mark.parametrize("state", [State.UPGRADING, State.WEBSOCKET, State.CLOSING, State.CLOSED])
def test_a_second_websocket_is_refused_and_changes_nothing(state: State) -> None:
    assert step(state, Event.CANDIDATE) == (state, Action.REFUSE_CANDIDATE)


@pytest.mark.parametrize("event", [Event.PROBE, Event.UPGRADE])
@pytest.mark.parametrize("state", [State.POLLING, State.WEBSOCKET])
def test_upgrade_packets_out_of_place_are_refused(state: State, event: Event) -> None:
    with pytest.raises(PacketError):
        step(state, event)


def test_polling_closes_with_the_next_poll_and_a_websocket_at_once() -> None:
    assert step(State.POLLING, Event.CLOSE_ASKED) == (State.CLOSING, Action.SAY_CLOSE)
    assert step(State.CLOSING, Event.LOST) == (State.CLOSED, Action.FINISH)
    assert step(State.WEBSOCKET, Event.CLOSE_ASKED) == (State.CLOSED, Action.FINISH)


def test_a_client_that_changes_transport_while_it_is_closed_is_given_the_rest_there() -> None:
    state, actions = walk(
        State.POLLING, Event.CANDIDATE, Event.CUT_ASKED, Event.PROBE, Event.UPGRADE
    )
    assert state is State.CLOSED
    assert actions[-2:] == [Action.ANSWER_PROBE, Action.LEAVE]


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_lost_and_is_finished_once(state: State) -> None:
    after, action = step(state, Event.LOST)
    assert after is State.CLOSED
    assert (action is Action.FINISH) is (state is not State.CLOSED)


def test_nothing_leaves_the_closed_state() -> None:
    assert {step(State.CLOSED, event)[0] for event in Event} == {State.CLOSED}


def test_messages_are_delivered_in_every_open_state_and_in_no_other() -> None:
    delivering = {s for s in State if TRANSITIONS[s, Event.MESSAGE][1] is Action.DELIVER}
    assert delivering == {State.POLLING, State.UPGRADING, State.WEBSOCKET}


def test_every_state_can_be_reached() -> None:
    reached = {State.POLLING}
    while more := {after for (s, _), (after, _) in TRANSITIONS.items() if s in reached} - reached:
        reached |= more
    assert reached == set(State)


def test_a_ping_is_due_after_the_interval_and_not_before() -> None:
    beat = Heartbeat(100.0, interval=25.0)
    assert beat.due(124.9, timeout=20.0) is Beat.WAIT
    assert beat.due(125.0, timeout=20.0) is Beat.PING
    assert beat.deadline == 145.0


def test_an_unanswered_ping_expires_after_the_timeout() -> None:
    beat = Heartbeat(0.0, interval=25.0)
    beat.due(25.0, timeout=20.0)
    assert beat.due(44.9, timeout=20.0) is Beat.WAIT
    assert beat.due(45.0, timeout=20.0) is Beat.EXPIRED


def test_an_answer_begins_the_next_interval() -> None:
    beat = Heartbeat(0.0, interval=25.0)
    beat.due(25.0, timeout=20.0)
    beat.pong(26.0, interval=25.0)
    assert beat.deadline == 51.0
    assert beat.due(51.0, timeout=20.0) is Beat.PING


def test_a_pong_that_nobody_asked_for_postpones_nothing() -> None:
    beat = Heartbeat(0.0, interval=25.0)
    beat.pong(10.0, interval=25.0)
    assert beat.deadline == 25.0
