"""Files that are damaged or can't be written: one line that says so, never a traceback, and nothing made worse."""

import asyncio
import ctypes
import errno
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from parley.adapters.sqlite.conversations import SqliteConversations
from parley.adapters.sqlite.database import Database
from parley.adapters.sqlite.integrity import SqliteIntegrity
from parley.adapters.sqlite.log import SqliteLog
from parley.adapters.sqlite.schema import CannotOpen
from parley.model.errors import Unavailable
from tests.support.faulty_disk import Call, FaultyDisk
from tests.support.pen import ANN, BEN, Pen, created, said
from tests.support.server import environment

PAGE = 4096
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


def garbage(content: bytearray, dice: random.Random) -> None:
    at = PAGE * dice.randrange(len(content) // PAGE)
    content[at : at + PAGE] = dice.randbytes(PAGE)


def zeros(content: bytearray, dice: random.Random) -> None:
    at = PAGE * dice.randrange(len(content) // PAGE)
    content[at : at + PAGE] = bytes(PAGE)


def flips(content: bytearray, dice: random.Random) -> None:
    page = PAGE * dice.randrange(len(content) // PAGE)
    for _ in range(20):
        content[page + dice.randrange(PAGE)] ^= 1 << dice.randrange(8)


def end_missing(content: bytearray, dice: random.Random) -> None:
    del content[dice.randrange(len(content)) :]


def swapped(content: bytearray, dice: random.Random) -> None:
    one, other = (PAGE * dice.randrange(len(content) // PAGE) for _ in range(2))
    page = content[one : one + PAGE]
    content[one : one + PAGE] = content[other : other + PAGE]
    content[other : other + PAGE] = page


@pytest.fixture
async def whole(folder: Path) -> Path:
    """A folder with a database that was closed, and the write-ahead log of one that was not."""
    made = folder / "whole"
    made.mkdir()
    database = await Database.open(made, fatal=pytest.fail)
    for name in ("home", "work"):
        pen = Pen(name)
        entries = [created(ANN, BEN), *(said(f"{n} {'of them ' * 40}") for n in range(60))]
        await SqliteLog(database).append(pen.conversation_id, 0, pen.records(*entries))
    shutil.copy(made / "parley.db-wal", folder / "wal")
    await database.close()
    (folder / "wal").rename(made / "parley.db-wal")
    return made


async def test_a_row_that_cannot_be_understood_is_unavailable(folder: Path) -> None:
    database = await Database.open(folder, fatal=pytest.fail)
    pen, log = Pen("home"), SqliteLog(database)
    await log.append(pen.conversation_id, 0, pen.records(created(ANN, BEN)))
    await database.write(lambda sql: sql.execute("UPDATE entries SET extra = '{\"members\": 1}'"))
    with pytest.raises(Unavailable):
        await log.read(pen.conversation_id, 0)
    trouble = database.trouble()
    assert trouble is not None
    assert trouble.startswith("the database is damaged: a row that can't be understood: ")
    await database.close()


async def test_a_text_that_is_none_is_unavailable_and_its_words_are_in_no_log_line(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = await Database.open(folder, fatal=pytest.fail)
    pen, log = Pen("home"), SqliteLog(database)
    await log.append(pen.conversation_id, 0, pen.records(created(ANN, BEN), said("secret")))
    text = "UPDATE entries SET body = CAST(x'736563726574ff' AS TEXT) WHERE body = 'secret'"
    await database.write(lambda sql: sql.execute(text))
    with pytest.raises(Unavailable):
        await log.read(pen.conversation_id, 0)
    trouble = database.trouble()
    await database.close()
    assert trouble is not None
    assert trouble.endswith("a row that can't be understood: text that is not UTF-8")
    assert "secret" not in caplog.text


async def test_what_a_reading_found_is_not_hidden_by_its_end(folder: Path) -> None:
    """COMMIT fails again with what the statement before it failed with."""
    database = await Database.open(folder, fatal=pytest.fail)
    await database.close()
    connection = sqlite3.connect(folder / "parley.db")
    wanted = "SELECT rootpage FROM sqlite_schema WHERE name = 'reactions'"
    (page,) = connection.execute(wanted).fetchone()
    connection.close()
    content = bytearray((folder / "parley.db").read_bytes())
    content[(page - 1) * PAGE : page * PAGE] = bytes(PAGE)
    (folder / "parley.db").write_bytes(content)
    database = await Database.open(folder, fatal=pytest.fail)
    faults = await SqliteIntegrity(database).faults()
    await database.close()
    assert {fault.kind for fault in faults} == {"file_damaged"}


@pytest.mark.parametrize(
    ("whole", "spoilt"),
    [(b"TABLE reactions", b"TAB\xccE reactions"), (b"TABLE reactions", b"TAB_E reactions")],
)
async def test_a_schema_that_is_damaged_is_said_in_one_line(
    folder: Path, whole: bytes, spoilt: bytes
) -> None:
    database = await Database.open(folder, fatal=pytest.fail)
    await database.close()
    content = (folder / "parley.db").read_bytes()
    assert content.count(whole) == 1
    (folder / "parley.db").write_bytes(content.replace(whole, spoilt))
    with pytest.raises(CannotOpen) as problem:
        await Database.open(folder, fatal=pytest.fail)
    assert "\n" not in str(problem.value)
    assert str(problem.value).endswith(". Restore a backup.")


@pytest.mark.parametrize("file", ["parley.db", "parley.db-wal"])
@pytest.mark.parametrize("damage", [garbage, zeros, flips, end_missing, swapped])
async def test_a_damaged_file_is_refused_or_unavailable_or_ends_the_process(
    whole: Path, folder: Path, damage: Callable[[bytearray, random.Random], None], file: str
) -> None:
    for seed in range(8):
        tried = folder / f"{seed}"
        shutil.copytree(whole, tried)
        if file == "parley.db":
            (tried / "parley.db-wal").unlink()
        content = bytearray((tried / file).read_bytes())
        damage(content, random.Random(f"{file} {damage.__name__} {seed}"))
        (tried / file).write_bytes(content)
        try:
            await use(tried)
        except (CannotOpen, Unavailable):
            pass
        except Exception as error:
            raise AssertionError(f"{seed}") from error


async def use(folder: Path) -> None:
    """Read everything and write, as long as that goes."""
    died: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
    database = await Database.open(folder, fatal=died.set_result)
    try:
        log = SqliteLog(database)
        await SqliteConversations(database).listed(ANN, kind=None, before=None, limit=99)
        for name in ("home", "work"):
            pen = Pen(name)
            state = await log.load(pen.conversation_id)
            await log.read(pen.conversation_id, 0)
            pen.back_to(state.head, state.messages)
            answer = log.append(pen.conversation_id, state.head, pen.records(said("more")))
            answered = asyncio.ensure_future(_answered(answer))
            await asyncio.wait((answered, died), return_when=asyncio.FIRST_COMPLETED)
            answered.cancel()
    finally:
        await database.close()


async def _answered(answer: object) -> None:
    await answer


def serve(data: Path) -> subprocess.CompletedProcess[str]:
    """Start a server that is bound by the permissions of files, whoever runs the tests."""
    libc = ctypes.CDLL(None)

    def bound() -> None:
        if os.geteuid() == 0:
            for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
                libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)

    return subprocess.run(
        [sys.executable, "-m", "parley", "serve"],
        env=environment(data),
        cwd=data.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=bound,
    )


def refused(data: Path) -> str:
    """The one line with which it does not start."""
    ended = serve(data)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr.strip()


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """A database that was closed, in a folder of its own."""
    (tmp_path / "data").mkdir()
    database = await Database.open(tmp_path / "data", fatal=pytest.fail)
    await database.close()
    return tmp_path / "data" / "parley.db"


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o500)
    assert refused(data) == f"parley: The data folder {data} can't be used: Permission denied."


def test_a_database_that_cannot_be_written_is_said_in_one_line(file: Path) -> None:
    file.chmod(0o400)
    assert refused(file.parent) == (
        f"parley: The database {file} can't be opened: attempt to write a readonly database."
    )


def test_a_secret_that_cannot_be_read_is_said_in_one_line(file: Path) -> None:
    secret = file.with_name("secret")
    secret.touch(mode=0o000)
    assert refused(file.parent) == (
        f"parley: The secret {secret} can't be read or made: Permission denied."
    )


def test_a_file_system_that_is_read_only_is_said_in_one_line(file: Path, disk: FaultyDisk) -> None:
    disk.watch("*/data/*")
    disk.arm(Call.OPEN, error=errno.EROFS, sticky=True)
    assert refused(file.parent) == (
        f"parley: The data folder {file.parent} can't be used: Read-only file system."
    )
