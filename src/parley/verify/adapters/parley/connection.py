"""A socket of a device: what it hears, asks, and catches up with."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

import aiohttp
import msgspec

from parley.verify.adapters.parley import shapes
from parley.verify.adapters.parley.shapes import Ack, Decoded, Hello, Missed, Receipt
from parley.verify.history import Answer, Command, Entry
from parley.verify.ports import Connection, Keep, NotNow, Unanswered
from parley.verify.views import Page
from parley.verify.wire import Heard, Refused, Wire

LEFT_OPEN: Final = frozenset({"unavailable", "rate_limited", "draining"})
"""The errors after which a command may be in the log or not."""

CATCHING_UP_SECONDS: Final = 30.0
LEAST_SECONDS: Final = 0.1


class ParleyConnection(Connection):
    """It catches up when it comes in, unless it was recovered, and whenever it sees that something is missing."""

    def __init__(self, keep: Keep, decoded: Callable[[str], Decoded]) -> None:
        self._keep = keep
        self._views = keep.views
        self._decoded = decoded
        self._wire: Wire | None = None
        self._syncing: asyncio.Task[bool] | None = None
        self._early: list[str] | None = []
        self._furthest: dict[tuple[str, str], tuple[int, int]] = {}

    async def open(self, http: aiohttp.ClientSession, url: str, within: float) -> None:
        """Come in, and catch up unless what was missed comes by itself.

        Raises:
            NotNow: That did not come about within so many seconds.
        """
        until = time.monotonic() + within
        self._views.connected()
        try:
            self._wire = await Wire.open(http, url, self._auth(), self._heard, within)
        except Refused as error:
            self._keep.session = None  # ended or expired: the next attempt signs in anew
            raise NotNow(f"refused: {error.code}") from error
        if self._recovered(msgspec.json.decode(self._wire.hello, type=Hello)):
            self._keep.recovered += 1
            self._views.seamless = self._views.recovered = True
        else:
            self._views.catching_up = True
        self._release()
        if self._views.catching_up and not await self._catch_up(until - time.monotonic()):
            raise NotNow("catching up was cut off")

    async def ask(self, command: Command, within: float) -> Answer:
        return _answer(shapes.ack(await self._emit(command.kind, _payload(command), within)))

    async def mark(self, conversation_id: str, seq: int, within: float) -> bool:
        payload = {"conversation_id": conversation_id, "read": seq}
        said = shapes.ack(await self._emit("mark", payload, within))
        return said.ok and said.marks is not None

    async def ended(self) -> None:
        if self._wire is not None:
            await self._wire.ended()

    async def close(self) -> None:
        if self._syncing is not None:
            self._syncing.cancel()
            await asyncio.wait((self._syncing,))
        if self._wire is not None:
            await self._wire.close()

    # --- what arrives -------------------------------------------------------------------------------------------

    def _heard(self, frame: str) -> None:
        """What comes before we know whether this is a recovery waits: that decides what to do with it."""
        if self._early is not None:
            self._early.append(frame)
            return
        said, offset = self._decoded(frame)
        if offset is not None and self._keep.recovery is not None:
            self._keep.recovery = self._keep.recovery[0], offset
        if isinstance(said, Entry):
            if self._views.take(said):
                self._ask_again()
        elif said is not None:
            self._compare(said)

    def _release(self) -> None:
        waiting, self._early = self._early or [], None
        for frame in waiting:
            self._heard(frame)

    def _compare(self, receipt: Receipt) -> None:
        """Within a connection nobody's marks move backwards, as nobody here marks as unread."""
        for mark in receipt.marks:
            key = receipt.conversation_id, mark.user_id
            before = self._furthest.get(key, (0, 0))
            now = mark.delivered, before[1] if mark.read is None else mark.read
            if now[0] < before[0] or now[1] < before[1]:
                self._views.faults.append(f"marks of {key[1]} in {key[0]}: {now} after {before}")
            self._furthest[key] = now

    # --- catching up --------------------------------------------------------------------------------------------

    def _ask_again(self) -> None:
        if self._syncing is None or self._syncing.done():
            self._views.catching_up = True
            self._syncing = asyncio.create_task(self._catch_up(CATCHING_UP_SECONDS))

    async def _catch_up(self, within: float) -> bool:
        """Page by page until there is no more. False where the connection ended before."""
        until = time.monotonic() + within
        try:
            while self._views.catching_up:
                payload = {"cursors": self._views.cursors()}
                left = max(LEAST_SECONDS, until - time.monotonic())
                await self._emit("sync", payload, left, self._caught_up)
        except Unanswered:
            return False
        return True

    def _caught_up(self, frame: str) -> None:
        """A page. What follows it on the wire may be taken at once if it was the last."""
        answer = shapes.sync(frame)
        if not answer.ok:
            return
        again = self._views.page(
            (_page(one) for one in answer.conversations),
            ((one.conversation_id, one.seq) for one in answer.lost),
        )
        if not answer.more and not again:
            self._keep.synced += 1
            self._views.catching_up = False
            self._views.seamless = True

    async def _emit(
        self, event: str, payload: dict[str, Any], within: float, heard: Heard | None = None
    ) -> str:
        if self._wire is None:
            raise Unanswered
        return await self._wire.emit(event, payload, within, heard)

    # --- recovery -----------------------------------------------------------------------------------------------

    def _auth(self) -> dict[str, Any]:
        auth: dict[str, Any] = {"token": self._keep.session.access_token}
        if self._keep.recover:
            auth["recover"] = True
            if self._keep.recovery is not None and self._keep.recovery[1]:
                auth["pid"], auth["offset"] = self._keep.recovery
        return auth

    def _recovered(self, hello: Hello) -> bool:
        """As the official client decides it; a device that was still catching up has to do that anyway."""
        before = self._keep.recovery
        if hello.pid is None:
            self._keep.recovery = None
            return False
        if before is not None and before[1] and before[0] == hello.pid:
            return not self._views.catching_up
        self._keep.recovery = hello.pid, ""
        return False


def _page(missed: Missed) -> Page:
    return Page(
        conversation_id=missed.conversation_id,
        head=missed.head,
        entries=missed.entries,
        gained=missed.gained is not None,
        reset=missed.reset,
    )


def _payload(command: Command) -> dict[str, Any]:
    payload: dict[str, Any] = {"client_id": command.client_id}
    for name in ("conversation_id", "body", "message_seq", "emoji", "user_id"):
        value = getattr(command, name)
        if value:
            payload[name] = value
    if command.kind == "conversation.create":
        payload |= {"kind": "group", "name": payload.pop("body"), "members": list(command.members)}
    return payload


def _answer(ack: Ack) -> Answer:
    if ack.error is not None:
        stays_open = ack.error.code in LEFT_OPEN
        return Answer(outcome="open" if stays_open else "refused", code=ack.error.code)
    if ack.entry is None:
        return Answer(outcome="nothing")
    return Answer(outcome="done", seq=ack.entry.seq, conversation_id=ack.entry.conversation_id)
