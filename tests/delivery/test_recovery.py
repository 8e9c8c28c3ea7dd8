"""The official JavaScript client, unmodified, is recovered by the product, or told that it is not."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import aiohttp
import pytest
import socketio

from tests.support.recovering import JS, Person, RecoveringClient, free_port
from tests.support.server import ServerProcess

pytestmark = [
    pytest.mark.skipif(
        shutil.which("node") is None or not (JS / "node_modules").exists(),
        reason="needs Node and `make setup`",
    ),
    pytest.mark.timeout(180),
]


numbers = count(1)


@dataclass
class Chat:
    """Ann speaks by REST, and Ben has a client that is recovered."""

    server: ServerProcess
    url: str
    http: aiohttp.ClientSession
    ann: Person
    ben: Person
    where: str

    def client(self, transports: str = "websocket") -> RecoveringClient:
        return RecoveringClient(self.url, self.ben.token, transports)

    async def restart(self) -> None:
        """`kill -9`, and the next start on the same folder."""
        await asyncio.to_thread(self.server.kill)
        await asyncio.to_thread(self.server.start)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    flags = ("--port", str(free_port()))
    with ServerProcess(
        tmp_path_factory.mktemp("recovery") / "data", flags=flags, max_recovery_entries="5"
    ) as server:
        yield server


@asynccontextmanager
async def chat_on(server: ServerProcess) -> AsyncIterator[Chat]:
    """People whom nobody has met before."""
    url = f"http://127.0.0.1:{server.flags[1]}"
    async with aiohttp.ClientSession() as http:
        names = f"ann-{next(numbers)}", f"ben-{next(numbers)}"
        ann, ben = [await Person.register(http, url, name) for name in names]
        yield Chat(server, url, http, ann, ben, await ann.group(ben))


@pytest.fixture
async def chat(server: ServerProcess) -> AsyncIterator[Chat]:
    async with chat_on(server) as one:
        yield one


async def after_a_word(chat: Chat, client: RecoveringClient) -> None:
    """Connected, and having heard something: without that there is no offset."""
    assert await client.connected() is False
    await chat.ann.say(chat.where, "first")
    ((entry, offset),) = await client.hear(1)
    assert entry["body"] == "first"
    assert offset.count(".") == 2


def bodies(heard: list) -> list[str]:
    return [args[0]["body"] for args in heard]


@pytest.mark.parametrize("transports", ["websocket", "polling", "polling,websocket"])
async def test_a_lost_connection_is_recovered_with_exactly_what_it_missed(
    chat: Chat, transports: str
) -> None:
    async with chat.client(transports) as client:
        await after_a_word(chat, client)
        await client.lose()
        await chat.ann.say(chat.where, "a", "b")
        client.events.clear()
        assert await client.come_back() is True
        await chat.ann.say(chat.where, "c")
        await client.hear(3)
        said = [args[0]["body"] for event, args in client.events if event == "message.new"]
        assert said == ["a", "b", "c"]


async def test_a_connection_is_recovered_over_kill_9_and_restart(chat: Chat) -> None:
    async with chat.client() as client:
        await after_a_word(chat, client)
        await chat.restart()
        assert await client.connected() is True
        await client.lose()
        await chat.ann.say(chat.where, "a")
        await chat.restart()
        await chat.ann.say(chat.where, "b")
        assert await client.come_back() is True
        assert bodies(await client.hear(2)) == ["a", "b"]


async def test_marks_come_once_as_they_are_behind_the_replay(chat: Chat) -> None:
    async with chat.client() as client:
        await after_a_word(chat, client)
        await client.lose()
        await chat.ann.say(chat.where, "a")
        await chat.ben.ask("POST", f"/conversations/{chat.where}/marks", {"read": 2})
        assert await client.come_back() is True
        ((push,),) = await client.hear(1, "marks")
        assert [(one["read"], one["unread"]) for one in push["marks"]] == [(2, 1)]
        assert [event for event, _ in client.events][-2:] == ["message.new", "marks"]


async def test_who_was_removed_meanwhile_hears_that_and_nothing_else(chat: Chat) -> None:
    async with chat.client() as client:
        await after_a_word(chat, client)
        await client.lose()
        await chat.ann.say(chat.where, "before")
        path = f"/conversations/{chat.where}/members/{chat.ben.user_id}"
        await chat.ann.ask("DELETE", path)
        await chat.ann.say(chat.where, "after")
        assert await client.come_back() is True
        await client.hear(1, "member.left")
        assert [event for event, _ in client.events if event != "marks"][-1:] == ["member.left"]
        assert not [args for _, args in client.events if args[0].get("body") in ("before", "after")]


async def test_who_heard_nothing_yet_is_not_recovered(chat: Chat) -> None:
    async with chat.client() as client:
        assert await client.connected() is False
        await client.lose()
        await chat.ann.say(chat.where, "a")
        assert await client.come_back() is False


async def test_a_private_id_or_an_offset_of_elsewhere_is_not_recovered(chat: Chat) -> None:
    nonsense = ("nonsense", "a.b.c", "AAAA.log.AAAA", "", "9" * 30, "é.log.1")
    async with chat.client() as client:
        await after_a_word(chat, client)
        for what, given in ((what, given) for what in ("pid", "offset") for given in nonsense):
            client.events.clear()
            await client.lose()
            client.do(what, **{what: given})
            assert await client.come_back() is False, (what, given)
            await chat.ann.say(chat.where, "on it goes")
            assert bodies(await client.hear(1)) == ["on it goes"]


async def test_an_offset_ahead_of_what_was_written_is_not_recovered(chat: Chat) -> None:
    async with chat.client() as client:
        await after_a_word(chat, client)
        client.do("state")
        offset = (await client.next("state"))["offset"]
        await client.lose()
        prefix = offset.rpartition(".")[0]
        client.do("offset", offset=f"{prefix}.99999")
        assert await client.come_back() is False


async def test_the_private_id_of_another_person_or_session_is_not_recovered(chat: Chat) -> None:
    other_session = await chat.ben.sign_in()
    for token in (chat.ann.token, other_session):
        async with chat.client() as client:
            await after_a_word(chat, client)
            await client.lose()
            client.do("token", token=token)
            assert await client.come_back() is False


async def test_the_same_session_with_a_fresh_token_is_recovered(chat: Chat) -> None:
    async with chat.client() as client:
        await after_a_word(chat, client)
        await client.lose()
        body = {"refresh_token": chat.ben.refresh_token}
        async with chat.http.post(f"{chat.url}/v1/auth/refresh", json=body) as answer:
            token = (await answer.json())["access_token"]
        client.do("token", token=token)
        assert await client.come_back() is True


async def test_who_missed_more_than_the_bounds_is_not_recovered(chat: Chat) -> None:
    async with chat.client() as client:
        await after_a_word(chat, client)
        await client.lose()
        await chat.ann.say(chat.where, *"abcde")
        assert await client.come_back() is True
        await client.hear(5)
        await client.lose()
        await chat.ann.say(chat.where, *"abcdef")
        assert await client.come_back() is False


async def test_where_recovery_is_switched_off_nobody_is_recovered(tmp_path: Path) -> None:
    flags = ("--port", str(free_port()))
    with ServerProcess(tmp_path / "data", flags=flags, recovery="never") as server:
        async with chat_on(server) as chat, chat.client() as client:
            assert await client.connected() is False
            await chat.ann.say(chat.where, "a")
            ((entry,),) = await client.hear(1)
            assert entry["body"] == "a"
            client.do("state")
            assert await client.next("state") == {}


async def test_who_does_not_ask_for_it_gets_the_plain_dialect(chat: Chat) -> None:
    plain = socketio.AsyncClient(reconnection=False)
    heard: asyncio.Queue[tuple] = asyncio.Queue()

    @plain.on("message.new")
    def on_message(*args: object) -> None:
        heard.put_nowait(args)

    async with chat.client() as client:
        await plain.connect(chat.url, auth={"token": chat.ben.token}, transports=["websocket"])
        await after_a_word(chat, client)
        assert len(await asyncio.wait_for(heard.get(), 20)) == 1
        await plain.disconnect()
