"""What stands before a server of MongoDB's protocol, shows it as the primary of a replica set, and fails as told.

A replica set's primary does what a single server does, and in certain moments answers otherwise: it was deposed, is
shutting down, could not reach a majority, or nothing comes back at all. Here these moments come when a test asks for
them, with the answers that MongoDB documents. Like a primary it carries a command out once, however often its driver
repeats it under the same transaction number.
"""

import asyncio
import itertools
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Self

import bson

Document = dict[str, Any]
Forward = Callable[[], Awaitable[Document]]
Fate = Callable[[Forward], Awaitable[Document | None]]
"""What becomes of a command: the answer to give, None for none at all, which ends the connection."""

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
HEADER = struct.Struct("<iiii")
SET_NAME = "rs0"
WRITES = ("insert", "update", "delete", "findAndModify")
READS = ("find", "aggregate")
ELECTION_SHARE = 0.2
"""Of the time that a primary is to stay away: here nobody else has to be elected."""

RETRYABLE = ["RetryableWriteError"]
NOT_PRIMARY: Document = {
    "ok": 0.0,
    "code": 10107,
    "codeName": "NotWritablePrimary",
    "errmsg": "not primary",
    "errorLabels": RETRYABLE,
}
INTERRUPTED: Document = {
    "ok": 0.0,
    "code": 11602,
    "codeName": "InterruptedDueToReplStateChange",
    "errmsg": "operation was interrupted",
    "errorLabels": RETRYABLE,
}


def answered(reply: Document) -> Fate:
    """Given this answer without being carried out."""

    async def fate(_forward: Forward) -> Document | None:
        return reply

    return fate


def altered(**fields: object) -> Fate:
    """Carried out, and the answer has these fields too."""

    async def fate(forward: Forward) -> Document | None:
        return {**await forward(), **fields}

    return fate


async def cut(_forward: Forward) -> Document | None:
    """Neither carried out nor answered: the connection breaks."""
    return None


async def lost(forward: Forward) -> Document | None:
    """Carried out; the connection breaks before the answer."""
    await forward()
    return None


class Held:
    """Not answered, the connection breaks; carried out when the test says so, as what was long on its way."""

    def __init__(self) -> None:
        self._forwards: list[Forward] = []

    async def __call__(self, forward: Forward) -> Document | None:
        self._forwards.append(forward)
        return None

    async def land(self) -> None:
        for forward in self._forwards:
            await forward()


