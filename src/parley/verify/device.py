"""A device: it comes back whenever it was cut off, and asks until it is answered."""

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Final

from parley.verify.figures import Figures
from parley.verify.history import Answer, Command, Mark, Told
from parley.verify.plan import Chooser, Place
from parley.verify.ports import Chat, Connection, Keep, NotNow, Unanswered

CONNECTING_SECONDS: Final = 20.0
ANSWER_SECONDS: Final = 5.0
PATIENCE: Final = 1.5
"""By so much longer an answer is waited for with each attempt, so that a slow machine is not taken for a broken one."""
MOST_ANSWER_SECONDS: Final = 60.0
BACK_SECONDS: Final = (0.02, 0.5)
AGAIN_SECONDS: Final = (0.02, 0.2)
BURSTS: Final = (1, 1, 1, 2, 4, 8)
ELSEWHERE: Final = 0.4
"""So often what got no answer is asked again through another connection of the same person."""
TWICE: Final = 0.02
"""So often a command that was answered is sent once more."""


class Book:
    """What all devices write down together."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.marks: list[Mark] = []
        self.places: list[Place] = []
        self.figures = Figures()


class Device:
    """One of a person's. `siblings` are all devices of that person, this one included."""

    def __init__(
        self,
        keep: Keep,
        *,
        chat: Chat,
        url: str,
        dice: random.Random,
        chooser: Chooser,
        siblings: Sequence["Device"],
        book: Book,
    ) -> None:
        self.keep = keep
        self._chat = chat
        self._url = url
        self._dice = dice
        self._chooser = chooser
        self._siblings = siblings
        self._book = book
        self._wanted = asyncio.Event()
        self._unwanted = asyncio.Event()
        self._connected = asyncio.Event()
        self._connection: Connection | None = None
        self.start()

    @property
    def settled(self) -> bool:
        """Connected, and not catching up."""
        return self._connected.is_set() and not self.keep.views.catching_up

    def start(self) -> None:
        """Be there, from now on."""
        self._unwanted.clear()
        self._wanted.set()

    def stop(self) -> None:
        """Be away, until `start`."""
        self._wanted.clear()
        self._unwanted.set()

    # --- being connected ----------------------------------------------------------------------------------------

    async def live(self) -> None:
        """Connect, again and again, until cancelled."""
        while True:
            await self._wanted.wait()
            try:
                connection = await self._chat.connect(self._url, self.keep, CONNECTING_SECONDS)
            except NotNow:
                await asyncio.sleep(self._dice.uniform(*BACK_SECONDS))
                continue
            try:
                await self._stay(connection)
            finally:
                self._connected.clear()
                self._connection = None
                await connection.close()

    async def _stay(self, connection: Connection) -> None:
        self._book.figures.connections += 1
        self._connection = connection
        self._connected.set()
        waiting = [
            asyncio.create_task(connection.ended()),
            asyncio.create_task(self._unwanted.wait()),
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()

    async def _reach(self) -> Connection:
        while True:
            await self._connected.wait()
            if self._connection is not None:
                return self._connection

    # --- asking -------------------------------------------------------------------------------------------------

    async def talk(self, per_second: float, over: asyncio.Event) -> None:
        """Do things, about so many a second, until it is over and everything is answered."""
        mean = sum(BURSTS) / len(BURSTS) / per_second
        while not over.is_set():
            await asyncio.sleep(self._dice.expovariate(1 / mean))
            views = self.keep.views.by_id
            chosen = [self._chooser.next(views) for _ in range(self._dice.choice(BURSTS))]
            await asyncio.gather(*(self._do(one) for one in chosen if one is not None))

    async def _do(self, command: Command) -> None:
        if command.kind == "mark":
            await self._mark(command)
            return
        told = Told(command=command, device=self.keep.device, sent_at=0.0)
        self._book.told.append(told)
        self._book.figures.commands += 1
        answer = await self._until_answered(told)
        if command.kind == "message.send":
            self._book.figures.messages += 1
        if answer.outcome == "refused":
            self._book.figures.refused += 1
        elif command.kind == "conversation.create":
            made = Place(answer.conversation_id, "group", command.actor_id)
            self._book.places.append(made)
        if self._dice.random() < TWICE:
            self._book.figures.asked_twice += 1
            await self._until_answered(told)

    async def _until_answered(self, told: Told) -> Answer:
        device = self
        while True:
            connection = await device._reach()
            answer = await self._attempt(told, connection)
            if answer is not None and answer.outcome != "open":
                return answer
            self._book.figures.retries += 1
            if self._dice.random() < ELSEWHERE:
                device = self._dice.choice(self._siblings)
            await asyncio.sleep(self._dice.uniform(*AGAIN_SECONDS))

    async def _attempt(self, told: Told, connection: Connection) -> Answer | None:
        told.attempts += 1
        began = time.monotonic()
        told.sent_at = told.sent_at or began
        try:
            answer = await connection.ask(told.command, _patience(told.attempts))
        except Unanswered:
            told.open += 1
            return None
        ended = time.monotonic()
        told.answers.append((ended, answer))
        if answer.outcome == "open":
            told.open += 1
        elif told.attempts == 1:
            self._book.figures.latencies.append(ended - began)
        return answer

    async def _mark(self, command: Command) -> None:
        where, seq = command.conversation_id, command.message_seq
        acked = False
        while not acked:
            connection = await self._reach()
            try:
                acked = await connection.mark(where, seq, ANSWER_SECONDS)
                break
            except Unanswered:
                await asyncio.sleep(self._dice.uniform(*AGAIN_SECONDS))
        self._book.marks.append(Mark(command.actor_id, where, seq, acked))


def _patience(attempt: int) -> float:
    return min(MOST_ANSWER_SECONDS, ANSWER_SECONDS * PATIENCE ** (attempt - 1))
