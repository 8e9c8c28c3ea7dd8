"""One conversation's sequencer: judges commands in their order and keeps one append of it in flight.

What it holds of a command at any time is in exactly one of these places:

- `arrivals`: not judged yet, because the state is being loaded or what happened to an append is being found out;
- `waiting`: judged to an entry, which goes with the next append;
- `in_flight`: handed to the store;
- `held`: judged to an answer without an entry, which rests on entries that are not committed yet;
- `wanting`: its judge needs a message that is being brought.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from parley.journal.commands import Attempt, Committed, Unchanged
from parley.journal.tally import Tally
from parley.model.contents import is_erasure
from parley.model.conversations import State, apply
from parley.model.entries import Entry, MessageNew
from parley.model.errors import ChatError, ClientIdReused, Unavailable
from parley.model.ids import ConversationId, UserId
from parley.model.instants import Timestamp, timestamp
from parley.model.messages import UNTOUCHED, NotLoaded, advanced, facts_of, target
from parley.ports.answers import Answer
from parley.ports.background import Spawn
from parley.ports.bus import Bus
from parley.ports.clock import Clock
from parley.ports.log import Appended, Behind, Down, Duplicate, Log, Record

T = TypeVar("T")

MOST_FACTS = 1_000
"""Of messages, kept with a conversation's state."""

logger = logging.getLogger(__name__)


