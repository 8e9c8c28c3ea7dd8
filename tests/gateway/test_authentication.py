"""Whose a socket is, by what its handshake shows."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from parley.gateway.authentication import Admission, Authentication
from parley.model.errors import ForeignOrigin, SessionRevoked, TokenExpired, Unauthenticated
from parley.model.origins import Origins
from parley.model.sessions import SignedIn
from parley.socketio.request import Handshake, Request
from tests.support.house import House, a_house

OWN = {"host": "chat.example.org", "origin": "https://chat.example.org"}


@pytest.fixture
def house() -> Iterator[House]:
    with a_house() as house:
        yield house


@pytest.fixture
async def anna(house: House) -> SignedIn:
    return await house.person("anna")


async def admit(
    house: House, auth: dict[str, Any] | None = None, query: str = "", **headers: str
) -> Admission:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join([f"GET /socket.io/?{query} HTTP/1.1", *lines]).encode()
    authenticate = Authentication(
        house.sessions, cookie="parley_access", origins=Origins(["https://app.example.org"])
    )
    handshake = Handshake(Request(head, None, secure=False), auth)
    return await authenticate(SimpleNamespace(handshake=handshake))


async def test_a_token_in_auth_is_a_bearers_and_expires(house, anna):
    admission = await admit(house, {"token": anna.access_token})
    assert admission.identity == await house.identity(anna)
    assert admission.expires_ms == house.clock.now_ms() + anna.expires_in * 1000


async def test_so_is_one_in_the_authorization_header(house, anna):
    admission = await admit(house, authorization=f"bearer {anna.access_token}")
    assert admission.expires_ms is not None


@pytest.mark.parametrize(
    "headers",
    [
        OWN,
        {"host": "chat.example.org", "origin": "https://app.example.org"},
        {"host": "chat.example.org", "sec_fetch_site": "same-origin"},
    ],
)
async def test_a_cookie_is_good_from_allowed_pages_and_its_socket_lives_with_its_session(
    house, anna, headers
):
    cookie = f"theme=dark; parley_access={anna.access_token}; odd"
    admission = await admit(house, cookie=cookie, **headers)
    assert admission == Admission(await house.identity(anna), None)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "chat.example.org"},
        {"host": "chat.example.org", "origin": "https://evil.example"},
        {"host": "chat.example.org", "origin": "null"},
        {"host": "chat.example.org", "sec_fetch_site": "same-site"},
        {
            "host": "chat.example.org",
            "origin": "https://evil.example",
            "sec_fetch_site": "same-origin",
        },
    ],
)
async def test_a_cookie_is_no_good_from_other_pages(house, anna, headers):
    with pytest.raises(ForeignOrigin):
        await admit(house, cookie=f"parley_access={anna.access_token}", **headers)


async def test_a_token_comes_before_a_cookie(house, anna):
    boris = await house.person("boris")
    admission = await admit(
        house,
        {"token": boris.access_token},
        cookie=f"parley_access={anna.access_token}",
        origin="https://evil.example",
    )
    assert admission.identity == await house.identity(boris)


@pytest.mark.parametrize("auth", [None, {}, {"token": None}, {"token": 7}, {"token": ""}])
async def test_without_a_token_nobody_comes_in(house, auth):
    with pytest.raises(Unauthenticated):
        await admit(house, auth, cookie="other=1", **OWN)


async def test_a_token_in_the_query_string_is_none(house, anna):
    with pytest.raises(Unauthenticated):
        await admit(house, query=f"token={anna.access_token}")


async def test_a_cookie_that_expired_or_whose_session_ended_is_no_good(house, anna):
    cookie = f"parley_access={anna.access_token}"
    await house.sessions.logout(await house.identity(anna))
    with pytest.raises(SessionRevoked):
        await admit(house, cookie=cookie, **OWN)
    house.clock.advance(seconds=anna.expires_in + 1)
    with pytest.raises(TokenExpired):
        await admit(house, cookie=cookie, **OWN)
