"""Parley as a `Chat`: accounts are made and logs read over REST, straight from the server; all else is Socket.IO."""

import asyncio
import secrets
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import msgspec

from parley.verify.adapters.parley.connection import ParleyConnection
from parley.verify.adapters.parley.shapes import (
    Decoded,
    ListPage,
    LogPage,
    MessagePage,
    Session,
    Shown,
    SignedIn,
    event,
)
from parley.verify.history import Content, Entry, Reading
from parley.verify.ports import Chat, Connection, Keep, NotNow, Person, Unfit

FRESH_SECONDS: Final = 600
"""Access tokens live 15 minutes; a device signs in anew for a connection once its token is this old."""

PAGE: Final = 200
REST_SECONDS: Final = 30
LEAST_SECONDS: Final = 0.1
NOT_YOURS: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
LATER: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""After these the same may well succeed a little later."""

MOST_DECODED: Final = 20_000
SHOWN_CHARS: Final = 200

Body = Mapping[str, Any]


class ParleyChat(Chat):
    """One of a run."""

    kinds = frozenset(
        {
            "message.send",
            "message.edit",
            "message.delete",
            "reaction.add",
            "reaction.remove",
            "member.add",
            "member.remove",
            "conversation.create",
            "conversation.join",
            "conversation.leave",
            "mark",
        }
    )

    def __init__(self) -> None:
        self._url = ""
        self._http: aiohttp.ClientSession | None = None
        self._tokens: dict[str, Session] = {}
        # The server writes the same bytes to all sockets of a conversation, so most frames were decoded before:
        # that is 2 µs in place of 6, and one copy of each entry in memory instead of one a device.
        self._decoded: dict[str, Decoded] = {}

    async def open(self, url: str) -> None:
        self._url = url
        if self._http is None:
            connector = aiohttp.TCPConnector(limit=0)
            self._http = aiohttp.ClientSession(connector=connector)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
            await asyncio.sleep(0)

    async def register(self, name: str) -> Person:
        password = secrets.token_urlsafe(16)
        session = await self._register({"username": name, "password": password})
        session.at = time.monotonic()
        person = Person(session.user.user_id, name, password)
        self._tokens[person.user_id] = session
        return person

    async def connect(self, url: str, keep: Keep, within: float) -> Connection:
        until = time.monotonic() + within
        if keep.session is None or _stale(keep.session):
            keep.session = await self._sign_in(keep.person, keep.device)
        connection = ParleyConnection(keep, self.decoded)
        try:
            await connection.open(self.http, url, max(LEAST_SECONDS, until - time.monotonic()))
        except BaseException:
            await connection.close()
            raise
        return connection

    async def establish(
        self, kind: str, name: str, owner: Person, members: list[Person]
    ) -> str | None:
        if kind == "direct":
            path = f"/v1/direct/{members[0].user_id}"
            _, said = await self._as(owner, "PUT", path)
            return str(msgspec.json.decode(said)["conversation_id"])
        wanted: dict[str, Any] = {"kind": kind, "name": name}
        if kind == "group":
            wanted["members"] = [one.user_id for one in members]
        status, said = await self._as(owner, "POST", "/v1/conversations", wanted)
        if status != HTTPStatus.CREATED:
            raise NotNow(f"making a conversation was answered with {status}: {said[:200]!r}")
        made = str(msgspec.json.decode(said)["conversation_id"])
        if kind == "room":
            for one in members:
                await self._as(one, "POST", f"/v1/conversations/{made}/join", {})
        return made

    async def read(self, person: Person, conversation_id: str) -> Reading | None:
        log: list[Entry] = []
        path = f"/v1/conversations/{conversation_id}"
        more = True
        while more:
            query = {"after": len(log), "limit": PAGE}
            status, said = await self._as(person, "GET", f"{path}/log", query=query)
            if status in NOT_YOURS:
                return None
            page = msgspec.json.decode(said, type=LogPage)
            log += page.entries
            more = page.more
        return Reading(log, await self._contents(person, path))

    async def standings(self, person: Person) -> Mapping[str, int]:
        found: dict[str, int] = {}
        query: dict[str, Any] = {"limit": PAGE}
        while True:
            _, said = await self._as(person, "GET", "/v1/conversations", query=query)
            page = msgspec.json.decode(said, type=ListPage)
            found |= {one.conversation_id: one.marks.read for one in page.items}
            if page.next is None:
                return found
            query["cursor"] = page.next

    def decoded(self, frame: str) -> Decoded:
        """A frame's event, shared by all that get the same bytes."""
        found = self._decoded.get(frame)
        if found is None:
            if len(self._decoded) >= MOST_DECODED:
                self._decoded.clear()
            found = self._decoded[frame] = event(frame)
        return found

    @property
    def http(self) -> aiohttp.ClientSession:
        """Only between `open` and `close`."""
        if self._http is None:
            raise NotNow("not opened")
        return self._http

    async def _contents(self, person: Person, path: str) -> dict[int, Content]:
        contents: dict[int, Content] = {}
        query: dict[str, Any] = {"after": 0, "limit": PAGE}
        while True:
            _, said = await self._as(person, "GET", f"{path}/messages", query=query)
            page = msgspec.json.decode(said, type=MessagePage)
            contents |= {one.seq: _content(one) for one in page.items}
            if page.next is None:
                return contents
            query["after"] = page.next

    async def _register(self, body: Body) -> SignedIn:
        path = "/v1/auth/register"
        try:
            status, said = await self._call("POST", path, body=body)
        except NotNow as error:
            if isinstance(error.__cause__, aiohttp.ClientResponseError):
                raise Unfit(f"{self._url} does not speak HTTP") from error
            raise
        if status == HTTPStatus.CONFLICT:
            raise NotNow(f"POST {path} was answered with {status}")
        try:
            if status == HTTPStatus.CREATED:
                return msgspec.json.decode(said, type=SignedIn)
        except msgspec.DecodeError:
            pass
        answered = f"POST {path} was answered with {status}, {_short(said)}"
        raise Unfit(f"{self._url} is no Parley that lets people register: {answered}")

    async def _sign_in(self, person: Person, device: str) -> Session:
        body = {"login": person.name, "password": person.secret, "device": device}
        status, said = await self._call("POST", "/v1/auth/login", body=body)
        if status != HTTPStatus.OK:
            raise NotNow(f"signing in was answered with {status}")
        session = msgspec.json.decode(said, type=Session)
        session.at = time.monotonic()
        return session

    async def _as(
        self,
        person: Person,
        method: str,
        path: str,
        body: Body | None = None,
        query: Body | None = None,
    ) -> tuple[int, bytes]:
        session = self._tokens.get(person.user_id)
        if session is None or _stale(session):
            session = self._tokens[person.user_id] = await self._sign_in(person, "reader")
        headers = {"authorization": f"Bearer {session.access_token}"}
        return await self._call(method, path, headers, body, query)

    async def _call(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        query: Body | None = None,
    ) -> tuple[int, bytes]:
        try:
            async with (
                asyncio.timeout(REST_SECONDS),
                self.http.request(
                    method, self._url + path, headers=headers, json=body, params=query
                ) as answer,
            ):
                if answer.status in LATER:
                    raise NotNow(f"{method} {path} was answered with {answer.status}")
                return answer.status, await answer.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise NotNow(f"{method} {path}: {error!r}") from error


def _stale(session: Session) -> bool:
    return time.monotonic() - session.at > FRESH_SECONDS


def _short(said: bytes) -> str:
    text = " ".join(said.decode(errors="replace").split())
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]} …"


def _content(shown: Shown) -> Content:
    pairs = ((emoji, one) for emoji, people in shown.reactions.items() for one in people)
    return Content(shown.body, deleted=shown.deleted_at is not None, reactions=frozenset(pairs))
