"""Which pages may connect, and what their browsers are told."""

import pytest

from parley.socketio.config import Config
from parley.socketio.origins import cors_headers, origin_allowed, preflight_headers

OWN = {"host": "chat.example", "origin": "https://chat.example"}
OTHER = {"host": "chat.example", "origin": "https://app.example"}
LISTED = Config(allowed_origins={"https://app.example"})


def test_clients_that_are_no_page_may_connect() -> None:
    assert origin_allowed(Config(), {"host": "chat.example"})


def test_ones_own_pages_may_connect_and_others_may_not() -> None:
    assert origin_allowed(Config(), OWN)
    assert not origin_allowed(Config(), OTHER)


@pytest.mark.parametrize("origin", ["null", "https://chat.example.evil", "https://", "x"])
def test_look_alikes_are_others(origin: str) -> None:
    assert not origin_allowed(Config(), OWN | {"origin": origin})


@pytest.mark.parametrize(
    "origin", ["http://[", "https://[::1", "//[x]", "https://a]b", "http://\u2100.x"]
)
def test_what_is_no_address_is_another(origin: str) -> None:
    assert not origin_allowed(Config(), OWN | {"origin": origin})


def test_listed_pages_may_connect_beside_ones_own() -> None:
    assert origin_allowed(LISTED, OTHER)
    assert origin_allowed(LISTED, OWN)
    assert not origin_allowed(LISTED, OTHER | {"origin": "https://third.example"})


def test_a_star_allows_all_but_never_with_credentials() -> None:
    config = Config(allowed_origins={"*"})
    assert origin_allowed(config, OTHER)
    assert dict(cors_headers(config, OTHER)) == {"Access-Control-Allow-Origin": "*"}


def test_a_listed_page_may_read_the_answer_with_credentials() -> None:
    headers = dict(cors_headers(LISTED, OTHER))
    assert headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert headers["Access-Control-Allow-Credentials"] == "true"
    assert headers["Vary"] == "Origin"


def test_an_unlisted_page_is_told_nothing_and_caches_are_warned() -> None:
    assert dict(cors_headers(LISTED, OTHER | {"origin": "https://x"})) == {"Vary": "Origin"}


def test_without_a_list_there_is_no_cors() -> None:
    assert not cors_headers(Config(), OTHER)


def test_a_preflight_is_granted_the_headers_that_it_asks_for() -> None:
    asked = {"access-control-request-headers": "x-token"}
    assert dict(preflight_headers(asked))["Access-Control-Allow-Headers"] == "x-token"
