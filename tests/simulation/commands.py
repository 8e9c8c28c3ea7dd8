"""What people do: commands drawn from a seed, each retried under its client_id until its answer is final."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.simulation.device import OPEN, Device, Json

KINDS = {
    "send": 8, "edit": 2, "delete": 1, "react": 3, "unreact": 2, "pin": 1, "unpin": 1,
    "add": 4, "remove": 3, "leave": 1, "join": 1, "create": 1, "direct": 1, "mark": 3,
}  # fmt: skip
QUARREL = {"send": 6, "react": 2, "add": 4, "remove": 4, "leave": 4, "join": 2}
"""Who is in changes all the time."""

MOST_ATTEMPTS = 400
REUSED = 0.1
"""So often the client_id of a message that was acked is sent once more, with another text."""


@dataclass
class Attempt:
    asked: float
    answered: float | None = None
    answer: Json | None = None


@dataclass
class Command:
    """`attempts` are all askings; the last one has the final answer."""

    kind: str
    actor_id: str
    client_id: str
    conversation_id: str = ""
    message_seq: int = 0
    other_id: str = ""
    text: str = ""
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def final(self) -> Json | None:
        return self.attempts[-1].answer if self.attempts and _is_final(self.attempts[-1]) else None

    @property
    def acked(self) -> bool:
        """Whether an entry came of it, for all that its sender was told."""
        return self.final is not None and self.final["ok"] and "entry" in self.final

    @property
    def event(self) -> str:
        return _EVENTS[self.kind]

    @property
    def payload(self) -> Json:
        return _PAYLOADS[self.kind](self)

    def __str__(self) -> str:
        where = f"{self.conversation_id[:6]}#{self.message_seq}" if self.conversation_id else ""
        return f"{self.kind}[{self.client_id} by {self.actor_id[:6]} {where} {self.other_id[:6]}]"


_EVENTS = {
    "send": "message.send", "edit": "message.edit", "delete": "message.delete",
    "react": "reaction.add", "unreact": "reaction.remove", "pin": "message.pin",
    "unpin": "message.unpin", "add": "member.add", "remove": "member.remove",
    "leave": "conversation.leave", "join": "conversation.join", "create": "conversation.create",
    "direct": "message.send", "mark": "mark",
}  # fmt: skip


def _of_message(command: Command, **more: Any) -> Json:
    return {
        "conversation_id": command.conversation_id,
        "message_seq": command.message_seq,
        "client_id": command.client_id,
        **more,
    }


def _of_member(command: Command) -> Json:
    return {
        "conversation_id": command.conversation_id,
        "user_id": command.other_id,
        "client_id": command.client_id,
    }


def _of_conversation(command: Command, **more: Any) -> Json:
    return {
        "conversation_id": command.conversation_id,
        "client_id": command.client_id,
        **more,
    }


_PAYLOADS: dict[str, Callable[[Command], Json]] = {
    "send": lambda c: _of_conversation(c, body=c.text),
    "edit": lambda c: _of_message(c, body=c.text),
    "delete": _of_message,
    "react": lambda c: _of_message(c, emoji="👍"),
    "unreact": lambda c: _of_message(c, emoji="👍"),
    "pin": _of_message,
    "unpin": _of_message,
    "add": _of_member,
    "remove": _of_member,
    "leave": _of_conversation,
    "join": _of_conversation,
    "create": lambda c: {
        "kind": "group",
        "name": c.text,
        "members": [c.other_id],
        "client_id": c.client_id,
    },
    "direct": lambda c: {"user_id": c.other_id, "body": c.text, "client_id": c.client_id},
    "mark": lambda c: {"conversation_id": c.conversation_id, "read": c.message_seq},
}


def _is_final(attempt: Attempt) -> bool:
    answer = attempt.answer
    return answer is not None and (answer["ok"] or answer["error"]["code"] not in OPEN)


class Person:
    """Somebody with devices, who has so many things to do within some seconds.

    `haste` is the share of commands after which they do not wait for the answer before the next one, `last_words` how
    likely it is that the last they do is to mark and to speak at once.
    """

    def __init__(
        self,
        *,
        user_id: str,
        devices: Sequence[Device],
        random: Random,
        now: Callable[[], float],
        others: Sequence[str],
        places: list[str],
        haste: float,
        last_words: float,
        kinds: dict[str, int],
    ) -> None:
        self.user_id = user_id
        self.devices = devices
        self.done: list[Command] = []
        self.reused: list[tuple[Command, Json | None]] = []
        self._random = random
        self._now = now
        self._others = others
        self._places = places
        self._haste = haste
        self._last_words = last_words
        self._kinds = kinds

    async def live(self, count: int, seconds: float) -> None:
        """Do that many things, some of them at once."""
        doing = []
        for number in range(count):
            command = self._choose(f"{self.user_id[:4]}-{number}")
            self.done.append(command)
            doing.append(asyncio.get_running_loop().create_task(self._do(command)))
            if self._random.random() >= self._haste:
                await doing[-1]
                await asyncio.sleep(self._random.uniform(0, 2 * seconds / (count + 1)))
        for task in doing:
            await task
        if self._random.random() < self._last_words:
            await self._say_and_mark()

    async def _say_and_mark(self) -> None:
        """The last that is heard of them: they mark something as read, and say something while that is kept."""
        where = self._random.choice(self._places)
        seq, name = self._known_message(where), f"{self.user_id[:4]}-last"
        mark = Command("mark", self.user_id, f"{name}-mark", where, message_seq=seq)
        words = Command("send", self.user_id, f"{name}-words", where, text="last words")
        both = [mark, words] if seq else [words]
        self.done += both
        doing = []
        for command in both:
            doing.append(asyncio.get_running_loop().create_task(self._do(command)))
            await asyncio.sleep(self._random.uniform(0, 0.03))
        for task in doing:
            await task

    def _choose(self, client_id: str) -> Command:
        random = self._random
        kind = random.choices(list(self._kinds), list(self._kinds.values()))[0]
        where = random.choice(self._places)
        command = Command(kind, self.user_id, client_id, where, text=f"text of {client_id}")
        if kind == "leave":
            command.other_id = self.user_id
        elif kind in ("add", "remove", "create", "direct"):
            command.other_id = random.choice(self._others)
        if kind in ("create", "direct"):
            command.conversation_id = ""
        command.message_seq = self._known_message(where)
        if not command.message_seq and kind in (
            "edit", "delete", "react", "unreact", "pin", "unpin", "mark",
        ):  # fmt: skip
            command.kind = "send"
        return command

    def _known_message(self, where: str) -> int:
        """One of the last messages that some device of theirs shows; 0 where there is none."""
        view = self._random.choice(self.devices).views.get(where)
        entries = view.entries if view is not None else []
        known = [entry["seq"] for entry in entries if entry["type"] == "message.new"]
        return self._random.choice(known[-3:]) if known else 0

    async def _do(self, command: Command) -> None:
        while command.final is None and len(command.attempts) < MOST_ATTEMPTS:
            device = self._random.choice(self.devices)
            if not device.connected:
                await asyncio.sleep(self._random.uniform(0.002, 0.02))
                continue
            attempt = Attempt(self._now())
            command.attempts.append(attempt)
            attempt.answer = await device.ask(command.event, **command.payload)
            if attempt.answer is not None and "marks" in attempt.answer:
                device.witness.stands(device, attempt.answer["marks"])
            attempt.answered = self._now()
            if command.final is None:
                await asyncio.sleep(self._random.uniform(0.001, 0.03))
        if command.kind == "send" and command.acked and self._random.random() < REUSED:
            await self._reuse(command)

    async def _reuse(self, command: Command) -> None:
        device = self._random.choice(self.devices)
        if device.connected:
            other = command.payload | {"body": "another text"}
            self.reused.append((command, await device.ask(command.event, **other)))
