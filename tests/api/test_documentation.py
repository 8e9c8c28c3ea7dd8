"""The API's description, for programs and for people."""

import re

import pytest

from parley.api.errors import STATUS
from parley.model.errors import Kind


@pytest.fixture
async def document(nobody):
    answer = await nobody.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


async def test_it_is_openapi_3_1_of_this_version(document):
    assert document["openapi"].startswith("3.1")
    assert document["info"]["version"] == "1.2.3"


async def test_every_operation_says_what_it_does_and_has_its_own_name(document):
    found = dict(operations(document))
    assert len(found) >= 21
    for name, operation in found.items():
        assert operation["description"].endswith("."), name
        assert operation["tags"], name
    assert len({operation["operationId"] for operation in found.values()}) == len(found)


async def test_every_refusal_is_described_in_the_one_format(document):
    for name, operation in operations(document):
        refusals = {s: a for s, a in operation["responses"].items() if int(s) >= 400}
        assert str(STATUS[Kind.INVALID]) in refusals, name
        assert ("400" in refusals) is ("requestBody" in operation), name
        for answer in refusals.values():
            schema = answer["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Refused"}, name


async def test_all_but_the_public_operations_need_a_token(document):
    assert document["security"] == [{"bearer": []}]
    public = {name for name, operation in operations(document) if operation.get("security") == [{}]}
    assert public == {
        f"post /v1/auth/{name}"
        for name in (
            "register",
            "login",
            "refresh",
            "logout",
            "password-reset",
            "password-reset/confirm",
            "verify-email",
        )
    } | {"get /v1/users/{user_id}/avatar"}


async def test_no_answer_has_a_field_for_hashes(document):
    for name, schema in document["components"]["schemas"].items():
        assert not {"password_hash", "hash", "key"} & set(schema.get("properties", {})), name


async def test_people_read_it_on_a_page_that_loads_nothing(nobody, document):
    answer = await nobody.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    for path in document["paths"]:
        assert path in answer.text
    assert not re.search(r"(src|href)=.?(https?:|//)|<script|@import|url\(", answer.text)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].count("sha256-") == 1
