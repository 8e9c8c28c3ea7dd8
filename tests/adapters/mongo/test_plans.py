"""Whether an index leads to what is asked for is read from every shape in which MongoDB explains itself."""

from typing import Any

import pytest

from tests.support.plans import unindexed

Plan = dict[str, Any]

IXSCAN: Plan = {
    "stage": "IXSCAN",
    "keyPattern": {"conversation_id": 1, "seq": 1},
    "indexName": "conversation_id_seq",
    "direction": "forward",
    "indexBounds": {"conversation_id": ['["a", "a"]'], "seq": ["(1, inf.0]"]},
}
COLLSCAN: Plan = {"stage": "COLLSCAN", "filter": {"seq": {"$gt": 1}}, "direction": "forward"}


def fetch(below: Plan) -> Plan:
    return {
        "stage": "LIMIT",
        "limitAmount": 5,
        "inputStage": {"stage": "FETCH", "inputStage": below},
    }


def classic(plan: Plan) -> Plan:
    """One server, the classic engine."""
    planner = {
        "namespace": "parley.entries",
        "parsedQuery": {"seq": {"$gt": 1}},
        "winningPlan": plan,
        "rejectedPlans": [COLLSCAN],
    }
    return {"explainVersion": "1", "queryPlanner": planner, "ok": 1.0}


def slots(plan: Plan) -> Plan:
    """One server, the slot-based engine."""
    slot_based = {"slots": "$$RESULT=s11", "stages": "[2] nlj inner [] [s4] left scan COLLSCAN"}
    planner = {
        "winningPlan": {"queryPlan": plan, "slotBasedPlan": slot_based},
        "rejectedPlans": [{"queryPlan": COLLSCAN, "slotBasedPlan": {}}],
    }
    return {"explainVersion": "2", "queryPlanner": planner, "ok": 1.0}


def shards(plan: Plan) -> Plan:
    """Two shards behind mongos; the second is asked in the way to be judged."""
    parts = [
        {"shardName": "one", "winningPlan": fetch(IXSCAN), "rejectedPlans": [COLLSCAN]},
        {"shardName": "two", "winningPlan": plan, "rejectedPlans": []},
    ]
    planner = {"mongosPlannerVersion": 1, "winningPlan": {"stage": "SHARD_MERGE", "shards": parts}}
    return {"queryPlanner": planner, "ok": 1.0}


def single_shard(plan: Plan) -> Plan:
    parts = [{"shardName": "one", "winningPlan": {"queryPlan": plan, "slotBasedPlan": {}}}]
    return {"queryPlanner": {"winningPlan": {"stage": "SINGLE_SHARD", "shards": parts}}, "ok": 1.0}


def pipeline(plan: Plan) -> Plan:
    """An aggregation whose first part is a query."""
    stages = [
        {"$cursor": {"queryPlanner": {"winningPlan": plan, "rejectedPlans": []}}},
        {"$group": {}},
    ]
    return {"explainVersion": "1", "stages": stages, "ok": 1.0}


def pipeline_on_shards(plan: Plan) -> Plan:
    part = {"host": "two:27018", "stages": pipeline(plan)["stages"]}
    first = {"host": "one:27018", **classic({"stage": "EOF"})}
    split = {"shardsPart": [{"$match": {}}], "mergerPart": [{"$mergeCursors": {}}]}
    return {"mergeType": "mongos", "splitPipeline": split, "shards": {"one": first, "two": part}}


def branches(plan: Plan) -> Plan:
    """An `$or`, each branch planned by itself."""
    both = {"stage": "OR", "inputStages": [IXSCAN, plan]}
    return {"stage": "SUBPLAN", "inputStage": {"stage": "FETCH", "inputStage": both}}


SHAPES = [classic, slots, shards, single_shard, pipeline, pipeline_on_shards]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("around", [fetch, branches, lambda plan: plan])
def test_a_scan_is_seen_wherever_it_stands(shape: Any, around: Any) -> None:
    assert unindexed(shape(around(COLLSCAN))) == ["COLLSCAN"]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("around", [fetch, branches, lambda plan: plan])
def test_an_index_is_seen_wherever_it_stands(shape: Any, around: Any) -> None:
    assert unindexed(shape(around(IXSCAN))) == []


@pytest.mark.parametrize(
    "stage",
    [
        {"stage": "IDHACK"},
        {"stage": "EOF"},
        {"stage": "EXPRESS_IXSCAN", "keyPattern": "{ conversation_id: 1, seq: 1 }"},
        {"stage": "EXPRESS_CLUSTERED_IXSCAN"},
        {"stage": "EXPRESS_UPDATE"},
        {"stage": "EXPRESS_DELETE"},
        {"stage": "UPDATE", "inputStage": {"stage": "IDHACK"}},
        {"stage": "BATCHED_DELETE", "inputStage": fetch(IXSCAN)},
        {"stage": "PROJECTION_COVERED", "transformBy": {"_id": 1}, "inputStage": IXSCAN},
    ],
    ids=lambda stage: stage["stage"],
)
def test_what_begins_at_an_index_needs_no_scan(stage: Plan) -> None:
    assert unindexed(classic(stage)) == []


def test_what_is_not_understood_does_not_pass() -> None:
    assert unindexed({"ok": 1.0}) == ["no plan"]
    assert unindexed(classic({"stage": "SOMETHING_NEW"})) == ["SOMETHING_NEW"]
