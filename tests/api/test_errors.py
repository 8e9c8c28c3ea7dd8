"""One format for every refusal, whoever refuses."""

import logging

import pytest

from parley.api.errors import STATUS, refuse, status_of
from parley.model.errors import Draining, InvalidJson, Kind, RateLimited, Unavailable, every_error
from tests.api.conftest import app_of, client_of, refusal


def test_every_kind_has_its_own_status():
    assert set(STATUS) == set(Kind)
    assert len(set(STATUS.values())) == len(Kind)


@pytest.mark.parametrize("error", list(every_error()))
def test_every_error_has_a_code_a_sentence_and_a_status(error):
    answer = refuse(None, error())
    shown = answer.content.error
    assert shown.code == error.code != ""
    assert shown.message.endswith(".")
    assert answer.status_code == status_of(error())
    assert 400 <= answer.status_code < 600


def test_codes_are_unique():
    codes = [error.code for error in every_error()]
    assert len(set(codes)) == len(codes)


def test_a_body_that_is_no_json_is_a_bad_request_and_not_merely_invalid():
    assert status_of(InvalidJson()) == 400


def test_what_may_succeed_later_says_when_also_where_it_does_not_know():
    assert refuse(None, RateLimited(retry_after=7)).headers["Retry-After"] == "7"
    for error in (RateLimited(), Unavailable(), Draining()):
        assert int(refuse(None, error).headers["Retry-After"]) > 0


async def test_a_client_that_goes_in_mid_body_is_no_failure_of_ours(app, caplog):
    messages = [
        {"type": "http.request", "body": b'{"login": "an', "more_body": True},
        {"type": "http.disconnect"},
    ]
    answers = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        answers.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/v1/auth/login",
        "raw_path": b"/v1/auth/login", "query_string": b"", "root_path": "", "scheme": "http",
        "headers": [(b"host", b"parley.test")], "client": ("192.0.2.1", 1), "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    assert answers[0]["status"] == 400
    assert not caplog.records


@pytest.mark.parametrize(
    "path", ["/nowhere", "/v1", "/v1/", "/v1/me/more", "/v1/conversations/x/messages/first"]
)
async def test_an_unknown_path_is_not_found(nobody, path):
    assert refusal(await nobody.get(path)) == (404, "not_found")


async def test_a_method_that_a_path_has_not_is_refused_with_those_that_it_has(nobody):
    answer = await nobody.patch("/v1/auth/login")
    assert refusal(answer) == (405, "method_not_allowed")
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"nonsense", b'{"login": "anna",}', b"\xff", b'{"login": "\xff"}',
     b'{"login": "\\ud800 alone"}', b"login=anna"],
)  # fmt: skip
async def test_a_body_that_is_no_json_is_refused_as_such(nobody, content):
    answer = await nobody.post("/v1/auth/login", content=content)
    assert refusal(answer) == (400, "invalid_json")


@pytest.mark.parametrize("depth", [100, 900, 1_500, 100_000])
async def test_free_data_nested_beyond_sense_is_refused_and_harms_nothing(anna, depth):
    content = b'{"kind": "group", "name": "x", "data": {"a": %s%s}}' % (b"[" * depth, b"]" * depth)
    answer = await anna.client.post("/v1/conversations", content=content)
    assert answer.status_code in (400, 413, 422)
    assert (await anna.get("/v1/conversations")).status_code == 200


@pytest.mark.parametrize(
    ("content", "code", "field"),
    [
        (b"[]", "invalid", None),
        (b"null", "invalid", None),
        (b"{}", "invalid", None),
        (b'{"kind": "group", "name": 1}', "invalid", "name"),
        (b'{"kind": "group", "name": "x", "members": ["a", 2]}', "invalid", "members[1]"),
        (b'{"kind": "club", "name": "x"}', "invalid", "kind"),
        (b'{"kind": "group", "name": "x", "owner": "me"}', "unknown_field", None),
        (b'{"kind": "group", "name": "x", "client_id": "a b"}', "invalid", "client_id"),
        (b'{"kind": "group", "name": " "}', "invalid", "name"),
        (b'{"kind": "group", "name": "a\\u0000b"}', "invalid", "name"),
    ],
)
async def test_a_body_of_another_shape_is_told_what_is_wrong_where(anna, content, code, field):
    answer = await anna.client.post("/v1/conversations", content=content)
    assert refusal(answer) == (422, code)
    assert answer.json()["error"].get("details", {}).get("field") == field


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "limit=1.5", "limit=-1", "limit=", "limit=99999999999999999999"]
)  # fmt: skip
async def test_a_wrong_limit_is_told_as_such(anna, query):
    answer = await anna.client.get(f"/v1/users?{query}")
    assert refusal(answer) == (422, "invalid")
    assert answer.json()["error"]["details"]["field"] == "limit"


@pytest.mark.parametrize("path", ["users", "contacts", "blocks", "conversations", "rooms"])
async def test_a_cursor_of_no_list_is_refused_by_each(anna, path):
    answer = await anna.get(f"/v1/{path}", cursor="!!!!")
    assert refusal(answer) == (422, "invalid")
    assert answer.json()["error"]["details"]["field"] == "cursor"


@pytest.mark.parametrize(
    "cursor", ["x", "é", "!!!!", "gA", "Li4u", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"]
)
async def test_a_cursor_that_no_answer_gave_is_refused(anna, cursor):
    answer = await anna.get("/v1/conversations", cursor=cursor)
    assert refusal(answer) == (422, "invalid")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/users/{}"),
        ("GET", "/v1/users/{}/avatar"),
        ("DELETE", "/v1/auth/sessions/{}"),
        ("DELETE", "/v1/contacts/{}"),
        ("POST", "/v1/contacts/{}/accept"),
        ("POST", "/v1/contacts/{}/decline"),
        ("DELETE", "/v1/blocks/{}"),
        ("PUT", "/v1/direct/{}"),
    ],
)
async def test_an_id_longer_than_any_is_refused(anna, method, path):
    answer = await anna.client.request(method, path.format("x" * 41))
    assert refusal(answer) == (422, "invalid")


async def test_a_body_larger_than_allowed_is_refused_announced_or_not(house):
    async with client_of(app_of(house, most_body_bytes=1000)) as client:

        async def chunks():
            for _ in range(20):
                yield b" " * 100

        for content in (b" " * 1001, chunks()):
            answer = await client.post("/v1/auth/login", content=content)
            assert refusal(answer) == (413, "too_large")


async def test_what_should_not_have_happened_tells_the_log_and_nobody_else(
    anna, house, monkeypatch, caplog
):
    def broken(*_args, **_options):
        raise RuntimeError("the secret reason")

    monkeypatch.setattr(house.account_store, "get", broken)
    with caplog.at_level(logging.ERROR):
        answer = await anna.client.get("/v1/me", headers={"X-Request-ID": "of-this-test"})
    assert refusal(answer) == (500, "internal")
    assert answer.headers["x-request-id"] == "of-this-test"
    assert "secret" not in answer.text
    assert "details" not in answer.json()["error"]
    assert "the secret reason" in caplog.text
