"""The sequencer of a conversation whose log other nodes write too.

An entry needs no more care than on a store of one's own: the store refuses one whose place is taken. But a verdict
without an entry would never find out that it was judged on old news, and what others wrote comes by the bus, which
may lose it on the way.
"""

from collections.abc import Sequence
from typing import Any

from parley.journal.commands import Attempt
from parley.journal.sequencer import Sequencer
from parley.model.conversations import State, apply
from parley.model.errors import Unavailable
from parley.ports.answers import Answer
from parley.ports.log import Appended, Record


class SharedSequencer(Sequencer):
    """`_missed` says that the log may hold more than the state; `_reading` that this is being found out.

    `_refreshing` are the attempts for whose verdict the log is being read; they are in no other place. `_told` says
    that the last entry was published by this node, or heard.
    """

    __slots__ = ("_missed", "_reading", "_refreshing", "_told")

    def __init__(self, *args: Any, doubtful: int | None = None, **options: Any) -> None:  # noqa: ANN401  # those of every sequencer
        self._missed = False
        self._reading = False
        self._refreshing: set[Attempt] = set()
        # What is behind a head in doubt is published as it is loaded.
        self._told = doubtful is not None
        super().__init__(*args, doubtful=doubtful, **options)

    @property
    def idle(self) -> bool:
        return super().idle and not self._refreshing

    def hear(self, record: Record) -> None:
        """Take in an entry that the bus brought; where it can't be applied now, the log is read later."""
        if self.ready().done and record.entry.seq <= self.state.head:
            return
        if self._still and record.entry.seq == self.state.head + 1:
            apply(self.state, record.entry)
            self._told = True
            self._note(record.entry)
            self._lay_over()
        else:
            self._missed = True
            self._catch_up()

    def _told_up_to(self, state: State) -> int | None:
        """What brings people in last is told again: without it the hub would not take what follows to them."""
        joined = (member.joined_seq for member in state.members.values())
        if self.doubtful is None and state.head in joined:
            self._told = True
            return state.head - 1
        return super()._told_up_to(state)

    def _learn(self, records: Sequence[Record]) -> None:
        head = self.state.head
        super()._learn(records)
        self._told = self._told or self.state.head > head

    def _repeat(self, attempt: Attempt, record: Record) -> None:
        """Publish it first where it is the last entry, and was in the log when that was loaded.

        Whoever wrote it may have died before anybody was told, after the members here had connected.
        """
        if not self._told and record.entry.seq == self.state.head:
            self._told = True
            self._bus.publish([record])
        super()._repeat(attempt, record)

    # --- fresh verdicts -----------------------------------------------------------------------------------------

    def _finish(self, attempt: Attempt) -> None:
        """Give a verdict once the log was seen, after the command came, to reach no further than it rests on."""
        if attempt.reached is None or attempt.basis < attempt.reached:
            self._refreshing.add(attempt)
            self._spawn(self._refresh(attempt))
        else:
            super()._finish(attempt)

    async def _refresh(self, attempt: Attempt) -> None:
        try:
            records = await self._ask(self._log.read(self.state.conversation_id, attempt.basis))
        except Unavailable as error:
            if attempt in self._refreshing:
                self._refreshing.discard(attempt)
                self._fail(attempt, error)
            return
        if attempt not in self._refreshing:
            return  # given up meanwhile
        self._refreshing.discard(attempt)
        attempt.reached = records[-1].entry.seq if records else attempt.basis
        if not records:
            super()._finish(attempt)
            return
        self._find(records)
        self._reconsider(attempt)

    def _reconsider(self, attempt: Attempt) -> None:
        """Judge anew, by what the log was found to hold, unless the time for it is over."""
        if self._clock.monotonic() > attempt.deadline:
            self._fail(attempt, Unavailable())
        elif self._blocked or self._arrivals:
            self._arrivals.append(attempt)
        else:
            self._judge(attempt)
            self._pump()

    def _give_up(self, error: Unavailable) -> None:
        super()._give_up(error)
        refreshing, self._refreshing = self._refreshing, set()
        for attempt in refreshing:
            self._fail(attempt, Unavailable())

    # --- catching up --------------------------------------------------------------------------------------------

    @property
    def _still(self) -> bool:
        """Whether the committed state may be changed from outside: nothing is in flight, nothing being found out."""
        return not (self._in_flight or self._blocked)

    def _find(self, records: Sequence[Record]) -> None:
        """Learn what was read behind some head; where that can't be now, it is read again later."""
        if self._still:
            self._learn(records)
            self._lay_over()
        elif records and records[-1].entry.seq > self.state.head:
            self._missed = True

    def _catch_up(self) -> None:
        if self._missed and self._still and not self._reading:
            self._reading = True
            self._spawn(self._read_on())

    async def _read_on(self) -> None:
        self._missed = False
        try:
            self._find(await self._ask(self._log.read(self.state.conversation_id, self.state.head)))
        except Unavailable:
            self._missed = True  # whatever comes next tries again
            return
        finally:
            self._reading = False
        self._catch_up()

    def _appended(self, answer: Answer[Appended]) -> None:
        super()._appended(answer)
        self._catch_up()

    def _go_on(self) -> None:
        super()._go_on()
        self._catch_up()
