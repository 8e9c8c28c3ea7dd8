"""Faults planted in the real code, each at one seam: a simulation that does not find them would find nothing.

Each is a mistake that somebody could make; the name says what is broken, the function breaks it.
"""

from collections.abc import Callable
from typing import Any

import pytest

from parley.adapters.memory import log as memory_log
from parley.adapters.memory.disk import Disk
from parley.adapters.memory.log import MemoryLog
from parley.gateway import door as door_module
from parley.gateway.door import Door
from parley.gateway.hub import Hub
from parley.journal import sequencer
from parley.journal.commands import Committed, Digester
from parley.journal.sequencer import Sequencer
from parley.model.conversations import State
from parley.model.entries import MemberLeft, MessageNew
from parley.ports.answers import Answer
from parley.ports.log import Appended, CaughtUp, Unknown
from parley.services import marks, recovery
from parley.services.sync import Sync
from parley.socketio.websocket import WebSocket

Patch = pytest.MonkeyPatch


def acked_before_the_commit(patch: Patch) -> None:
    """The answer is given when the entry is handed over, not when it is in."""
    pump = Sequencer._pump

    def early(self: Sequencer) -> None:
        waiting = list(self._waiting)
        pump(self)
        for attempt in waiting:
            if attempt.record is not None and not attempt.answer.done:
                attempt.answer.resolve(Committed(attempt.record.entry))

    patch.setattr(Sequencer, "_pump", early)
    patch.setattr(Sequencer, "_resolve", _quietly(Sequencer._resolve))
    patch.setattr(Sequencer, "_fail", _quietly(Sequencer._fail))


def _quietly(answer: Callable[..., None]) -> Callable[..., None]:
    def give(self: Sequencer, attempt: Any, outcome: Any) -> None:
        if not attempt.answer.done:
            answer(self, attempt, outcome)
        elif attempt.own:
            self._keys.pop(attempt.key, None)

    return give


def pushed_before_the_commit(patch: Patch) -> None:
    """Entries go to the bus when they are handed to the store."""
    pump = Sequencer._pump

    def early(self: Sequencer) -> None:
        waiting = [attempt.record for attempt in self._waiting if attempt.record is not None]
        pump(self)
        if waiting and self._in_flight:
            self._bus.publish(waiting)

    patch.setattr(Sequencer, "_pump", early)


def a_retry_is_a_new_command(patch: Patch) -> None:
    """Neither the store nor the journal knows a client_id again."""
    patch.setattr(Disk, "find", lambda _self, _key: None)


def a_refusal_of_a_retry_is_final(patch: Patch) -> None:
    """Whether an earlier attempt is in the log is not looked up before refusing."""
    patch.setattr(Sequencer, "_finish", lambda self, attempt: self._say(attempt))


def judged_on_committed_state_alone(patch: Patch) -> None:
    """A removal and a message of the removed person in the same instant both pass."""
    judge = Sequencer._judge

    def late(self: Sequencer, attempt: Any) -> None:
        speculative, self._speculative = self._speculative, self.state.overlay()
        self._speculative.head, self._speculative.messages = speculative.head, speculative.messages
        self._speculative.at = speculative.at
        judge(self, attempt)
        speculative.head, speculative.messages = self._speculative.head, self._speculative.messages
        speculative.at = self._speculative.at
        self._speculative = speculative

    patch.setattr(Sequencer, "_judge", late)


def verdicts_do_not_wait(patch: Patch) -> None:
    """What is answered rests on entries that may yet be rolled back."""

    def at_once(self: Sequencer, attempt: Any, verdict: Any) -> None:
        attempt.verdict, attempt.basis, attempt.record = verdict, self.state.head, None
        self._finish(attempt)

    patch.setattr(Sequencer, "_hold", at_once)


def a_seq_is_given_twice(patch: Patch) -> None:
    """The store takes an entry whose place is taken."""

    def careless(self: MemoryLog, records: Any) -> list[int]:
        return [self.disk.write(record) for record in records]

    patch.setattr(MemoryLog, "_write", careless)


def the_removed_go_on_listening(patch: Patch) -> None:
    """An entry that takes somebody out does not take their sockets out."""
    let_out = Hub._let_out

    def forgetful(self: Hub, entry: Any, encoded: Any) -> None:
        if not isinstance(entry, MemberLeft):
            let_out(self, entry, encoded)

    patch.setattr(Hub, "_let_out", forgetful)


def newcomers_are_not_let_in(patch: Patch) -> None:
    """An entry that brings somebody in does not bring their sockets in."""
    patch.setattr(Hub, "_let_in", lambda _self, _entry: None)


def pushes_are_not_held_while_catching_up(patch: Patch) -> None:
    """What is pushed between the reading for `sync` and its answer overtakes it."""
    patch.setattr(door_module, "HOLDS_PUSHES", "nothing")


def some_pushes_get_lost(patch: Patch) -> None:
    """The hub drops every thirteenth entry and thinks that it was delivered."""
    deliver, seen = Hub._deliver, [0]

    def forgetful(self: Hub, entry: Any, *more: Any) -> None:
        seen[0] += 1
        room = self._rooms.get(entry.conversation_id)
        if seen[0] % 13 == 0 and room is not None and isinstance(entry, MessageNew):
            room.last = entry.seq
        else:
            deliver(self, entry, *more)

    patch.setattr(Hub, "_deliver", forgetful)


