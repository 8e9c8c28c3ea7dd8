"""Whatever is asked, the answer is one that the API's description knows, and never that something went wrong here."""

from itertools import product

import pytest

from tests.api.conftest import the_description
from tests.support.described import Operation

IDS = [
    "x",
    "%00",
    "%ff",
    "..%2f",
    "a" * 40,
    "a" * 41,
    "😀",
    "-1",
    "0",
    "9" * 30,
    "~server",
    "%27%22",
]
VALUES = [
    "",
    " ",
    "\0",
    "\ud7ff\ue000",
    "x" * 17_000,
    -1,
    0,
    1.5,
    2**63,
    2**70,
    True,
    None,
    [],
    {},
    [[]],
    {"$ne": 1},
]
BODIES = {
    "auth_register": {"username": "dora", "password": "correct horse"},
    "auth_login": {"login": "anna", "password": "correct horse"},
    "auth_change_password": {"current_password": "correct horse", "password": "another one"},
    "auth_reset_password": {"code": "a" * 26, "password": "another one"},
    "conversations_create": {"kind": "group", "name": "Hiking"},
    "conversations_add": {"user_id": "nobody"},
    "administration_change_role": {"role": "guest"},
    "messages_send": {"body": "hello"},
    "messages_send_to": {"body": "hello"},
    "messages_edit": {"body": "hello"},
}
"""Bodies that are acceptable, where an empty one is not."""

ENDING = {"auth_logout", "auth_logout_all"}
"""After these, nothing but 401 would be found."""


@pytest.fixture
def operations(app) -> list[Operation]:
    """Every one that can be asked again and again."""
    every = the_description().operations
    assert len(every) >= 59
    return [one for one in every if one.described["operationId"] not in ENDING]


@pytest.fixture
async def own(anna, boris) -> dict[str, str]:
    """What there is, for a path: a conversation of Anna's, and somebody else."""
    where = (await anna.put(f"/v1/direct/{boris.user_id}")).json()["conversation_id"]
    return {
        "conversation_id": where,
        "user_id": boris.user_id,
        "session_id": "another",
        "seq": "1",
        "emoji": "+",
    }


async def test_any_id_in_any_path_is_answered(anna, operations, own):
    for operation, strange in product(operations, IDS):
        ids = dict.fromkeys(own, strange) | {"seq": str(2**70)}
        answer = await anna.client.request(operation.method, operation.path.format_map(ids))
        assert answer.status_code < 500, (operation.name, strange, answer.text)


async def test_any_value_in_any_field_of_any_body_is_answered(anna, operations, own):
    asked = 0
    for operation in operations:
        good = BODIES.get(operation.described["operationId"], {})
        for name, value in product(operation.fields(), VALUES):
            path = operation.path.format_map(own)
            answer = await anna.client.request(operation.method, path, json=good | {name: value})
            assert answer.status_code < 500, (operation.name, name, value, answer.text)
            asked += 1
    assert asked > 700
    assert (await anna.get("/v1/me")).status_code == 200


async def test_any_value_in_any_query_is_answered(anna, operations, own):
    asked = 0
    for operation in operations:
        for name, value in product(operation.queries(), [*IDS, "", "1", "direct", "MQ"]):
            path = operation.path.format_map(own)
            answer = await anna.client.get(f"{path}?{name}={value}")
            assert answer.status_code < 500, (operation.name, name, value, answer.text)
            asked += 1
    assert asked > 300
