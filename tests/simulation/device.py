"""A person's device: a Socket.IO client that keeps its conversations by the rules for clients, and nothing else.

What it holds comes from pushes, acks, `sync` and recovery alone; it never looks at the store.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from parley.socketio.protocol.frames import CloseCode, Opcode, serialise
from tests.simulation.loop import SimulatedLoop
from tests.simulation.network import Wire

Json = dict[str, Any]
REQUEST = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
PATIENCE_SECONDS = 0.4
SYNC_PATIENCE_SECONDS = 3.0
OVERFLOWED = int(CloseCode.TRY_AGAIN_LATER).to_bytes(2)
OPEN = frozenset(("unavailable", "rate_limited", "draining"))
"""Codes of errors that say nothing of the command: it is retried under its client_id."""


@dataclass
class View:
    """What a device holds of a conversation: everything after `base`, up to its cursor."""

    base: int
    entries: list[Json] = field(default_factory=list)
    left: bool = False
    left_seq: int = 0

    @property
    def cursor(self) -> int:
        return max(self.left_seq, self.entries[-1]["seq"] if self.entries else self.base)


class Witness(Protocol):
    """Is told of everything that a device sees, when it sees it."""

    def pushed(self, device: "Device", entry: Json) -> None: ...

    def synced(self, device: "Device", asked: float, answer: Json) -> None: ...

    def recovered(self, device: "Device") -> None: ...

    def left_open(self, device: "Device", payload: Json) -> None: ...

    def stands(self, device: "Device", standing: Json) -> None: ...

    def violate(self, promise: str, what: str) -> None: ...


class Device:
    def __init__(
        self,
        *,
        loop: SimulatedLoop,
        name: str,
        user_id: str,
        token: str,
        connect: Callable[[Random], Wire | None],
        witness: Witness,
        random: Random,
        recover: bool,
    ) -> None:
        self.name = name
        self.user_id = user_id
        self.views: dict[str, View] = {}
        self.connected = False
        self.synced = False
        self.marks: dict[str, int] = {}
        self.exact = True
        """Whether nothing may come twice; on a shared log one's own `member.left` may, to who is in no more."""
        self.may_be_reset = False
        """Once an older state of the store was put back."""
        self.may_end = False
        """Once somebody asked for the end of its session."""
        self.ended_at: float | None = None
        """When that was answered; with it, the server has heard of it."""
        self.over = False
        """Whether this device was told, and stays away."""
        self._opened_at = 0.0
        self._loop = loop
        self._token = token
        self._open = connect
        self.witness = witness
        self._random = random
        self._recover = recover
        self._wire: Wire | None = None
        self._input = b""
        self._head = True
        self._acks: dict[int, Callable[[Json | None], None]] = {}
        self._asked: dict[int, Json] = {}
        self._next_ack = 0
        self._epoch: str | None = None
        self._pid: str | None = None
        self._offset: str | None = None
        self._syncing = False
        self._seamless = False
        """Whether all that comes has to come without a jump: the connection stands, and has caught up once."""
        self._recovered = False
        self._overflowed = False
        """Whether its connection is cut as too much waits for it: that leaves open what it asked, also at a stop."""
        self._pushed: dict[str, int] = {}
        self._said: dict[str, int] = {}

    # --- the connection ---------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Open a connection; where nobody answers, try again a little later, for ever."""
        if self._wire is not None or self.over:
            return
        self._opened_at = self._loop.time()
        wire = self._open(self._random)
        if wire is None:
            self._loop.call_later(self._random.uniform(0.005, 0.05), self.connect)
            return
        self._wire, self._input, self._head = wire, b"", True
        wire.on_bytes = self._bytes
        wire.on_end = self._lost
        wire.send(REQUEST)

    def cut(self, back_seconds: float) -> None:
        """Lose the connection, and be back after so long."""
        if self._wire is not None:
            self._wire.cut()
            self._gone()
        self._loop.call_later(back_seconds, self.connect)

    def stall(self, seconds: float) -> None:
        """Read nothing for so long."""
        if self._wire is not None:
            self._wire.stall(seconds)

    def _lost(self) -> None:
        if self._wire is not None and self._wire.drained and not self._overflowed:
            for number in self._acks:
                self.witness.left_open(self, self._asked[number])
        self._gone()
        self._loop.call_later(self._random.uniform(0.001, 0.02), self.connect)

    def _gone(self) -> None:
        self._wire = None
        self._seamless = self._recovered = self._overflowed = False
        self._pushed.clear()
        self._said.clear()
        self.connected = self.synced = self._syncing = False
        for number in list(self._acks):
            self._answer(number, None)

    # --- what arrives -----------------------------------------------------------------------------------------------

    def _bytes(self, data: bytes) -> None:
        self._input += data
        if self._head:
            head, found, rest = self._input.partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                wire = self._wire
                assert wire is not None
                wire.cut()
                self._lost()
                return
            self._head, self._input = False, rest
        wire = self._wire
        while self._wire is wire and (frame := self._frame()) is not None:
            opcode, payload = frame
            if opcode == Opcode.TEXT:
                self._packet(payload.decode())
            elif opcode == Opcode.CLOSE:
                self._overflowed = payload[:2] == OVERFLOWED
                # Without an answer the server would wait for one, for seconds. The end of the connection follows it.
                wire.send(serialise(Opcode.CLOSE, payload[:2], mask=b"\0\0\0\0"))
                return

    def _frame(self) -> tuple[int, bytes] | None:
        """The next whole frame; a server's are not masked."""
        data = self._input
        if len(data) < 2:
            return None
        size, start = data[1], 2
        if size == 126:
            size, start = int.from_bytes(data[2:4]), 4
        elif size == 127:
            size, start = int.from_bytes(data[2:10]), 10
        if len(data) < start + size:
            return None
        self._input = data[start + size :]
        return data[0] & 0x0F, data[start : start + size]

    def _packet(self, text: str) -> None:
        if text[0] == "0":
            self._send(f"40{json.dumps(self._auth())}")
        elif text == "2":
            self._send("3")
        elif text.startswith("40"):
            self._welcomed(json.loads(text[2:]))
        elif text.startswith("42"):
            self._event(*json.loads(text[2:]))
        elif text.startswith("43"):
            number, _, answer = text[2:].partition("[")
            self._answer(int(number), json.loads("[" + answer)[0])
        elif text.startswith(("41", "44")) and self.may_end:
            self.over, self.connected = True, False
        elif text.startswith(("41", "44")):
            self.witness.violate("liveness", f"{self.name} was turned away for good: {text}")

    def _auth(self) -> Json:
        auth: Json = {"token": self._token}
        if self._recover:
            auth["recover"] = True
        if self._pid is not None and self._offset is not None:
            auth |= {"pid": self._pid, "offset": self._offset}
        return auth

    def _send(self, packet: str) -> None:
        if self._wire is not None:
            self._wire.send(serialise(Opcode.TEXT, packet.encode(), mask=b"\0\0\0\0"))

    def _welcomed(self, reply: Json) -> None:
        self.connected = True
        if self.ended_at is not None and self._opened_at > self.ended_at:
            self.witness.violate("6 only members", f"{self.name} is let in, its session ended")
        recovered = self._pid is not None and reply.get("pid") == self._pid
        self._recovered = self._seamless = recovered and self._complete
        self._pid = reply.get("pid")
        if not recovered:
            self._offset = None
        else:
            self.witness.recovered(self)
        # Whose catching up had not ended catches up again, recovered or not.
        if not recovered or not self._complete:
            self.sync()
        else:
            self.synced = True

    _complete = False
    """Whether the device once caught up wholly, and saw no gap since."""

    def _event(self, name: str, *args: Any) -> None:
        if self._pid is not None and len(args) > 1 and isinstance(args[-1], str):
            self._offset = args[-1]
        if self.over:
            self.witness.violate("6 only members", f"{self.name} is sent {name} behind its end")
        if name == "session.revoked":
            self.over = True
        elif name == "receipt":
            self._receipt(args[0])
        elif name == "marks":
            self._stand(args[0]["marks"])
        elif args and isinstance(args[0], dict) and "seq" in args[0]:
            self.witness.pushed(self, args[0])
            self._follows(args[0])
            self._apply(args[0])

    def _receipt(self, receipt: Json) -> None:
        for mark in receipt["marks"]:
            if mark["user_id"] == self.user_id and "read" in mark:
                where, read = receipt["conversation_id"], mark["read"]
                if read < self._said.get(where, 0):
                    what = f"{self.name}, who has said {self._said[where]} in {where[:6]}, is told {read}"
                    self.witness.violate("5 marks", what)
                self.marks[where] = max(self.marks.get(where, 0), read)

    def _follows(self, entry: Json) -> None:
        """On one connection the pushes of a conversation have growing seqs: stock clients show what they are sent."""
        where, seq = entry["conversation_id"], entry["seq"]
        before = self._pushed.get(where, 0)
        if seq <= before and self.exact:
            self.witness.violate(
                "4 no gap", f"{self.name} is pushed {where[:6]}#{seq} after {before}"
            )
        self._pushed[where] = max(seq, before)
        if entry["type"] == "message.new" and entry["actor_id"] == self.user_id:
            self._said[where] = seq

    def _jumped(self, entry: Json) -> None:
        if self._seamless:
            where = f"{entry['conversation_id'][:6]}#{entry['seq']}"
            self.witness.violate(
                "4 no gap", f"{self.name}, caught up, is pushed {where} ahead of its turn"
            )
        self.sync()

    # --- the log ----------------------------------------------------------------------------------------------------

    def _apply(self, entry: Json) -> None:
        where, seq = entry["conversation_id"], entry["seq"]
        view = self.views.get(where)
        if self._syncing and (view is None or view.left or seq > view.cursor):
            return  # between pages, what is ahead of the cursor comes with the next one
        if view is None or view.left:
            self._apply_outside(where, view, entry)
        elif seq <= view.cursor:
            return
        elif seq == view.cursor + 1:
            view.entries.append(entry)
            view.left = self._leaves(entry)
        elif self._leaves(entry):
            if self._seamless and not self._recovered:
                self._jumped(entry)
            view.left, view.left_seq = True, seq
        elif self._joins(entry):
            self.sync()
        else:
            self._jumped(entry)

    def _apply_outside(self, where: str, view: View | None, entry: Json) -> None:
        """Of a conversation that the device has not, or no more."""
        if view is not None and entry["seq"] <= view.cursor:
            return
        if self._joins(entry):
            self.views[where] = View(entry["seq"] - 1, [entry])
        elif self._leaves(entry):
            self.views[where] = View(entry["seq"], left=True, left_seq=entry["seq"])
        else:  # `sync` may have read of their leaving already, which follows this
            self.sync()

    def _joins(self, entry: Json) -> bool:
        if entry["type"] == "conversation.created":
            return any(one["user_id"] == self.user_id for one in entry["members"])
        return entry["type"] == "member.joined" and entry["user_id"] == self.user_id

    def _leaves(self, entry: Json) -> bool:
        if entry["type"] == "conversation.deleted":
            return True
        return entry["type"] == "member.left" and entry["user_id"] == self.user_id

    def sync(self) -> None:
        """Catch up from the cursors, unless that is under way."""
        self._complete = self._seamless = False
        if self.connected and not self._syncing:
            self._syncing = True
            self.synced = False
            self._ask_what_was_missed()

    def _ask_what_was_missed(self) -> None:
        wire, asked = self._wire, self._loop.time()
        cursors = {where: view.cursor for where, view in self.views.items() if not view.left}
        limit = self._random.choice((2, 5, 500))
        payload = _without_none(cursors=cursors, epoch=self._epoch, limit=limit)

        def answered(answer: Json | None) -> None:
            if wire is self._wire:
                self._caught_up(asked, answer)

        self._emit("sync", payload, answered, SYNC_PATIENCE_SECONDS)

    def _caught_up(self, asked: float, answer: Json | None) -> None:
        """Take an answer in at once: the pushes that follow it may have come with the same bytes."""
        if answer is None or not answer["ok"]:
            self._loop.call_later(0.02, self._ask_again, self._wire)
            return
        self.witness.synced(self, asked, answer)
        self._take(answer)
        if answer["more"]:
            self._ask_what_was_missed()
        else:
            self._syncing = False
            self.synced = self._complete = self._seamless = True

    def _ask_again(self, wire: Wire | None) -> None:
        if wire is not None and wire is self._wire:
            self._ask_what_was_missed()

    def _take(self, answer: Json) -> None:
        if self._epoch not in (None, answer["epoch"]):
            self.views.clear()
            self.marks.clear()
        self._epoch = answer["epoch"]
        for missed in answer["conversations"]:
            self._take_missed(missed)
        for lost in answer["lost"]:
            view = self.views.setdefault(lost["conversation_id"], View(lost["seq"]))
            view.left, view.left_seq = True, max(view.cursor, lost["seq"])
        self._stand(answer["marks"])

    def _stand(self, standings: list[Json]) -> None:
        """How this person stands now: nobody here marks as unread, so it is never further back."""
        for standing in standings:
            where, read = standing["conversation_id"], standing["read"]
            if read < self.marks.get(where, 0):
                self.witness.violate("5 marks", f"{self.name} is told of {where} read to {read}")
            self.marks[where] = max(self.marks.get(where, 0), read)
            self.witness.stands(self, standing)

    def _take_missed(self, missed: Json) -> None:
        where, view = missed["conversation_id"], self.views.get(missed["conversation_id"])
        if "gained" in missed or view is None:
            if view is None or view.left or view.cursor < missed["head"]:
                self.views[where] = View(missed["head"])
            return
        if missed.get("reset"):
            if not self.may_be_reset:
                self.witness.violate("4 no gap", f"{self.name} is told to begin anew in {where}")
            self.views[where] = View(missed["head"])
            return
        for entry in missed["entries"]:
            if entry["seq"] == view.cursor + 1:
                view.entries.append(entry)
            elif entry["seq"] > view.cursor:
                self.witness.violate(
                    "3 one order", f"{self.name} gets {entry['seq']} after {view.cursor} by sync"
                )

    # --- commands ---------------------------------------------------------------------------------------------------

    async def ask(self, command: str, **payload: Any) -> Json | None:
        """Send a command; its ack, or None where none came in time or the connection ended."""
        answer: asyncio.Future[Json | None] = self._loop.create_future()
        self._emit(command, _without_none(**payload), answer.set_result, PATIENCE_SECONDS)
        return await answer

    def _emit(
        self, command: str, payload: Json, then: Callable[[Json | None], None], patience: float
    ) -> None:
        number = self._next_ack = self._next_ack + 1
        self._acks[number] = then
        self._asked[number] = payload
        self._send(f"42{number}{json.dumps([command, payload])}")
        self._loop.call_later(patience, self._answer, number, None)

    def _answer(self, number: int, answer: Json | None) -> None:
        then = self._acks.pop(number, None)
        self._asked.pop(number, None)
        if then is not None:
            then(answer)


def _without_none(**payload: Any) -> Json:
    return {name: value for name, value in payload.items() if value is not None}