def membership_is_not_asked_when_catching_up(patch: Patch) -> None:
    """`sync` answers with every conversation that a cursor names."""
    catch_up = memory_log.catch_up

    def open_to_all(disk: Disk, user_id: Any, cursors: Any, **limits: Any) -> Any:
        found = catch_up(disk, user_id, cursors, **limits)
        if not found.lost:
            return found
        more = [_everything(disk, one, cursors[one]) for one in found.lost if disk.head(one)]
        return type(found)([*found.conversations, *more], {})

    patch.setattr(memory_log, "catch_up", open_to_all)


def _everything(disk: Disk, conversation_id: Any, cursor: int) -> Any:
    entries = [record.entry for record in disk.log(conversation_id)[cursor:]]
    return CaughtUp(conversation_id, disk.head(conversation_id), entries)


def catching_up_skips_an_entry(patch: Patch) -> None:
    """A page of `sync` goes on one entry too late."""
    missed = Sync.catch_up

    async def skipping(self: Sync, user_id: Any, cursors: Any, **more: Any) -> Any:
        return await missed(self, user_id, {one: seq + 1 for one, seq in cursors.items()}, **more)

    patch.setattr(Sync, "catch_up", skipping)


def unknown_is_taken_for_success(patch: Patch) -> None:
    """An append of which nothing can be said counts as done."""
    pump = Sequencer._pump

    def append(log: Any, conversation_id: Any, after: int, records: Any) -> Any:
        answer: Answer[Appended] = Answer()

        def seen(outcome: Answer[Appended]) -> None:
            appended = outcome.result()
            if isinstance(appended.stopped, Unknown):
                appended = Appended(len(records), [0] * len(records))
            answer.resolve(appended)

        MemoryLog.append(log, conversation_id, after, records).then(seen)
        return answer

    class Hopeful:
        def __init__(self, log: Any) -> None:
            self.append = lambda *asked: append(log, *asked)

    def hopefully(self: Sequencer) -> None:
        log, self._log = self._log, Hopeful(self._log)  # type: ignore[assignment]
        try:
            pump(self)
        finally:
            self._log = log

    patch.setattr(Sequencer, "_pump", hopefully)


def the_clock_orders(patch: Patch) -> None:
    """`at` is the wall clock's, wherever it stands."""
    patch.setattr(sequencer, "max", lambda now, _before: now, raising=False)


def the_state_forgets_a_member(patch: Patch) -> None:
    """Loading a conversation anew loses the person who joined last."""
    copied = memory_log._copied

    def lossy(state: State) -> State:
        state = copied(state)
        if len(state.members) > 1:
            state.members.popitem()
        return state

    patch.setattr(memory_log, "_copied", lossy)


def errors_are_never_answered(patch: Patch) -> None:
    """A command that is refused gets no ack."""
    patch.setattr(Door, "_refuse", lambda _self, _ack, _error: None)


def another_content_is_taken_for_a_retry(patch: Patch) -> None:
    """A client_id that is sent again with another content is answered with what it led to first."""
    patch.setattr(Digester, "__call__", lambda _self, *_command: b"the same" * 2)


def the_end_of_a_session_is_not_heard(patch: Patch) -> None:
    """Sockets of a session that ended go on."""
    patch.setattr(Hub, "end_session", lambda *_asked: None)


def told_to_stop_it_does_not_wait(patch: Patch) -> None:
    """Connections are cut while commands of theirs are under way."""
    patch.setattr(Door, "_leave", lambda _self, _socket: None)


def a_recovery_does_not_ask_who_has_left_meanwhile(patch: Patch) -> None:
    """A replay is read of a store that is ahead of what was delivered, as if it were not."""
    patch.setattr(recovery, "_left", lambda *_asked: False)


def who_does_not_read_goes_on_without_what_did_not_fit(patch: Patch) -> None:
    """Past the bound on what waits for a client, that is dropped, and its connection stands."""

    def drop(self: WebSocket) -> None:
        self._parked, self._parked_size = None, 0

    patch.setattr(WebSocket, "_overflow", drop)


def a_mark_is_told_as_it_was_before_what_one_wrote(patch: Patch) -> None:
    """How somebody stands is read, and they say something meanwhile: what was read is told behind that."""
    patch.setattr(marks._Turn, "wrote", property(lambda _self: 0, lambda _self, _seq: None))


def marks_are_not_told(patch: Patch) -> None:
    """What somebody reads on one device, the others hear of when they come back."""
    patch.setattr(Hub, "_tell_marks", lambda _self, _signal: None)


FAULTS: tuple[Callable[[Patch], None], ...] = (
    acked_before_the_commit,
    pushed_before_the_commit,
    a_retry_is_a_new_command,
    a_refusal_of_a_retry_is_final,
    judged_on_committed_state_alone,
    verdicts_do_not_wait,
    a_seq_is_given_twice,
    the_removed_go_on_listening,
    newcomers_are_not_let_in,
    pushes_are_not_held_while_catching_up,
    some_pushes_get_lost,
    membership_is_not_asked_when_catching_up,
    catching_up_skips_an_entry,
    unknown_is_taken_for_success,
    the_clock_orders,
    the_state_forgets_a_member,
    errors_are_never_answered,
    another_content_is_taken_for_a_retry,
    the_end_of_a_session_is_not_heard,
    told_to_stop_it_does_not_wait,
    a_recovery_does_not_ask_who_has_left_meanwhile,
    who_does_not_read_goes_on_without_what_did_not_fit,
    a_mark_is_told_as_it_was_before_what_one_wrote,
    marks_are_not_told,
)
