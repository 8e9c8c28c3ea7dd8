"""Whatever is asked, the answer is never that something went wrong here."""

from itertools import product

import pytest

from tests.api.test_authentication import routes_of

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
FIELDS = ["body", "name", "username", "email", "password", "login", "display_name", "device",
          "refresh_token", "client_id", "reply_to", "data", "user_id", "role", "kind", "members",
          "cursors", "epoch", "limit", "topic", "avatar", "muted", "archived"]  # fmt: skip
QUERIES = ["limit", "cursor", "query", "before", "after", "kind"]
BODIES = {
    "register": {"username": "dora", "password": "correct horse"},
    "login": {"login": "anna", "password": "correct horse"},
    "conversations": {"kind": "group", "name": "Hiking"},
    "members": {"user_id": "nobody"},
    "messages": {"body": "hello"},
}
"""By how a path ends, bodies that are acceptable."""


@pytest.fixture
async def paths(app, anna, boris) -> list[tuple[str, str]]:
    """Every route, with an id of Anna's own in its path, and with ids that nothing has."""
    own = (await anna.put(f"/v1/direct/{boris.user_id}")).json()["conversation_id"]
    known = {"conversation_id": own, "user_id": boris.user_id, "seq": 1}
    return [
        (method, path.format_map(ids))
        for method, path in sorted(
            (method, path.replace(":str", "").replace(":int", ""))
            for method, path in routes_of(app)
        )
        for ids in [
            Ids(known, "x", 1),
            *(Ids({}, strange, 2**70) for strange in IDS),
        ]
    ]


class Ids(dict[str, str | int]):
    """What stands in a path: what is known, and for every other parameter the same strange thing."""

    def __init__(self, known: dict[str, str | int], other: str, seq: int) -> None:
        super().__init__({"seq": seq} | known)
        self.other = other

    def __missing__(self, name: str) -> str:
        return self.other


ENDINGS = ("/logout", "/logout-all")
"""After these, nothing but 401 would be found."""


async def test_any_id_in_any_path_is_answered(anna, paths):
    for method, path in paths:
        if path.endswith(ENDINGS):
            continue
        answer = await anna.client.request(method, path)
        assert answer.status_code < 500, (method, path, answer.text)


async def test_any_value_in_any_field_of_any_body_is_answered(anna, paths):
    sent = ("POST", "PATCH")
    own = [(method, path) for method, path in paths[:: len(IDS) + 1] if method in sent]
    assert len(own) >= 13
    for (method, path), name, value in product(own, FIELDS, VALUES):
        if not path.endswith(ENDINGS):
            good = BODIES.get(path.rpartition("/")[2], {})
            answer = await anna.client.request(method, path, json=good | {name: value})
            assert answer.status_code < 500, (path, name, value, answer.text)
    assert (await anna.get("/v1/me")).status_code == 200


async def test_any_value_in_any_query_is_answered(anna, paths):
    own = [path for method, path in paths[:: len(IDS) + 1] if method == "GET"]
    assert len(own) >= 9
    for path, name, value in product(own, QUERIES, [*IDS, "", "1", "direct", "MQ"]):
        answer = await anna.client.get(f"{path}?{name}={value}")
        assert answer.status_code < 500, (path, name, value, answer.text)
