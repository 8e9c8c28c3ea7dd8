"""Thirteen things that chat servers get wrong, one a test, through the running server."""

import asyncio
import itertools
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import socketio

from tests.support.server import ServerProcess
from tests.wrongs.people import PASSWORD, Somebody, code, some

pytestmark = pytest.mark.timeout(900)

_names = (f"person{number}" for number in itertools.count())


def names(count: int) -> list[str]:
    """So many usernames that nobody has yet."""
    return list(itertools.islice(_names, count))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ServerProcess(tmp_path_factory.mktemp("wrongs") / "data") as server:
        yield server.url


async def test_identity_is_never_taken_from_the_client(url: str) -> None:
    async with some(url, *names(2)) as (ann, ben):
        path = f"/v1/conversations/{await ann.group(ben)}/messages"
        for name in ("sender", "sender_id", "from", "user_id", "userId", "actor_id"):
            answer = await ann.post(path, body="as Ben", **{name: ben.user_id})
            assert code(answer) == (422, "unknown_field")
        tab = await ann.tab()
        claim = {"user_id": ben.user_id, "body": "to Ben"}
        assert (await tab.ask("message.send", claim))["entry"]["actor_id"] == ann.user_id
        for name in ("from", "sender", "actor_id"):
            answer = await tab.ask("message.send", {**claim, name: ben.user_id})
            assert answer["error"]["code"] == "unknown_field"
        stranger = socketio.AsyncClient(reconnection=False)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await stranger.connect(f"{url}?userId={ben.user_id}&token={ben.token}")


async def test_every_action_asks_whether_one_is_a_member(url: str) -> None:
    async with some(url, *names(3)) as (ann, ben, eve):
        path = f"/v1/conversations/{await ann.group(ben)}"
        await ann.post(f"{path}/messages", body="secret")
        message = f"{path}/messages/2"
        tries = [
            await eve.get(path),
            await eve.get(f"{path}/messages"),
            await eve.get(message),
            await eve.get(f"{message}/edits"),
            await eve.get(f"{path}/log"),
            await eve.get(f"{path}/members"),
            await eve.get(f"{path}/marks"),
            await eve.post(f"{path}/messages", body="let me in"),
            await eve.post(f"{path}/members", user_id=eve.user_id),
            await eve.post(f"{path}/join"),
            await eve.post(f"{path}/marks", read=2),
            await eve.http.patch(message, json={"body": "changed"}),
            await eve.http.delete(message),
            await eve.http.put(f"{message}/reactions/+"),
            await eve.http.put(f"{message}/pin"),
            await eve.http.patch(path, json={"name": "Eve's"}),
            await eve.http.put(f"{path}/bans/{ann.user_id}"),
            await eve.http.delete(path),
        ]
        assert {code(answer) for answer in tries} == {(404, "not_found")}
        tab, other = await eve.tab(), await ben.tab()
        where = path.rpartition("/")[2]
        for event in ("message.send", "history", "typing", "conversation.join"):
            payload = {"conversation_id": where} | (
                {"body": "x"} if event == "message.send" else {}
            )
            assert (await tab.ask(event, payload))["error"]["code"] == "not_found"
        await ann.post(f"{path}/messages", body="still secret")
        await other.until("message.new", body="still secret")
        assert tab.heard == []


async def test_a_malformed_event_ends_nothing(url: str) -> None:
    async with some(url, *names(1)) as (ann,):
        tab = await ann.tab()
        # Without any argument, which `ask` would send as null.
        assert (await tab.socket.call("message.send", timeout=30))["error"]["code"] == "invalid"
        for payload in (None, 1, "text", [], [{}], {}, {"body": None}, {"body": {"$ne": 1}}):
            for event in ("message.send", "sync", "typing", "conversation.create"):
                if event == "sync" and payload == {}:
                    continue  # means: everything
                answer = await tab.ask(event, payload)
                assert answer["ok"] is False
                assert answer["error"]["code"] in {"invalid", "unknown_field"}
        assert (await tab.ask("no.such.event", {}))["error"]["code"] == "unknown_command"
        await tab.socket.emit("message.send")
        await tab.socket.emit("message.send", b"\x00")
        assert (await tab.ask("message.send", {"user_id": ann.user_id, "body": "fine"}))["ok"]
        assert (await ann.get("/healthz")).status_code == 200


