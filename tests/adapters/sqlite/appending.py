"""A process that appends without end and says what was answered, to be killed: `python appending.py FOLDER`."""

import asyncio
import os
import sys
from pathlib import Path

from parley.adapters.sqlite.database import Database
from parley.adapters.sqlite.log import SqliteLog
from parley.ports.answers import Answer
from parley.ports.log import Appended
from tests.support.pen import ANN, BEN, Pen, created, said

CONVERSATIONS = 4


async def append_for_ever(folder: Path) -> None:
    database = await Database.open(folder, fatal=lambda _: os.abort())
    log = SqliteLog(database)

    async def write(pen: Pen, number: int) -> None:
        await report(pen, log.append(pen.conversation_id, 0, pen.records(created(ANN, BEN))))
        while True:
            entries = [said(f"{number} {count}") for count in range(number + 1)]
            after = pen.head
            await report(pen, log.append(pen.conversation_id, after, pen.records(*entries)))

    await asyncio.gather(*(write(Pen(f"c{n}"), n) for n in range(CONVERSATIONS)))


async def report(pen: Pen, answer: Answer[Appended]) -> None:
    appended = await answer
    assert appended.stopped is None
    print(pen.conversation_id, pen.head, flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(append_for_ever(Path(sys.argv[1])))