class Front:
    """Entered, it listens at `uri`. `asked` counts commands by their names, repeated ones too."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._server: asyncio.Server | None = None
        self._fates: dict[str, list[Fate]] = {}
        self._always: dict[str, Fate] = {}
        self._answers: dict[tuple[bytes, int], asyncio.Task[Document]] = {}
        self._numbers = itertools.count(1)
        self._writers: set[asyncio.StreamWriter] = set()
        self._deposed = False
        self._elections = 1
        self.asked: Counter[str] = Counter()
        self.port = 0

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/?replicaSet={SET_NAME}"

    def next(self, command: str, *fates: Fate) -> None:
        """What becomes of the next commands of this name, one after another: `insert entries`, `linearizable find`."""
        self._fates.setdefault(command, []).extend(fates)

    def always(self, command: str, fate: Fate | None) -> None:
        """What becomes of all others of this name, until it is None."""
        if fate is None:
            del self._always[command]
        else:
            self._always[command] = fate

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind = await asyncio.open_connection("127.0.0.1", self._behind)
        self._writers.add(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while (reply := await self._exchange(await _message(reader), behind)) is not None:
                writer.write(reply)
        self._writers.discard(writer)
        writer.close()
        behind[1].close()

    async def _exchange(self, message: bytes, behind: "_Connection") -> bytes | None:
        _, number, _, kind = HEADER.unpack_from(message)
        if kind == OP_QUERY:  # the first hello of a connection
            reply = await _ask(behind, message)
            return _packed(reply[16:36], self._as_member(bson.decode(reply[36:])), number, OP_REPLY)
        assert kind == OP_MSG
        command = _unpacked(message)
        name = next(iter(command))
        answer = await self._fate(name, command)(lambda: self._carried_out(command, behind))
        if answer is None:
            return None
        if name.lower() in ("hello", "ismaster"):
            answer = self._as_member(answer)
        return _packed(struct.pack("<iB", 0, 0), answer, number, OP_MSG)

    def _fate(self, name: str, command: Document) -> Fate:
        if name == "replSetStepDown":
            return self._step_down(command[name] * ELECTION_SHARE)
        called = f"{name} {command[name]}" if isinstance(command[name], str) else name
        if command.get("readConcern", {}).get("level") == "linearizable":
            called = f"linearizable {name}"
        self.asked[called] += 1
        if self._deposed and name in (*WRITES, *READS):
            return answered(NOT_PRIMARY)
        waiting = self._fates.get(called)
        fate = waiting.pop(0) if waiting else self._always.get(called, altered())
        return self._until_deposed(fate) if name in WRITES else fate

    def _until_deposed(self, fate: Fate) -> Fate:
        """What was under way when the primary stepped down is in or not: it says only that it was interrupted."""

        async def interrupted(forward: Forward) -> Document | None:
            reply = await fate(forward)
            return INTERRUPTED if self._deposed and reply is not None else reply

        return interrupted

    def _step_down(self, seconds: float) -> Fate:
        async def fate(_forward: Forward) -> Document | None:
            self._deposed = True
            asyncio.get_running_loop().call_later(seconds, self._elected)
            return {"ok": 1.0}

        return fate

    def _elected(self) -> None:
        self._deposed = False
        self._elections += 1

    async def _carried_out(self, command: Document, behind: "_Connection") -> Document:
        """Its answer; where it was carried out before, the one of then."""
        key = (
            (bytes(command["lsid"]["id"]), command["txnNumber"]) if "txnNumber" in command else None
        )
        if key is not None and key in self._answers:
            return await self._answers[key]
        kept = ("txnNumber", "readConcern", "$clusterTime")  # which only a replica set understands
        plain = {name: value for name, value in command.items() if name not in kept}
        request = _packed(struct.pack("<iB", 0, 0), plain, 0, OP_MSG, next(self._numbers))
        asking = asyncio.ensure_future(self._asked(request, behind))
        if key is not None:
            self._answers[key] = asking
        return await asking

    async def _asked(self, request: bytes, behind: "_Connection") -> Document:
        if not behind[1].is_closing():
            return _unpacked(await _ask(behind, request))
        # It lands late: whoever sent it is gone.
        late = await asyncio.open_connection("127.0.0.1", self._behind)
        answer = _unpacked(await _ask(late, request))
        late[1].close()
        await late[1].wait_closed()
        return answer

    def _as_member(self, hello: Document) -> Document:
        here = f"127.0.0.1:{self.port}"
        primary = {"primary": here, "electionId": bson.ObjectId(f"{self._elections:024x}")}
        return {
            **hello,
            "setName": SET_NAME,
            "setVersion": 1,
            "hosts": [here],
            "me": here,
            "ismaster": not self._deposed,
            "isWritablePrimary": not self._deposed,
            "secondary": self._deposed,
            **({} if self._deposed else primary),
        }


_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _message(reader: asyncio.StreamReader) -> bytes:
    size = await reader.readexactly(4)
    return size + await reader.readexactly(struct.unpack("<i", size)[0] - 4)


async def _ask(behind: _Connection, request: bytes) -> bytes:
    reader, writer = behind
    writer.write(request)
    return await _message(reader)


def _unpacked(message: bytes) -> Document:
    """The document of an OP_MSG, the documents of its further sections in their fields."""
    document: Document = {}
    at = HEADER.size + 4
    while at < len(message):
        kind, at = message[at], at + 1
        (size,) = struct.unpack_from("<i", message, at)
        if kind == 0:
            document = {**bson.decode(message[at : at + size]), **document}
        else:
            name, _, rest = message[at + 4 : at + size].partition(b"\0")
            document[name.decode()] = bson.decode_all(rest)
        at += size
    return document


def _packed(before: bytes, document: Document, to: int, kind: int, number: int = 0) -> bytes:
    body = before + bson.encode(document)
    return HEADER.pack(HEADER.size + len(body), number, to, kind) + body
