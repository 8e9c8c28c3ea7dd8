"""python-socketio's synchronous client, over each choice of transports."""

import gc
import queue
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import socketio

from tests.conformance.servers import Server

PATIENCE_SECONDS = 60

Call = tuple[Any, ...]


@pytest.fixture(autouse=True)
def unclosed_connections_are_the_library_s() -> Iterator[None]:
    """The synchronous client leaves its connections to the garbage collector, which warns."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


class Listener:
    """Collects what a client's handlers are called with, in threads of its own."""

    def __init__(self) -> None:
        self._calls: queue.Queue[Call] = queue.Queue()

    def __call__(self, *values: Any) -> None:
        self._calls.put(values)

    def next(self) -> Call:
        return self._calls.get(timeout=PATIENCE_SECONDS)


@contextmanager
def connected(server: Server, transports: list[str]) -> Iterator[socketio.Client]:
    client = socketio.Client(
        reconnection_delay=0.02,
        reconnection_delay_max=0.05,
        randomization_factor=0,
        handle_sigint=False,
    )
    client.connect(server.http, transports=transports)
    try:
        yield client
    finally:
        client.shutdown()


def listen(client: socketio.Client, event: str) -> Listener:
    listener = Listener()
    handler: Callable[..., None] = listener
    client.on(event, handler)
    return listener


def test_the_client_gets_text_and_binary_back(server: Server, transports: list[str]) -> None:
    values = ("€ 漢字 😀", {"deep": [b"\x01", 2]}, b"")
    with connected(server, transports) as client:
        back = listen(client, "echo-back")
        client.emit("echo", values)

        assert back.next() == values


def test_the_client_gives_and_gets_answers(server: Server, transports: list[str]) -> None:
    with connected(server, transports) as client:
        client.on("question", lambda question: [question, "answer"])
        answered = listen(client, "answered")
        client.emit("ask", "why?")

        assert answered.next() == (["why?", "answer"],)
        assert client.call("give", b"\x01", timeout=PATIENCE_SECONDS) == b"\x01"


def test_the_client_comes_back_after_a_cut(ours: Server, transports: list[str]) -> None:
    with connected(ours, transports) as client:
        joined = listen(client, "connect")
        client.emit("cut")

        joined.next()
        assert client.call("give", "back", timeout=PATIENCE_SECONDS) == "back"


def test_the_client_stays_away_after_a_kick(server: Server, transports: list[str]) -> None:
    with connected(server, transports) as client:
        left = listen(client, "disconnect")
        client.emit("kick")

        assert left.next() == (client.reason.SERVER_DISCONNECT,)
        client.wait()  # returns once the client has given up
        assert not client.connected
