"""PyMongo leaves a socket to the garbage collector whose connecting it cancels, as its monitors' when a client closes.

The collector closes it, and warns, in whatever test is running then. Here the socket is closed at once, so that every
warning about an open socket is about one of ours. (`asyncio.open_connection` closes its own.)
"""

import asyncio
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import Iterator
from socket import socket

import pytest


@pytest.fixture(scope="session", autouse=True)
def cancelled_connects_close_their_sockets() -> Iterator[None]:
    connect = BaseSelectorEventLoop.sock_connect

    async def sock_connect(
        self: BaseSelectorEventLoop, sock: socket, address: tuple[str, int]
    ) -> None:
        try:
            await connect(self, sock, address)
        except asyncio.CancelledError:
            sock.close()
            raise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseSelectorEventLoop, "sock_connect", sock_connect)
        yield
