"""What an adapter asks of MongoDB, and whether an index answers it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pymongo import AsyncMongoClient
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from parley.adapters.mongo.indexes import INDEXES
from tests.support.plans import unindexed

SORTED_IN_MEMORY = {("accounts", "display_key")}
"""Few documents by that field, ordered by another: the people whose display name begins so, by their usernames."""


COUNTED_WHOLE = {("entries", "seq")}
"""How many conversations there are, at the end of a migration."""


class Queries(CommandListener):
    """Records every command's filter and sort; `uncovered` are those for which no index was made."""

    def __init__(self) -> None:
        self.commands: Counter[str] = Counter()
        self.uncovered: list[str] = []
        self.explicable: dict[str, dict[str, Any]] = {}

    def started(self, event: CommandStartedEvent) -> None:
        self.commands[event.command_name] += 1
        for collection, wanted, order, alone in _asked(event):
            shape = f"{event.command_name} {collection} {_shape(wanted)} by {order}"
            if collection in INDEXES and not _is_covered(collection, wanted, order):
                self.uncovered.append(f"{shape}: {wanted}")
            elif collection in INDEXES:
                self.explicable.setdefault(shape, alone)

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
            database = client.get_default_database()
            for shape, command in self.explicable.items():
                plan = await database.command("explain", command, verbosity="queryPlanner")
                assert unindexed(plan) == [], shape


def _shape(wanted: Mapping[str, Any]) -> str:
    if set(wanted) == {"$or"}:
        return f"any of {_shape(wanted['$or'][0])}"
    return ", ".join(wanted)


class Asked(NamedTuple):
    """One thing that a command asks for; `alone` is a command for it alone, which can be explained."""

    collection: str
    wanted: Mapping[str, Any]
    order: list[str]
    alone: dict[str, Any]


def _asked(event: CommandStartedEvent) -> Iterator[Asked]:
    command, name = event.command, event.command_name
    collection = command.get(name)
    match name:
        case "find":
            order = list(command.get("sort", ()))
            alone = _only(command, name, "filter", "sort", "limit")
            yield Asked(collection, command["filter"], order, alone)
        case "findAndModify":
            alone = _only(command, name, "query", "update", "upsert")
            yield Asked(collection, command["query"], [], alone)
        case "aggregate":
            wanted = command["pipeline"][0]["$match"]
            if wanted and (collection, *wanted) not in COUNTED_WHOLE:
                yield Asked(collection, wanted, [], _only(command, name, "pipeline", "cursor"))
        case "update" | "delete":
            for one in command[f"{name}s"]:
                yield Asked(collection, one["q"], [], {name: collection, f"{name}s": [one]})


def _only(command: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Without what is of the session."""
    return {name: command[name] for name in names if name in command}


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
