"""`python -m bench.catching_up`: coming back after a month to thousands of conversations.

The data are those of `parley seed`. A client that knows every conversation, and the first entry of each, asks `sync`
page by page, as any client does; and once more, when it has all.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import aiohttp
import msgspec
import typer
from msgspec import Struct

from bench.processes import Server, cores, free_port
from parley.verify.wire import Wire

PATIENCE_SECONDS = 300.0


class Entry(Struct):
    seq: int


class Missed(Struct):
    conversation_id: str
    head: int
    entries: list[Entry]


class Answer(Struct):
    ok: bool
    more: bool
    conversations: list[Missed]


class Seeded(Struct):
    username: str
    password: str


class Session(Struct):
    access_token: str


class CaughtUp(Struct):
    """What it took: answers, entries in them, seconds until the last, the slowest answer, the server's time."""

    answers: int = 0
    entries: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    cpu_seconds: float = 0.0


def main(
    people: Annotated[int, typer.Option(min=2)] = 12,
    conversations: Annotated[int, typer.Option(min=1)] = 6_000,
    messages: Annotated[int, typer.Option(min=1)] = 150_000,
) -> None:
    """Measures on a server of its own, with the store's defaults."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        sizes = {"people": people, "conversations": conversations, "messages": messages}
        flags = [text for name, size in sizes.items() for text in (f"--{name}", str(size))]
        seeded = subprocess.run(
            [sys.executable, "-m", "parley", "seed", "--data", str(data), "--json", *flags],
            check=True,
            stdout=subprocess.PIPE,
        )
        who = msgspec.json.decode(seeded.stdout, type=Seeded)
        port = free_port()
        command = [sys.executable, "-m", "parley", "serve"]
        environment = {
            "PARLEY_DATA": str(data),
            "PARLEY_PORT": str(port),
            "PARLEY_COMMANDS_PER_SECOND": "0",
        }
        with Server(command, port, environment) as server:
            os.sched_setaffinity(0, {cores()[1]})
            asyncio.run(_measure(server, f"http://127.0.0.1:{port}", who))


async def _measure(server: Server, url: str, who: Seeded) -> None:
    async with aiohttp.ClientSession() as http:
        login = {"login": who.username, "password": who.password}
        async with http.post(f"{url}/v1/auth/login", json=login) as answer:
            session = msgspec.json.decode(await answer.read(), type=Session)
        auth = {"token": session.access_token}
        wire = await Wire.open(http, url, auth, lambda _: None, PATIENCE_SECONDS)
        cursors: dict[str, int] = {}
        _say("a device that is new", await _catch_up(wire, cursors, server), cursors)
        heads = dict(cursors)
        cursors = dict.fromkeys(heads, 1)
        _say(
            "one that knows the first entry of each",
            await _catch_up(wire, cursors, server),
            cursors,
        )
        if cursors != heads:
            raise SystemExit("it did not come to where the conversations end")
        _say("one that missed nothing", await _catch_up(wire, cursors, server), cursors)
        await wire.close()


async def _catch_up(wire: Wire, cursors: dict[str, int], server: Server) -> CaughtUp:
    """Moves the cursors; who does not know a conversation begins at its head."""
    caught = CaughtUp()
    began, used = time.perf_counter(), server.cpu_seconds()
    more = True
    while more:
        asked = time.perf_counter()
        said = await wire.emit("sync", {"cursors": cursors}, PATIENCE_SECONDS)
        caught.slowest = max(caught.slowest, time.perf_counter() - asked)
        (answer,) = msgspec.json.decode(said, type=tuple[Answer])
        caught.answers += 1
        more = answer.more
        for missed in answer.conversations:
            known = missed.conversation_id in cursors
            caught.entries += len(missed.entries)
            last = missed.entries[-1].seq if missed.entries else missed.head
            cursors[missed.conversation_id] = last if known else missed.head
    caught.seconds = time.perf_counter() - began
    caught.cpu_seconds = server.cpu_seconds() - used
    return caught


def _say(who: str, caught: CaughtUp, cursors: dict[str, int]) -> None:
    print(
        f"{who}: {len(cursors):,} conversations, {caught.entries:,} entries in {caught.answers} answers, "
        f"{caught.seconds:.2f} s, the slowest {caught.slowest * 1000:.0f} ms, {caught.cpu_seconds:.2f} s of processor"
    )


if __name__ == "__main__":
    typer.run(main)
