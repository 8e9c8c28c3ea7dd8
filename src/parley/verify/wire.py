"""A small Socket.IO client over WebSocket: connect, emit with an ack, hear events, notice the end.

Not a client for products: no polling, no namespaces, no binary, no reconnecting. It exists because a run has hundreds
of connections in one process, which also has to see what the usual clients hide: every frame, in its order.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import aiohttp
import msgspec

from parley.verify.ports import NotNow, Unanswered

OPEN, PING, PONG, CONNECT, REFUSED, EVENT, ACK = "0", "2", "3", "40", "44", "42", "43"
MOST_FRAME: Final = 2**25

Payload = Mapping[str, Any]
Heard = Callable[[str], None]
"""Called with the JSON array of each event, as text."""


class Refused(Exception):
    """The server answered the CONNECT packet with an error; `code` is that of its data, where it has one."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Wire:
    """One connection. After `ended` nothing is heard any more."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, heard: Heard) -> None:
        self._socket = socket
        self._heard = heard
        self._asked = 0
        self._waiting: dict[str, tuple[asyncio.Future[str], Heard | None]] = {}
        self._reader: asyncio.Task[None] | None = None
        self.hello: str = "{}"

    @classmethod
    async def open(
        cls, http: aiohttp.ClientSession, url: str, auth: Payload, heard: Heard, within: float
    ) -> "Wire":
        """Connect and be let in; `hello` is then the payload of the server's CONNECT packet.

        Raises:
            NotNow: That did not come about within so many seconds.
            Refused: The server says no.
        """
        socket: aiohttp.ClientWebSocketResponse | None = None
        try:
            async with asyncio.timeout(within):
                address = f"{url}/socket.io/?EIO=4&transport=websocket"
                socket = await http.ws_connect(address, max_msg_size=MOST_FRAME, autoclose=True)
                wire = cls(socket, heard)
                await wire._shake_hands(auth)
        except (aiohttp.ClientError, OSError, TimeoutError, EOFError) as error:
            if socket is not None:
                await _drop(socket)
            raise NotNow(str(error) or type(error).__name__) from error
        except BaseException:
            if socket is not None:
                await _drop(socket)
            raise
        wire._reader = asyncio.create_task(wire._read())
        return wire

    async def emit(
        self, event: str, payload: Payload, within: float, heard: Heard | None = None
    ) -> str:
        """Say something; the JSON array of its ack, as text.

        `heard` is called with it in the order of what arrives: before any event that follows it, which whoever awaits
        this method can't be sure of.

        Raises:
            Unanswered: The connection ended before, or it took longer than so many seconds.
        """
        self._asked += 1
        number = str(self._asked)
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer, heard
        arguments = msgspec.json.encode((event, payload)).decode()
        try:
            if self._socket.closed or self._reader is None or self._reader.done():
                raise Unanswered
            async with asyncio.timeout(within):
                await self._socket.send_str(f"{EVENT}{number}{arguments}")
                return await answer
        except (TimeoutError, ConnectionError, aiohttp.ClientError) as error:
            raise Unanswered from error
        finally:
            self._waiting.pop(number, None)

    async def ended(self) -> None:
        """Return once it is of no use any more."""
        if self._reader is not None:
            await asyncio.wait((self._reader,))

    async def close(self) -> None:
        """End it."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait((self._reader,))
        await _drop(self._socket)

    async def _shake_hands(self, auth: Payload) -> None:
        if not (await self._next()).startswith(OPEN):
            raise EOFError
        await self._socket.send_str(CONNECT + msgspec.json.encode(auth).decode())
        while True:
            frame = await self._next()
            if frame.startswith(CONNECT):
                self.hello = frame[len(CONNECT) :] or "{}"
                return
            if frame.startswith(REFUSED):
                said = msgspec.json.decode(frame[len(REFUSED) :])
                code = str((said.get("data") or {}).get("code", ""))
                raise Refused(str(said.get("message")), code)
            if frame == PING:
                await self._socket.send_str(PONG)

    async def _next(self) -> str:
        message = await self._socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise EOFError
        return str(message.data)

    async def _read(self) -> None:
        try:
            while True:
                await self._take(await self._next())
        except (EOFError, ConnectionError, aiohttp.ClientError):
            return
        finally:
            for answer, _ in self._waiting.values():
                if not answer.done():
                    answer.set_exception(Unanswered())
                    answer.exception()  # whoever asked may have stopped waiting

    async def _take(self, frame: str) -> None:
        if frame.startswith(EVENT):
            self._heard(frame[frame.index("[") :])
        elif frame.startswith(ACK):
            start = frame.index("[")
            answer, heard = self._waiting.get(frame[len(ACK) : start], (None, None))
            if answer is not None and not answer.done():
                if heard is not None:
                    heard(frame[start:])
                answer.set_result(frame[start:])
        elif frame == PING:
            await self._socket.send_str(PONG)
        elif frame.startswith("41"):
            raise EOFError


async def _drop(socket: aiohttp.ClientWebSocketResponse) -> None:
    with contextlib.suppress(TimeoutError, ConnectionError, aiohttp.ClientError):
        async with asyncio.timeout(1):
            await socket.close()