async def test_a_second_tab_silences_nothing_and_closing_one_of_two_is_not_leaving(
    url: str,
) -> None:
    async with some(url, *names(2)) as (ann, ben):
        first, second, theirs = await ann.tab(), await ann.tab(), await ben.tab()
        where = await ann.group(ben)
        for tab in (first, second, theirs):
            await tab.until("conversation.created", conversation_id=where)
        sent = await first.ask("message.send", {"conversation_id": where, "body": "from one tab"})
        for tab in (first, second, theirs):
            assert await tab.until("message.new", body="from one tab") == sent["entry"]
        await second.socket.disconnect()
        await theirs.ask("message.send", {"conversation_id": where, "body": "still there?"})
        await first.until("message.new", body="still there?")
        seen = (await ben.get("/v1/presence", user_ids=ann.user_id)).json()["people"]
        assert seen == [{"user_id": ann.user_id, "status": "online"}]


async def test_what_was_acknowledged_is_kept_once_and_what_was_missed_is_there(
    tmp_path: Path,
) -> None:
    server = ServerProcess(tmp_path / "data")
    with server:
        async with some(server.url, "ann", "ben") as (ann, ben):
            tab, theirs = await ann.tab(), await ben.tab()
            draft = {"user_id": ben.user_id, "client_id": "m-1", "body": "hello"}
            sent = await tab.ask("message.send", draft)
            again = await tab.ask("message.send", draft)
            assert again == {**sent, "duplicate": True}
            where = sent["entry"]["conversation_id"]
            await theirs.until("message.new", conversation_id=where, seq=2)
            await theirs.socket.disconnect()
            missed = await tab.ask("message.send", {"user_id": ben.user_id, "body": "missed"})
            server.kill()
        server.start()
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
            login = {"login": "ben", "password": PASSWORD}
            token = (await http.post("/v1/auth/login", json=login)).json()["access_token"]
            http.headers["Authorization"] = f"Bearer {token}"
            answer = (await http.post("/v1/sync", json={"cursors": {where: 2}})).json()
        (caught_up,) = answer["conversations"]
        assert caught_up["entries"] == [missed["entry"]], "the first is there once, the second too"
        assert caught_up["head"] == 3


async def test_the_first_page_is_the_newest_and_paging_does_not_drift(url: str) -> None:
    async with some(url, *names(1)) as (ann,):
        path = f"/v1/conversations/{await ann.group()}/messages"
        for number in range(6):
            await ann.post(path, body=f"{number}")
        first = (await ann.get(path, limit=2)).json()
        assert [message["body"] for message in first["items"]] == ["4", "5"]
        await ann.post(path, body="said between two pages")
        second = (await ann.get(path, limit=2, before=first["next"])).json()
        third = (await ann.get(path, limit=2, before=second["next"])).json()
        shown = [message["body"] for message in third["items"] + second["items"] + first["items"]]
        assert shown == ["0", "1", "2", "3", "4", "5"]
        assert "next" not in third


async def test_two_people_have_one_conversation_and_notes_stay_ones_own(url: str) -> None:
    async with some(url, *names(2)) as (ann, ben):
        pairs = [(ann, ben), (ben, ann)] * 5
        sent = await asyncio.gather(
            *(one.post(f"/v1/direct/{other.user_id}/messages", body="hi") for one, other in pairs)
        )
        assert len({answer.json()["conversation_id"] for answer in sent}) == 1
        assert sorted(answer.json()["seq"] for answer in sent) == list(range(2, 12))
        for one in (ann, ben):
            assert len((await one.get("/v1/conversations")).json()["items"]) == 1
        note = (await ann.post(f"/v1/direct/{ann.user_id}/messages", body="a note")).json()
        assert note["conversation_id"] != sent[0].json()["conversation_id"]
        answer = await ben.get(f"/v1/conversations/{note['conversation_id']}/messages")
        assert code(answer) == (404, "not_found")


async def test_order_is_the_servers_and_no_clock_takes_part(url: str) -> None:
    async with some(url, *names(2)) as (ann, ben):
        where = await ann.group(ben)
        path = f"/v1/conversations/{where}/messages"
        for name in ("at", "created_at", "timestamp", "seq"):
            answer = await ann.post(path, body="earlier", **{name: 0})
            assert code(answer) == (422, "unknown_field")
        tabs = [await ann.tab(), await ben.tab()]
        answers = await asyncio.gather(
            *(
                tab.ask("message.send", {"conversation_id": where, "body": f"{number}"})
                for number in range(20)
                for tab in tabs
            )
        )
        last = max(answer["entry"]["seq"] for answer in answers)
        for tab in tabs:
            await tab.until("message.new", seq=last)
        orders = [[(push["seq"], push["body"]) for _, push in tab.heard] for tab in tabs]
        assert orders[0] == orders[1]
        assert [seq for seq, _ in orders[0]] == list(range(2, 42))


