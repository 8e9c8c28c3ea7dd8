"""What an adapter asks of MongoDB, and whether an index answers it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from pymongo import AsyncMongoClient
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from parley.adapters.mongo.indexes import INDEXES

SORTED_IN_MEMORY = {("accounts", "display_key")}
"""Few documents by that field, ordered by another: the people whose display name begins so, by their usernames."""


class Queries(CommandListener):
    """Records every command's filter and sort; `uncovered` are those for which no index was made."""

    def __init__(self) -> None:
        self.commands: Counter[str] = Counter()
        self.uncovered: list[str] = []
        self.finds: dict[str, dict[str, Any]] = {}

    def started(self, event: CommandStartedEvent) -> None:
        self.commands[event.command_name] += 1
        for collection, wanted, order in _asked(event):
            if collection in INDEXES and not _is_covered(collection, wanted, order):
                self.uncovered.append(f"{event.command_name} {collection} {wanted} by {order}")
        if event.command_name == "find":
            fields = ("find", "filter", "sort", "limit")
            find = {name: event.command[name] for name in fields if name in event.command}
            shape = msgspec.json.encode([find["find"], list(find["filter"])]).decode()
            self.finds[shape] = find

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass

    async def verify(self, uri: str, *, explain: bool) -> None:
        """Everything asked so far was covered; with `explain`, by what the server itself says, too."""
        assert self.uncovered == []
        if not explain:
            return
        async with AsyncMongoClient[dict[str, Any]](uri) as client:
            for shape, find in self.finds.items():
                database = client.get_default_database()
                plan = await database.command("explain", find, verbosity="queryPlanner")
                assert find["find"] not in INDEXES or "COLLSCAN" not in str(plan), shape


def _asked(event: CommandStartedEvent) -> Iterator[tuple[str, Mapping[str, Any], list[str]]]:
    """Collection, filter and sort of everything that a command asks for."""
    command = event.command
    match event.command_name:
        case "find":
            yield command["find"], command["filter"], list(command.get("sort", ()))
        case "findAndModify":
            yield command["findAndModify"], command["query"], []
        case "aggregate" if "$or" in (first := command["pipeline"][0]["$match"]):
            yield command["aggregate"], first, []
        case "update" | "delete" as name:
            for one in command[f"{name}s"]:
                yield command[name], one["q"], []


def _is_covered(collection: str, wanted: Mapping[str, Any], order: list[str]) -> bool:
    if "_id" in wanted:
        return True
    if set(wanted) == {"$or"}:
        return all(_is_covered(collection, branch, order) for branch in wanted["$or"])
    return any(_serves(collection, index.fields, wanted, order) for index in INDEXES[collection])


def _serves(
    collection: str, fields: tuple[str, ...], wanted: Mapping[str, Any], order: list[str]
) -> bool:
    """Whether an index on these fields finds what is wanted, in its order: equalities, then the sort, then a range."""
    if fields[0] not in wanted:
        return False
    if not order or (collection, fields[0]) in SORTED_IN_MEMORY:
        return True
    fixed = 0
    while fixed < len(fields) and not isinstance(wanted.get(fields[fixed], {}), dict):
        fixed += 1
    return list(fields[fixed : fixed + len(order)]) == order
