"""People's devices, as their authors would write them on stock Socket.IO clients: in Python, and in JavaScript."""

import asyncio
import contextlib
import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import aiohttp
import socketio

OPEN = frozenset(("unavailable", "rate_limited", "draining"))
"""Errors that leave it open whether a command was carried out: the same again."""

JS = Path(__file__).parent.parent / "js"


class Device(ABC):
    """Keeps every conversation's log by its cursor, and retries what it sends until it is acked."""

    def __init__(self) -> None:
        self.acks: dict[str, dict[str, Any]] = {}
        self.acked = asyncio.Event()

    @abstractmethod
    async def ask(self, event: str, payload: dict[str, Any]) -> dict[str, Any]:
        """One command, and its answer."""

    @abstractmethod
    def send(self, **command: Any) -> None:
        """Send until acked, in the background; the ack is found in `acks` under the client_id."""

    @abstractmethod
    async def views(self) -> dict[str, list[dict[str, Any]]]:
        """What this device has of each conversation."""

    @abstractmethod
    async def close(self) -> None:
        """End it."""

    def _note(self, client_id: str, answer: dict[str, Any]) -> None:
        self.acks[client_id] = answer
        self.acked.set()

    async def all_acked(self, client_ids: set[str]) -> None:
        while not client_ids <= self.acks.keys():
            self.acked.clear()
            await self.acked.wait()


class PythonDevice(Device):
    """On python-socketio's asynchronous client."""

    def __init__(self, url: str, login: str, password: str, transports: list[str]) -> None:
        super().__init__()
        self._url, self._login, self._password = url, login, password
        self._transports = transports
        self._views: dict[str, list[dict[str, Any]]] = {}
        self._syncing = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._http: aiohttp.ClientSession | None = None
        self._socket = self._client()

    async def connect(self) -> None:
        self._http = aiohttp.ClientSession()
        await self._connect()

    def _client(self) -> socketio.AsyncClient:
        client = socketio.AsyncClient(
            reconnection_delay=0.05, reconnection_delay_max=0.2, randomization_factor=0
        )
        client.on("connect", self._connected)
        client.on("*", self._heard)
        return client

    async def _connect(self) -> None:
        await self._socket.connect(
            self._url, auth=self._fresh, transports=self._transports, retry=True
        )

    async def _replace_if_broken(self) -> None:
        """A new client where polling ended by an answer that was cut off in its body: the old one never notices."""
        reading = self._socket.eio.read_loop_task
        if reading is not None and reading.done() and reading.exception() is not None:
            self._socket = self._client()
            await self._connect()

    async def ask(self, event: str, payload: dict[str, Any]) -> dict[str, Any]:
        return await self._socket.call(event, payload, timeout=10)

    def send(self, **command: Any) -> None:
        self._spawn(self._send(command))

    async def views(self) -> dict[str, list[dict[str, Any]]]:
        await self._sync()
        return self._views

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._socket.shutdown()
        if self._http is not None:
            await self._http.close()

    async def _fresh(self) -> dict[str, str]:
        body = {"login": self._login, "password": self._password}
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with self._http.post(f"{self._url}/v1/auth/login", json=body) as answer:
                    if answer.ok:
                        return {"token": (await answer.json())["access_token"]}
            await asyncio.sleep(0.1)

    async def _send(self, command: dict[str, Any]) -> None:
        while True:
            with contextlib.suppress(socketio.exceptions.SocketIOError):
                answer = await self._socket.call("message.send", command, timeout=2)
                if answer["ok"] or answer["error"]["code"] not in OPEN:
                    self._note(command["client_id"], answer)
                    return
            await self._replace_if_broken()
            await asyncio.sleep(0.05)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _connected(self) -> None:
        self._syncing = False
        self._spawn(self._sync())

    def _heard(self, _event: str, entry: dict[str, Any]) -> None:
        if "seq" in entry:
            ahead = entry["seq"] > len(self._view(entry["conversation_id"]))
            if not (self._syncing and ahead):
                self._take(entry)

    def _view(self, conversation_id: str) -> list[dict[str, Any]]:
        return self._views.setdefault(conversation_id, [])

    def _take(self, entry: dict[str, Any]) -> None:
        view = self._view(entry["conversation_id"])
        if entry["seq"] == len(view) + 1:
            view.append(entry)
        elif entry["seq"] > len(view) + 1:
            self._spawn(self._sync())

    async def _sync(self) -> None:
        if self._syncing:
            return
        self._syncing = True
        try:
            more = True
            while more:
                cursors = {name: len(view) for name, view in self._views.items()}
                answer = await self._socket.call("sync", {"cursors": cursors}, timeout=5)
                more = answer["more"]
                for missed in answer["conversations"]:
                    view = self._view(missed["conversation_id"])
                    more = more or "gained" in missed
                    for entry in missed["entries"]:
                        if entry["seq"] == len(view) + 1:
                            view.append(entry)
        except socketio.exceptions.SocketIOError:
            pass  # cut meanwhile: the next connection asks again
        finally:
            self._syncing = False


class JavaScriptDevice(Device):
    """On the official client, in a Node process of its own."""

    def __init__(self, url: str, login: str, password: str, transports: list[str]) -> None:
        super().__init__()
        self._arguments = (url, login, password, ",".join(transports))
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._report: asyncio.Future[dict[str, Any]] | None = None
        self._connected = asyncio.Event()
        self._disconnected = asyncio.Event()
        self._stalled: asyncio.Future[None] | None = None
        self._asked = 0

    async def connect(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            "node",
            "device.mjs",
            *self._arguments,
            cwd=JS,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**26,
        )
        self._reader = asyncio.ensure_future(self._read())
        await self._connected.wait()

    async def ask(self, event: str, payload: dict[str, Any]) -> dict[str, Any]:
        self._asked += 1
        answer = self._answers[self._asked] = asyncio.get_running_loop().create_future()
        self._tell({"ask": event, "payload": payload, "id": self._asked})
        return await answer

    def send(self, **command: Any) -> None:
        self._tell({"send": command})

    async def views(self) -> dict[str, list[dict[str, Any]]]:
        self._report = asyncio.get_running_loop().create_future()
        self._tell({"report": True})
        return await self._report

    async def stall(self) -> None:
        """Read nothing more from the connection; the device does not know."""
        self._stalled = asyncio.get_running_loop().create_future()
        self._tell({"stall": True})
        await self._stalled

    def read_on(self) -> None:
        self._tell({"read_on": True})

    async def disconnected(self) -> None:
        """Wait until it has noticed that a connection ended."""
        await self._disconnected.wait()

    async def close(self) -> None:
        self._process.kill()
        await self._process.wait()
        await self._reader

    def _tell(self, command: dict[str, Any]) -> None:
        self._process.stdin.write(json.dumps(command).encode() + b"\n")

    async def _read(self) -> None:
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            if "connected" in said:
                self._connected.set()
            elif "disconnected" in said:
                self._disconnected.set()
            elif "stalled" in said:
                self._stalled.set_result(None)
            elif "acked" in said:
                self._note(said["acked"], said["answer"])
            elif "answered" in said:
                self._answers.pop(said["answered"]).set_result(said["answer"])
            elif "report" in said:
                self._report.set_result(said["report"])
