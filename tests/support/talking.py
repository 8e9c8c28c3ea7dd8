"""People who talk to nodes by REST, retry what is left open, and compare the log with what they were told."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import aiohttp

PASSWORD = "correct horse battery"  # of people made up here
Answer = tuple[int, dict[str, Any]]


@dataclass
class Person:
    """Somebody signed in, who talks to whichever node is named."""

    http: aiohttp.ClientSession
    user_id: str
    token: str
    acked: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def ask(self, method: str, url: str, body: dict[str, Any] | None = None) -> Answer:
        headers = {"authorization": f"Bearer {self.token}"}
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def say(self, urls: list[str], conversation_id: str, client_id: str) -> Answer:
        """Say something to each of these nodes at once; where that is left open, again."""
        body = {"client_id": client_id, "body": f"{client_id} says hello"}
        while True:
            answers = await asyncio.gather(
                *(
                    self.ask("POST", f"{url}/v1/conversations/{conversation_id}/messages", body)
                    for url in urls
                )
            )
            final = [answer for answer in answers if answer[0] != 503]
            if final:
                assert len({str(answer[1].get("seq")) for answer in final}) == 1
                if final[0][0] in (200, 201):
                    self.acked[client_id] = final[0][1]
                return final[0]
            await asyncio.sleep(0.05)


async def join_in(http: aiohttp.ClientSession, url: str, username: str) -> Person:
    body = {"username": username, "password": PASSWORD}
    async with http.post(f"{url}/v1/auth/register", json=body) as answer:
        registered = await answer.json()
    return Person(http, registered["user"]["user_id"], registered["access_token"])


async def a_group(url: str, owner: Person, *others: Person) -> str:
    members = [other.user_id for other in others]
    body = {"kind": "group", "name": "Home", "members": members}
    status, made = await owner.ask("POST", f"{url}/v1/conversations", body)
    assert status == 201, made
    return made["conversation_id"]


async def whole_log(url: str, person: Person, conversation_id: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    more = True
    while more:
        status, page = await person.ask(
            "GET", f"{url}/v1/conversations/{conversation_id}/log?after={len(entries)}&limit=200"
        )
        assert status == 200, page
        entries += page["entries"]
        more = page["more"]
    return entries


def check(log: list[dict[str, Any]], *people: Person) -> None:
    """No hole, no double, and every acked message where its ack said."""
    assert [entry["seq"] for entry in log] == list(range(1, len(log) + 1))
    commands = [(entry["actor_id"], entry["client_id"]) for entry in log]
    assert len(set(commands)) == len(commands)
    for person in people:
        for client_id, acked in person.acked.items():
            entry = log[acked["seq"] - 1]
            assert (entry["actor_id"], entry["client_id"]) == (person.user_id, client_id)


async def talk(person: Person, urls: list[str], conversation_id: str, name: str) -> None:
    """Say ten things: to one node, to the other, or to both at once."""
    dice = random.Random(name)
    for number in range(10):
        nodes = dice.choice([urls[:1], urls[-1:], urls])
        status, answer = await person.say(nodes, conversation_id, f"{name}-{number}")
        assert status in (200, 201), answer


async def readiness(http: aiohttp.ClientSession, url: str, wanted: int) -> None:
    """Return once `/readyz` answers so, which is to be within seconds."""
    async with asyncio.timeout(8):
        while True:
            async with http.get(f"{url}/readyz") as answer:
                if answer.status == wanted:
                    return
            await asyncio.sleep(0.05)
