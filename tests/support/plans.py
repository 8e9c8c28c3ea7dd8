"""What MongoDB's `explain` says of a query: which of its stages read documents, and whether by an index.

The shapes are those that MongoDB documents, from the classic engine and the slot-based one, for finds, writes and
aggregations, on one server and through mongos.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Document = Mapping[str, Any]

INDEXED: Final = {
    "IXSCAN",
    "IDHACK",
    "COUNT_SCAN",
    "DISTINCT_SCAN",
    "EXPRESS_IXSCAN",
    "EXPRESS_CLUSTERED_IXSCAN",
    "EXPRESS_UPDATE",
    "EXPRESS_DELETE",
    "EOF",  # there is nothing to read, or no such collection
}
"""Stages that read nothing that an index did not lead to."""

ELSEWHERE: Final = {"rejectedPlans", "slotBasedPlan", "executionStats", "parsedQuery", "command"}
"""What else is told beside the plan that won."""


def unindexed(explained: Document) -> list[str]:
    """The stages at the bottom of the winning plans that read without an index; `no plan` where none is told of."""
    bottoms = [stage for plan in _winning(explained) for stage in _bottoms(plan)]
    return [stage for stage in bottoms if stage not in INDEXED] if bottoms else ["no plan"]


def _winning(told: object) -> Iterator[Document]:
    """Every winning plan: one a shard, and one a part of an aggregation that reads."""
    if isinstance(told, list):
        for one in told:
            yield from _winning(one)
    elif isinstance(told, Mapping):
        plan = told.get("winningPlan")
        if isinstance(plan, Mapping) and "shards" not in plan:
            yield plan.get("queryPlan", plan)
            return
        for name, value in told.items():
            if name not in ELSEWHERE:
                yield from _winning(value)


def _bottoms(stage: Document) -> Iterator[str]:
    """The names of the stages that take nothing from another one."""
    below = [child for value in stage.values() for child in _stages(value)]
    if not below:
        yield str(stage.get("stage"))
    for child in below:
        yield from _bottoms(child)


def _stages(value: object) -> list[Document]:
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, Mapping) and "stage" in one]
