"""What is there again after an end, kind or not."""

import subprocess
import sys
from pathlib import Path

import pytest

from parley.model.conversations import fold
from parley.model.ids import ConversationId
from tests.adapters.sqlite.conftest import Embedded, files, opened
from tests.support.pen import ANN, BEN, Pen, created, said

ROOT = Path(__file__).parents[3]


async def reopened(embedded: Embedded) -> Embedded:
    await embedded.database.close()
    return await opened(embedded.folder)


async def test_everything_is_there_after_a_close(tmp_path: Path) -> None:
    first = await opened(tmp_path)
    pen = Pen("home")
    await first.write(pen, created(ANN, BEN), said("one"))
    before = await first.log.read(pen.conversation_id, 0), await first.log.load(pen.conversation_id)
    identity = await first.log.identity()
    second = await reopened(first)
    after = (
        await second.log.read(pen.conversation_id, 0),
        await second.log.load(pen.conversation_id),
    )
    assert after == before
    assert await second.log.identity() == identity
    await second.database.close()


async def test_a_close_answers_what_was_asked_before(tmp_path: Path) -> None:
    embedded = await opened(tmp_path)
    pen = Pen("home")
    answers = [embedded.append(pen, created(ANN)), embedded.append(pen, said("last words"))]
    await embedded.database.close()
    assert [answer.result().stopped for answer in answers] == [None, None]


async def test_a_close_leaves_one_whole_file(tmp_path: Path) -> None:
    embedded = await opened(tmp_path)
    await embedded.write(Pen("home"), created(ANN), said("one"))
    await embedded.database.close()
    assert sorted(files(tmp_path)) == ["parley.db", "parley.db.highest"]


async def test_positions_go_on_where_they_ended(tmp_path: Path) -> None:
    first = await opened(tmp_path)
    pen = Pen("home")
    before = await first.append(pen, created(ANN), said("one"))
    second = await reopened(first)
    after = await second.append(pen, said("two"))
    assert after.positions[0] == before.positions[-1] + 1
    await second.database.close()


async def test_two_stores_are_two(tmp_path: Path) -> None:
    identities = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        embedded = await opened(tmp_path / name)
        identities.append(await embedded.log.identity())
        await embedded.database.close()
    assert identities[0].epoch != identities[1].epoch
    assert identities[0].digest_key != identities[1].digest_key


def kill_after(folder: Path, answers: int) -> dict[ConversationId, int]:
    """Have another process append, kill it in the middle, and say which heads it was answered."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.adapters.sqlite.appending", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    heads: dict[ConversationId, int] = {}
    lines = (process.stdout.readline() for _ in range(answers))
    told = list(lines)
    process.kill()
    told += process.stdout.readlines()
    process.stdout.close()
    process.wait()
    for line in told:
        if line.endswith("\n"):
            name, head = line.split()
            heads[ConversationId(name)] = int(head)
    return heads


@pytest.mark.parametrize("answers", [1, 40, 700])
async def test_what_was_answered_is_there_after_a_kill(tmp_path: Path, answers: int) -> None:
    heads = kill_after(tmp_path, answers)
    assert heads
    embedded = await opened(tmp_path)
    for conversation_id, head in heads.items():
        entries = [record.entry for record in await embedded.log.read(conversation_id, 0)]
        assert len(entries) >= head
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        assert await embedded.log.load(conversation_id) == fold(conversation_id, entries)
    await embedded.database.close()


async def test_the_list_is_in_order_after_a_kill(tmp_path: Path) -> None:
    heads = kill_after(tmp_path, 200)
    embedded = await opened(tmp_path)
    listed = await embedded.conversations.listed(ANN, kind=None, before=None, limit=99)
    latest = {}
    for conversation_id in heads:
        latest[(await embedded.log.read(conversation_id, 0))[-1].position] = conversation_id
    assert [(found.activity, found.conversation_id) for found in listed] == sorted(
        latest.items(), reverse=True
    )
    await embedded.database.close()
