"""The journal: every conversation in use, each with its state and its sequencer."""

import asyncio
from collections import OrderedDict
from typing import Final

from parley.journal.commands import Attempt, Committed, Digester, Judge
from parley.journal.sequencer import Sequencer
from parley.journal.shared import SharedSequencer
from parley.journal.tally import Tally
from parley.model.conversations import State
from parley.model.ids import SERVER_MADE, ConversationId, RandomBytes, UserId
from parley.ports.answers import Answer
from parley.ports.background import Spawn
from parley.ports.bus import Bus
from parley.ports.clock import Clock
from parley.ports.log import Log, Record, StoreIdentity

LOOK_AGAIN_SECONDS: Final = 5
"""Until a log of which an append's outcome could not be found out is read again, should nobody else load it."""


class Journal:
    """The only writer of conversations. It publishes what is committed, and only that."""

    def __init__(
        self,
        *,
        log: Log,
        bus: Bus,
        clock: Clock,
        random: RandomBytes,
        spawn: Spawn,
        identity: StoreIdentity,
        most_awake: int = 20_000,
        patience_seconds: float = 5.0,
    ) -> None:
        self.digest = Digester(identity.digest_key)
        self.epoch = identity.epoch
        self._log = log
        self._bus = bus
        self._clock = clock
        self._new_sequencer = SharedSequencer if log.shared else Sequencer
        self._most_awake = most_awake
        self._patience = patience_seconds
        self._awake: OrderedDict[ConversationId, Sequencer] = OrderedDict()
        self._doubtful: dict[ConversationId, int] = {}
        """Where the outcome of an append was never found out: the head up to which all was published."""
        self._spawn = spawn
        self._count = 0
        self.tally = Tally()
        self._process = f"{SERVER_MADE}{random(12).hex()}"

    def commit(
        self,
        conversation_id: ConversationId,
        actor_id: UserId,
        judge: Judge,
        *,
        client_id: str | None = None,
        digest: bytes | None = None,
    ) -> Answer[Committed]:
        """Have a command judged against the log exactly as it stands before its own entry, and append that, once.

        Answered after the commit of everything that the answer rests on. The same `client_id` of the same person
        in the same conversation leads to one entry for ever; a retry is answered with it as it is now.

        Args:
            conversation_id: Where.
            actor_id: Who, as an authenticated session says.
            judge: Says what happens; see `Judge`.
            client_id: The client's name for the command. One is made where it gave none.
            digest: `Journal.digest` of the command, so that a retry can be told from another command.

        Raises:
            ClientIdReused: The client_id led to another command before (in the answer, as all errors).
            Unavailable: Whether the command is in the log is open.
            ChatError: What the judge raised: this attempt is not in the log.
        """
        self._count += 1
        attempt = Attempt(
            actor_id=actor_id,
            client_id=client_id or f"{self._process}{self._count:x}",
            own=client_id is not None,
            digest=digest,
            judge=judge,
            order=self._count,
            deadline=self._clock.monotonic() + self._patience,
        )
        return self._sequencer(conversation_id).submit(attempt)

    def state(self, conversation_id: ConversationId) -> Answer[State]:
        """The committed state of a conversation, to be looked at before the next await; `head` 0 where there is none.

        Raises:
            Unavailable: It can't be loaded now.
        """
        return self._sequencer(conversation_id).ready()

    @property
    def awake(self) -> int:
        """How many conversations' states are in memory."""
        return len(self._awake)

    def on_record(self, record: Record) -> None:
        """Take in what the bus brings; to be subscribed where other nodes write the same log."""
        sequencer = self._awake.get(record.entry.conversation_id)
        if isinstance(sequencer, SharedSequencer):
            sequencer.hear(record)

    def _sequencer(self, conversation_id: ConversationId) -> Sequencer:
        sequencer = self._awake.get(conversation_id)
        if sequencer is not None:
            self._awake.move_to_end(conversation_id)
            return sequencer
        self._let_sleep()
        sequencer = self._awake[conversation_id] = self._new_sequencer(
            conversation_id,
            log=self._log,
            bus=self._bus,
            clock=self._clock,
            spawn=self._spawn,
            forget=self._forget,
            tally=self.tally,
            doubtful=self._doubtful.pop(conversation_id, None),
        )
        return sequencer

    def _let_sleep(self) -> None:
        """Make room by forgetting those longest out of use; one that holds a command stays."""
        excess = len(self._awake) + 1 - self._most_awake
        if excess <= 0:
            return
        asleep = []
        for conversation_id, sequencer in self._awake.items():
            if sequencer.idle:
                asleep.append(conversation_id)
                if len(asleep) == excess:
                    break
        for conversation_id in asleep:
            del self._awake[conversation_id]

    def _forget(self, sequencer: Sequencer) -> None:
        conversation_id = sequencer.state.conversation_id
        if self._awake.get(conversation_id) is sequencer:
            del self._awake[conversation_id]
        if sequencer.doubtful is not None:
            self._doubtful[conversation_id] = sequencer.doubtful
            loop = asyncio.get_running_loop()
            loop.call_later(LOOK_AGAIN_SECONDS, self._look_again, conversation_id)

    def _look_again(self, conversation_id: ConversationId) -> None:
        if conversation_id in self._doubtful:
            self._sequencer(conversation_id)
