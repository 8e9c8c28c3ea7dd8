"""A plain Node chat on socket.io, `examples/plain-chat`: the counter-example, and how short an adapter can be.

Its clients do what such clients do: they read the history once, when they start, and then show what comes.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp

from parley.verify.history import Answer, Command, Entry, Member, Reading
from parley.verify.ports import Chat, Connection, Keep, NotNow, Person, Unanswered
from parley.verify.wire import Refused, Wire

REST_SECONDS: Final = 30
CREATED: Final = "conversation.created"


class PlainChat(Chat):
    """It sends messages, and knows nothing else."""

    numbered = False
    guards = False

    def __init__(self) -> None:
        self._url = ""
        self._http: aiohttp.ClientSession | None = None
        self._conversations: dict[str, list[str]] = {}

    async def open(self, url: str) -> None:
        self._url = url
        self._http = self._http or aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def register(self, name: str) -> Person:
        made = await self._call("POST", "/users", {"name": name})
        return Person(made["id"], name, "")

    async def establish(
        self, kind: str, name: str, owner: Person, members: list[Person]
    ) -> str | None:
        people = [owner.user_id, *(one.user_id for one in members)]
        made = await self._call("POST", "/conversations", {"name": name, "members": people})
        self._conversations[made["id"]] = people
        return str(made["id"])

    async def connect(self, url: str, keep: Keep, within: float) -> Connection:
        if self._http is None:
            raise NotNow("not opened")
        if not keep.views.by_id:
            await self._start(keep)
        auth = {"userId": keep.person.user_id}

        def heard(frame: str) -> None:
            keep.views.show(_message(json.loads(frame)[1]))

        try:
            wire = await Wire.open(self._http, url, auth, heard, within)
        except Refused as error:
            raise NotNow(str(error)) from error
        keep.views.catching_up = False
        return PlainConnection(wire)

    async def read(self, person: Person, conversation_id: str) -> Reading | None:
        del person  # it asks nobody who they are
        found = await self._call("GET", f"/messages/{conversation_id}")
        members = tuple(Member(one) for one in found["members"])
        created = Entry(
            conversation_id=conversation_id,
            type=CREATED,
            actor_id=members[0].user_id,
            members=members,
        )
        return Reading([created, *(_message(one) for one in found["messages"])], {})

    async def _start(self, keep: Keep) -> None:
        for conversation_id, members in self._conversations.items():
            if keep.person.user_id in members:
                reading = await self.read(keep.person, conversation_id)
                for entry in reading.log if reading is not None else ():
                    keep.views.show(entry)

    async def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        if self._http is None:
            raise NotNow("not opened")
        try:
            async with (
                asyncio.timeout(REST_SECONDS),
                self._http.request(method, self._url + path, json=body) as answer,
            ):
                found: dict[str, Any] = await answer.json()
                return found
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise NotNow(f"{method} {path}: {error!r}") from error


class PlainConnection(Connection):
    """A socket."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def ask(self, command: Command, within: float) -> Answer:
        payload = {
            "conversationId": command.conversation_id,
            "clientId": command.client_id,
            "text": command.body,
        }
        await self._wire.emit("message", payload, within)
        return Answer(outcome="done", conversation_id=command.conversation_id)

    async def mark(self, conversation_id: str, seq: int, within: float) -> bool:
        raise Unanswered

    async def ended(self) -> None:
        await self._wire.ended()

    async def close(self) -> None:
        await self._wire.close()


def _message(said: Mapping[str, Any]) -> Entry:
    at = datetime.fromtimestamp(said["createdAt"] / 1000, UTC)
    return Entry(
        conversation_id=said["conversationId"],
        actor_id=said["senderId"],
        client_id=said["clientId"],
        body=said["text"],
        at=at.isoformat(timespec="milliseconds"),
    )
