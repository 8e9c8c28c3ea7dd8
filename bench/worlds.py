"""The people and conversations that a whole product needs before it can be measured."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.databases import Databases
from bench.peers import Peer
from bench.processes import Server, free_port
from bench.scenarios import Scenario, Shape

PASSWORD = "correct horse battery staple"
MOST_PEOPLE = 1000
"""Where connections only have to be there, a person has several."""
REGISTERING = 4


@dataclass(frozen=True, slots=True)
class World:
    """What the load generator and the server are told of it."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Person:
    user_id: str
    token: str


@dataclass(slots=True)
class Population:
    """Who is registered in one data folder, and their conversations by shape (rooms, members)."""

    folder: Path
    people: list[Person] = field(default_factory=list)
    conversations: dict[tuple[int, int], list[str]] = field(default_factory=dict)


class Worlds:
    """Fills data folders below `folder`, and databases, as they are asked for; each is filled once."""

    def __init__(self, folder: Path, databases: Databases) -> None:
        self._folder = folder
        self._databases = databases
        self._populations: dict[str, Population] = {}

    def prepare(self, peer: Peer, scenario: Scenario, shape: Shape) -> World:
        """Whatever the scenario needs is there when this returns, and no server runs.

        Raises:
            ServerFailed, httpx.HTTPError: the peer cannot be filled.
        """
        count = ("--rooms", str(shape.rooms), "--members", str(shape.members))
        if not peer.data:
            return World(count, {})
        population = self._population(peer.data)
        environment = {"DATA": str(population.folder), "PARLEY_DATA": str(population.folder)}
        if peer.mongodb:
            environment[peer.mongodb] = self._databases.uri(peer.data)
        self._fill(peer, environment, population, scenario, shape)
        lines = _lines(population, scenario, shape)
        people = self._folder / f"{peer.data}-{shape.rooms}-{shape.members}.people"
        people.write_text("".join(f"{line}\n" for line in lines))
        return World((*count, "--people", str(people)), environment)

    def _population(self, name: str) -> Population:
        if name not in self._populations:
            folder = self._folder / name
            folder.mkdir()
            self._populations[name] = Population(folder)
        return self._populations[name]

    def _fill(
        self,
        peer: Peer,
        environment: Mapping[str, str],
        population: Population,
        scenario: Scenario,
        shape: Shape,
    ) -> None:
        missing_people = _people_needed(scenario, shape) - len(population.people)
        rooms_missing = (
            scenario.groups and (shape.rooms, shape.members) not in population.conversations
        )
        if missing_people <= 0 and not rooms_missing:
            return
        port = free_port()
        with (
            Server([*peer.command, str(port)], port, {**peer.environment, **environment}),
            httpx.Client(base_url=f"http://127.0.0.1:{port}/v1", timeout=60) as client,
        ):
            first = len(population.people)
            with ThreadPoolExecutor(REGISTERING) as pool:
                numbers = range(first, first + max(0, missing_people))
                population.people += pool.map(lambda number: _register(client, number), numbers)
            if rooms_missing:
                population.conversations[shape.rooms, shape.members] = [
                    _converse(client, population.people[start : start + shape.members])
                    for start in range(0, shape.rooms * shape.members, shape.members)
                ]


def _people_needed(scenario: Scenario, shape: Shape) -> int:
    connections = shape.rooms * shape.members
    return connections if scenario.groups else min(connections, MOST_PEOPLE)


def _register(client: httpx.Client, number: int) -> Person:
    body = {"username": f"person{number}", "password": PASSWORD}
    answer = _post(client, "/auth/register", body)
    return Person(answer["user"]["user_id"], answer["access_token"])


def _converse(client: httpx.Client, people: list[Person]) -> str:
    """A direct conversation for two, a group for more; gives its id."""
    first, *others = people
    if len(others) == 1:
        answer = client.put(f"/direct/{others[0].user_id}", headers=_bearer(first))
        conversation = answer.raise_for_status().json()
    else:
        user_ids = [person.user_id for person in others]
        group = {"kind": "group", "name": "Everyone", "members": user_ids}
        conversation = _post(client, "/conversations", group, first)
    conversation_id: str = conversation["conversation_id"]
    return conversation_id


def _post(
    client: httpx.Client, path: str, body: dict[str, Any], person: Person | None = None
) -> dict[str, Any]:
    answer = client.post(path, json=body, headers=_bearer(person) if person else None)
    decoded: dict[str, Any] = answer.raise_for_status().json()
    return decoded


def _bearer(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.token}"}


def _lines(population: Population, scenario: Scenario, shape: Shape) -> list[str]:
    """One a connection: the conversation, a tab, the auth payload of CONNECT."""
    connections = range(shape.rooms * shape.members)
    people = [population.people[number % len(population.people)] for number in connections]
    names = ["-"] * len(people)
    if scenario.groups:
        conversations = population.conversations[shape.rooms, shape.members]
        names = [conversations[number // shape.members] for number in connections]
    auth = [json.dumps({"token": person.token}, separators=(",", ":")) for person in people]
    return [f"{name}\t{payload}" for name, payload in zip(names, auth, strict=True)]