async def test_sessions_end_sockets_with_them_and_nothing_secret_is_sent(url: str) -> None:
    async with some(url, *names(2)) as (ann, ben):
        tab = await ann.tab()
        for shown in ("Bearer nonsense", "Bearer", f"Bearer {ann.token[:-4]}AAAA", "Basic eDp5"):
            answer = await ben.http.get("/v1/me", headers={"Authorization": shown})
            assert answer.status_code == 401
        for answer in (await ann.get("/v1/me"), await ben.get(f"/v1/users/{ann.user_id}")):
            assert not {"password", "password_hash", "hash"} & answer.json().keys()
        assert "email" not in answer.json()
        body = {"username": "boss", "password": PASSWORD, "role": "admin"}
        assert code(await ben.post("/v1/auth/register", **body)) == (422, "unknown_field")
        assert (await ann.post("/v1/auth/logout")).status_code == 204
        await asyncio.wait_for(tab.ended.wait(), 30)
        assert code(await ann.get("/v1/me")) == (401, "session_revoked")
        with pytest.raises(socketio.exceptions.ConnectionError):
            await ann.tab()


async def test_nothing_but_text_reaches_a_query(url: str) -> None:
    async with some(url, *names(2)) as (ann, ben):
        operator = {"$ne": None}
        answers = [
            await ann.post("/v1/auth/login", login=operator, password=operator),
            await ann.post("/v1/contacts", username=operator),
            await ann.post("/v1/conversations", kind="room", name={"$regex": "."}),
            await ann.post("/v1/conversations", kind="group", name="x", members=[operator]),
            await ann.post("/v1/sync", cursors={"x": {"$gt": ""}}),
        ]
        assert {code(answer) for answer in answers} == {(422, "invalid")}
        for query in (".*", "^", "(((((a+)+)+)+)+$", "%", "_", "' OR 1=1 --"):
            found = await ann.get("/v1/users", query=query)
            assert (found.status_code, found.json()["items"]) == (200, [])
            assert (await ann.get("/v1/rooms", query=query)).json()["items"] == []
        assert (await ann.get("/v1/users", query=ben.name)).json()["items"]


async def test_nothing_is_uploaded_unasked(url: str) -> None:
    """There are no uploads yet: what looks like one is refused before it is kept anywhere."""
    async with some(url, *names(1)) as (ann,):
        path = f"/v1/conversations/{await ann.group()}/messages"
        files = {"file": ("evil.html", b"<script>", "image/png")}
        answer = await ann.http.post(path, files=files)
        assert code(answer) == (400, "invalid_json")
        attached = [{"url": "https://elsewhere.example/x.exe"}]
        assert code(await ann.post(path, body="x", attachments=attached)) == (422, "unknown_field")
        large = await ann.http.post(path, content=b"x" * 1_100_000)
        assert code(large) == (413, "too_large")
        assert (await ann.get(path)).json()["items"] == []


async def test_who_is_online_is_no_strangers_business(url: str) -> None:
    async with some(url, *names(3)) as (ann, ben, eve):
        stranger = await eve.tab()
        await stranger.ask("presence.watch", {"user_ids": [ann.user_id]})
        await ann.post(f"/v1/direct/{ben.user_id}/messages", body="hi")
        await ben.post(f"/v1/direct/{ann.user_id}/messages", body="hi")
        partner = await ben.tab()
        await ann.tab()
        push = await partner.until("presence")
        assert push["people"] == [{"user_id": ann.user_id, "status": "online"}]
        asked = await stranger.ask("presence.get", {"user_ids": [ann.user_id, ben.user_id]})
        assert {one["status"] for one in asked["people"]} == {"offline"}
        assert stranger.heard == []


async def test_it_is_limited_watched_and_stopped_in_order(tmp_path: Path) -> None:
    settings = {"commands_per_second": "1", "requests_per_second": "2"}
    with ServerProcess(tmp_path / "data", **settings) as server:
        async with some(server.url, "ann") as (ann,):
            tab = await ann.tab()
            answers = [await tab.ask("presence.get", {"user_ids": []}) for _ in range(40)]
            codes = {answer["error"]["code"] for answer in answers if not answer["ok"]}
            assert codes == {"rate_limited"}
            asked = await asyncio.gather(*(ann.get("/v1/me") for _ in range(80)))
            refused = [answer for answer in asked if answer.status_code == 429]
            assert refused
            assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
            await guessing_is_slowed_down(ann)
            for path in ("/healthz", "/readyz"):
                assert (await ann.get(path)).status_code == 200
            server.signal(signal.SIGTERM)
            await asyncio.wait_for(tab.ended.wait(), 30)
        assert server.exit_code() == 0


async def guessing_is_slowed_down(ann: Somebody) -> None:
    guesses = [
        await ann.post("/v1/auth/login", login=ann.name, password=f"guess {number}")
        for number in range(15)
    ]
    assert {answer.status_code for answer in guesses} == {401, 429}
    assert "Retry-After" in guesses[-1].headers