class Sequencer:
    """Gives the entries of one conversation their numbers. `state` is the committed one; it is changed in place."""

    __slots__ = (
        "_arrivals",
        "_blocked",
        "_bus",
        "_clock",
        "_forget",
        "_handed_over",
        "_held",
        "_in_flight",
        "_keys",
        "_layered",
        "_log",
        "_ready",
        "_since",
        "_spawn",
        "_speculative",
        "_tally",
        "_waiting",
        "_wanting",
        "doubtful",
        "state",
    )

    def __init__(
        self,
        conversation_id: ConversationId,
        *,
        log: Log,
        bus: Bus,
        clock: Clock,
        spawn: Spawn,
        forget: "Callable[[Sequencer], None]",
        tally: Tally,
        doubtful: int | None = None,
    ) -> None:
        """`doubtful`: the head behind which entries may be in the log that nobody was told of; see `_find_out`."""
        self._log = log
        self._bus = bus
        self._clock = clock
        self._spawn = spawn
        self._forget = forget
        self._tally = tally
        self.doubtful = doubtful
        self._handed_over = 0.0
        self.state = State(conversation_id)
        self._speculative = self.state
        self._layered = False
        self._ready: Answer[State] = Answer()
        self._blocked = True
        self._arrivals: deque[Attempt] = deque()
        self._waiting: list[Attempt] = []
        self._in_flight: list[Attempt] = []
        self._held: list[Attempt] = []
        self._wanting: dict[int, list[Attempt]] = {}
        self._since: dict[int, list[Entry]] = {}
        self._keys: dict[tuple[UserId, str], Attempt] = {}
        spawn(self._load())

    @property
    def idle(self) -> bool:
        """Whether it holds nothing that would be lost with it."""
        return self._ready.done and not (
            self._arrivals
            or self._waiting
            or self._in_flight
            or self._held
            or self._wanting
            or self._keys
        )

    def ready(self) -> Answer[State]:
        """The committed state, once it is loaded. Fails with `Unavailable` where it can't be."""
        return self._ready

    def submit(self, attempt: Attempt) -> Answer[Committed]:
        """Take a command in; the same (actor, client_id) again joins the one that is on its way."""
        if attempt.own:
            first = self._keys.get(attempt.key)
            if first is not None:
                if first.digest != attempt.digest:
                    return Answer.failed(ClientIdReused())
                return first.answer
            self._keys[attempt.key] = attempt
        if self._blocked or self._arrivals:
            self._arrivals.append(attempt)
        else:
            self._judge(attempt)
            self._pump()
        return attempt.answer

    # --- loading ------------------------------------------------------------------------------------------------

    async def _load(self) -> None:
        conversation_id = self.state.conversation_id
        untold: Sequence[Record] = ()
        try:
            state = await self._ask(self._log.load(conversation_id))
            told = self._told_up_to(state)
            if told is not None and state.head > told:
                untold = await self._ask(self._log.read(conversation_id, told, state.head - told))
        except Unavailable as error:
            self._give_up(error)
            return
        self.state = state
        self.doubtful = None
        if untold:
            self._bus.publish(untold)
        self._speculative = self.state.overlay()
        self._ready.resolve(self.state)
        self._go_on()

    def _told_up_to(self, _state: State) -> int | None:
        """The head behind which nobody may have been told what is being loaded; None where all of it was."""
        return self.doubtful

    async def _ask(self, question: Awaitable[T]) -> T:
        """Ask the log. A fault in its adapter is `Unavailable` here: no command may hang because of one."""
        try:
            return await question
        except Unavailable:
            raise
        except Exception as error:
            logger.exception("the log of %s failed", self.state.conversation_id)
            raise Unavailable from error

    def _give_up(self, error: Unavailable) -> None:
        """How the log stands can't be found out: everything held is left open, and the next command loads afresh."""
        self._forget(self)
        if not self._ready.done:
            self._ready.fail(error)
        wanting = [attempt for attempts in self._wanting.values() for attempt in attempts]
        held = [*self._in_flight, *self._waiting, *self._held, *self._arrivals, *wanting]
        self._in_flight, self._waiting, self._held = [], [], []
        self._wanting.clear()
        self._arrivals.clear()
        self._wanting.clear()
        for attempt in sorted(held, key=_order):
            self._fail(attempt, Unavailable())

    def _go_on(self) -> None:
        """Judge everything that arrived while nothing could be judged."""
        self._blocked = False
        while self._arrivals and not self._blocked:
            self._judge(self._arrivals.popleft())
        self._pump()

    # --- judging ------------------------------------------------------------------------------------------------

    def _judge(self, attempt: Attempt) -> None:
        state = self._speculative
        try:
            verdict = attempt.judge(state)
        except ChatError as refusal:
            self._hold(attempt, refusal)
            return
        except NotLoaded as missing:
            self._want(attempt, missing.message_seq)
            return
        except Exception as error:  # a judge's own fault fails its command and nothing else
            self._fail(attempt, error)
            return
        if isinstance(verdict, Unchanged):
            self._hold(attempt, verdict)
            return
        entry = self._stamp(verdict, attempt)
        apply(state, entry)
        self._layered = self._layered or not isinstance(entry, MessageNew)
        attempt.record = Record(entry, attempt.digest)
        self._waiting.append(attempt)

    def _stamp(self, entry: Entry, attempt: Attempt) -> Entry:
        state = self._speculative
        now: Timestamp = timestamp(self._clock.now_ms())
        return msgspec.structs.replace(
            entry,
            conversation_id=state.conversation_id,
            seq=state.head + 1,
            at=max(now, state.at),
            client_id=attempt.client_id,
            messages=state.messages + isinstance(entry, MessageNew),
        )

    def _hold(self, attempt: Attempt, verdict: Unchanged | ChatError) -> None:
        """An answer that appends nothing is given once everything that it was judged on is committed."""
        attempt.verdict, attempt.basis, attempt.record = verdict, self._speculative.head, None
        if attempt.basis > self.state.head:
            self._held.append(attempt)
        else:
            self._finish(attempt)

    def _finish(self, attempt: Attempt) -> None:
        if attempt.own:
            self._spawn(self._look_up(attempt))
        else:
            self._say(attempt)

    async def _look_up(self, attempt: Attempt) -> None:
        """Say the verdict, unless an earlier attempt of the very command is in: then that is the answer."""
        try:
            record = await self._ask(
                self._log.find(self.state.conversation_id, attempt.actor_id, attempt.client_id)
            )
        except Unavailable as error:
            self._fail(attempt, error)
            return
        if record is None:
            self._say(attempt)
        else:
            self._repeat(attempt, record)

    def _say(self, attempt: Attempt) -> None:
        verdict = attempt.verdict
        if isinstance(verdict, Unchanged):
            self._resolve(attempt, Committed(None, value=verdict.value))
        elif verdict is not None:
            self._fail(attempt, verdict)

    # --- bringing messages --------------------------------------------------------------------------------------

    def _want(self, attempt: Attempt, message_seq: int) -> None:
        wanting = self._wanting.get(message_seq)
        if wanting is not None:
            wanting.append(attempt)
            return
        self._wanting[message_seq] = [attempt]
        self._spawn(self._bring(message_seq))

    async def _bring(self, message_seq: int) -> None:
        """Bring the facts of a message up to the committed head, in-flight entries above them; then judge.

        What was applied since the reading is applied to what it read: twice does no harm, missing it would.
        """
        conversation_id = self.state.conversation_id
        since = self._since[message_seq] = []
        try:
            found = await self._ask(self._log.read(conversation_id, message_seq - 1, 1))
            head, aftermaths = await self._ask(self._log.aftermaths(conversation_id, [message_seq]))
        except Unavailable:
            for attempt in self._wanting.pop(message_seq, ()):
                self._fail(attempt, Unavailable())
            return
        finally:
            del self._since[message_seq]
        message = found[0].entry if found else None
        facts = None
        if isinstance(message, MessageNew):
            facts = facts_of(message, aftermaths.get(message_seq, UNTOUCHED))
            for entry in since:
                # An erasure may have come between the two readings, and only the message itself shows it.
                if entry.seq > head or is_erasure(entry):
                    facts = advanced(facts, entry)
        if len(self.state.facts) >= MOST_FACTS:
            self.state.facts.clear()
        self.state.facts[message_seq] = facts
        self._lay_over()
        self._arrivals.extendleft(reversed(self._wanting.pop(message_seq, ())))
        if not self._blocked:
            self._go_on()

    # --- appending ----------------------------------------------------------------------------------------------

    def _pump(self) -> None:
        if self._in_flight or self._blocked or not self._waiting:
            return
        batch, self._waiting = self._waiting, []
        self._in_flight = batch
        records = [attempt.record for attempt in batch if attempt.record is not None]
        self._handed_over = self._clock.monotonic()
        self._log.append(self.state.conversation_id, self.state.head, records).then(self._appended)

    def _appended(self, answer: Answer[Appended]) -> None:
        appended = answer.result()
        batch, self._in_flight = self._in_flight, []
        messages = self.state.messages
        done, rest = batch[: appended.count], batch[appended.count :]
        # Answers below may bring the next command in before this returns, so everything else comes first.
        self._blocked = appended.stopped is not None
        self._learn(
            [
                Record(attempt.record.entry, attempt.digest, position)
                for attempt, position in zip(done, appended.positions, strict=True)
                if attempt.record is not None
            ]
        )
        self._count(appended, self.state.messages - messages)
        again = self._take_back() if self._blocked else []
        self._renew_speculative()
        for attempt in done:
            if attempt.record is not None:
                self._resolve(attempt, Committed(attempt.record.entry))
        self._release_held()
        if appended.stopped is None:
            self._pump()
        else:
            self._stopped(appended.stopped, rest, again)

    def _count(self, appended: Appended, messages: int) -> None:
        tally = self._tally
        tally.entries += appended.count
        tally.messages += messages
        tally.seconds.observe(self._clock.monotonic() - self._handed_over)
        if appended.stopped is not None:
            name = type(appended.stopped).__name__.lower()
            tally.stopped[name] = tally.stopped.get(name, 0) + 1

    def _learn(self, records: Sequence[Record]) -> None:
        """Apply what is newly known to be committed, and hand it to publishing, in order of seq."""
        new = []
        for record in records:
            if record.entry.seq == self.state.head + 1:
                apply(self.state, record.entry)
                new.append(record)
                if self._since:
                    self._note(record.entry)
        if new:
            self._bus.publish(new)

    def _note(self, entry: Entry) -> None:
        """Keep an entry that concerns a message which is being brought."""
        if is_erasure(entry):
            for kept in self._since.values():
                kept.append(entry)
            return
        since = self._since.get(target(entry))
        if since is not None:
            since.append(entry)

    def _renew_speculative(self) -> None:
        """Drop what the overlay says of members and pins as far as the committed state says it by now.

        An overlay over which nothing but messages went has the committed state's values already: `_layered` says that
        something else did.
        """
        if self._blocked or self._layered:
            self._lay_over()

    def _lay_over(self) -> None:
        """Make the speculative state anew: the committed one, and over it what is in flight and what waits."""
        speculative = self._speculative = self.state.overlay()
        self._layered = False
        for attempt in (*self._in_flight, *self._waiting):
            if attempt.record is not None:
                apply(speculative, attempt.record.entry)
                self._layered = self._layered or not isinstance(attempt.record.entry, MessageNew)

    def _release_held(self) -> None:
        if not self._held:
            return
        head = self.state.head
        firm = [attempt for attempt in self._held if attempt.basis <= head]
        self._held = [attempt for attempt in self._held if attempt.basis > head]
        for attempt in firm:
            self._finish(attempt)

    # --- when an append stops ---------------------------------------------------------------------------------------

    def _take_back(self) -> list[Attempt]:
        """Everything judged on what did not get in, to be judged again; held answers that stand remain held."""
        head = self.state.head
        again = self._waiting + [attempt for attempt in self._held if attempt.basis > head]
        self._waiting = []
        self._held = [attempt for attempt in self._held if attempt.basis <= head]
        return again

    def _stopped(self, stopped: object, rest: list[Attempt], again: list[Attempt]) -> None:
        match stopped:
            case Behind(records):
                self._learn(records)
                self._judge_again(self._answer_found(rest + again, records))
            case Duplicate(record):
                self._repeat(rest[0], record)
                self._judge_again(rest[1:] + again)
            case Down():
                for attempt in rest:
                    self._fail(attempt, Unavailable())
                self._judge_again(again)
            case _:
                self._spawn(self._find_out(rest, again))

    async def _find_out(self, rest: list[Attempt], again: list[Attempt]) -> None:
        """After an unknown outcome: what is in the log is in; of the rest nothing can be said."""
        self._in_flight = (
            rest + again
        )  # held here, so that nothing of it is lost if the log can't be read
        try:
            records = await self._ask(self._log.read(self.state.conversation_id, self.state.head))
        except Unavailable as error:
            self.doubtful = self.state.head
            self._give_up(error)
            return
        self._in_flight = []
        self._learn(records)
        for attempt in self._answer_found(rest, records):
            self._fail(attempt, Unavailable())
        self._judge_again(again)

    def _answer_found(
        self, attempts: Iterable[Attempt], records: Sequence[Record]
    ) -> list[Attempt]:
        """Answer the commands that are among these records; the others, in their order."""
        found = {(record.entry.actor_id, record.entry.client_id): record for record in records}
        left = []
        for attempt in attempts:
            record = found.get(attempt.key)
            if record is None:
                left.append(attempt)
            else:
                self._repeat(attempt, record)
        return left

    def _judge_again(self, attempts: list[Attempt]) -> None:
        """Judge these again, in their old order and before newcomers, unless their time is over.

        On the loop's next turn: a store that answers at once must not wind up the stack.
        """
        self._speculative = self.state.overlay()
        self._layered = False
        now = self._clock.monotonic()
        attempts.sort(key=_order, reverse=True)
        for attempt in attempts:
            if now > attempt.deadline:
                self._fail(attempt, Unavailable())
            else:
                self._arrivals.appendleft(attempt)
        asyncio.get_running_loop().call_soon(self._go_on)

    # --- answering --------------------------------------------------------------------------------------------------

    def _repeat(self, attempt: Attempt, record: Record) -> None:
        """Answer with what this client_id led to before; an error where that was another command."""
        if attempt.digest is not None and record.digest not in (None, attempt.digest):
            self._fail(attempt, ClientIdReused())
        else:
            self._resolve(attempt, Committed(record.entry, duplicate=True))

    def _resolve(self, attempt: Attempt, committed: Committed) -> None:
        if attempt.own:
            self._keys.pop(attempt.key, None)
        attempt.answer.resolve(committed)

    def _fail(self, attempt: Attempt, error: Exception) -> None:
        if attempt.own:
            self._keys.pop(attempt.key, None)
        attempt.answer.fail(error)


def _order(attempt: Attempt) -> int:
    return attempt.order
