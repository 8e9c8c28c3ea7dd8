"""The network between clients and server, which we can break: a TCP proxy in this process.

Written with protocols instead of streams: every byte of a run passes here twice.
"""

import asyncio
import random
import socket
import struct
from collections.abc import Callable
from typing import Final, cast

LINGER_NOT: Final = struct.pack("ii", 1, 0)
"""Closing then sends RST and forgets what was not sent."""

EVERYBODY: Final = 0.05
"""So often any number of connections have trouble at once, else up to three."""


class _Side(asyncio.Protocol):
    """One end of a connection; what it reads goes to the other's transport."""

    def __init__(self, pair: "Pair") -> None:
        self.pair = pair
        self.other: _Side | None = None
        self.transport: asyncio.Transport | None = None
        self.swallow = False
        self.early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.pair.made()

    def data_received(self, data: bytes) -> None:
        if self.swallow:
            return
        other = self.other.transport if self.other is not None else None
        if other is None:
            self.early.append(data)
        else:
            other.write(self.pair.torn(data))

    def pause_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and self.other.transport is not None and not self.pair.stalled:
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.pair.close()


class Pair:
    """A client's connection, and the one to the server behind it."""

    def __init__(self, forget: "Callable[[Pair], object]") -> None:
        self.client = _Side(self)
        self.server = _Side(self)
        self.stalled = False
        self._forget = forget
        self._tearing = False
        self._closed = False

    def made(self) -> None:
        """Join both sides once both stand."""
        if self._closed:
            self.close()
        if self.client.transport is None or self.server.transport is None:
            return
        self.client.other, self.server.other = self.server, self.client
        for data in self.client.early:
            self.server.transport.write(data)
        self.client.early.clear()

    def close(self) -> None:
        """End both sides, after what is on its way."""
        self._closed = True
        self._forget(self)
        for side in (self.client, self.server):
            if side.transport is not None:
                side.transport.close()

    def reset(self) -> None:
        """End both sides at once, what is on its way lost, as a cable does that is pulled."""
        self._closed = True
        self._forget(self)
        for side in (self.client, self.server):
            if side.transport is not None and not side.transport.is_closing():
                peer: socket.socket = side.transport.get_extra_info("socket")
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
                side.transport.abort()

    def stall(self) -> None:
        """Pass nothing on until `resume`."""
        self.stalled = True
        for side in (self.client, self.server):
            if side.transport is not None and not side.transport.is_closing():
                side.transport.pause_reading()

    def resume(self) -> None:
        """Go on after `stall`."""
        self.stalled = False
        for side in (self.client, self.server):
            if side.transport is not None and not side.transport.is_closing():
                side.transport.resume_reading()

    def tear(self) -> None:
        """Cut the next piece of data in half, and end there."""
        self._tearing = True

    def torn(self, data: bytes) -> bytes:
        """What of this is still passed on."""
        if not self._tearing:
            return data
        self._tearing = False
        self.client.swallow = self.server.swallow = True
        asyncio.get_running_loop().call_soon(self.close)
        return data[: len(data) // 2]


class Proxy:
    """Listens on loopback and passes everything on to one address, unless told otherwise."""

    def __init__(self, host: str, port: int, dice: random.Random) -> None:
        self._target = host, port
        self._dice = dice
        self._pairs: dict[Pair, None] = {}
        self._waiting: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._later: set[asyncio.TimerHandle] = set()

    async def start(self) -> str:
        """Its URL."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """End everything."""
        for handle in self._later:
            handle.cancel()
        if self._server is not None:
            self._server.close()
        for pair in list(self._pairs):
            pair.reset()
        for task in self._waiting:
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    def trouble(self) -> int:
        """Something goes wrong with one connection, some, or all; how many it was."""
        pairs = list(self._pairs)
        if not pairs:
            return 0
        most = len(pairs) if self._dice.random() < EVERYBODY else 3
        chosen = self._dice.sample(pairs, min(self._dice.randint(1, most), len(pairs)))
        does = self._dice.choice(
            (Pair.close, Pair.reset, Pair.tear, self._deaf, self._mute, self._pause)
        )
        for pair in chosen:
            does(pair)
        return len(chosen)

    def heal(self) -> None:
        """Let everything pass again."""
        for pair in self._pairs:
            if pair.stalled:
                pair.resume()

    # --- kinds of trouble ---------------------------------------------------------------------------------------

    def _deaf(self, pair: Pair) -> None:
        """What the server says is lost for a moment, acks included, and then the connection with it."""
        pair.server.swallow = True
        self._after(self._dice.uniform(0.01, 0.5), pair.reset)

    def _mute(self, pair: Pair) -> None:
        """What the client says is lost for a moment, and then the connection with it."""
        pair.client.swallow = True
        self._after(self._dice.uniform(0.01, 0.5), pair.reset)

    def _pause(self, pair: Pair) -> None:
        """Everything waits for a moment."""
        pair.stall()
        self._after(self._dice.uniform(0.1, 2.0), pair.resume)

    def _after(self, seconds: float, call: Callable[[], None]) -> None:
        def due() -> None:
            self._later.discard(handle)
            call()

        handle = asyncio.get_running_loop().call_later(seconds, due)
        self._later.add(handle)

    # --- connections --------------------------------------------------------------------------------------------

    def _accept(self) -> asyncio.Protocol:
        pair = Pair(lambda gone: self._pairs.pop(gone, None))
        self._pairs[pair] = None
        task = asyncio.get_running_loop().create_task(self._reach(pair))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)
        return pair.client

    async def _reach(self, pair: Pair) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: pair.server, *self._target)
        except OSError:
            pair.close()
