"""What tests of the REST door share: the application in process, and people who call it.

Whatever a test is about, each answer that it gets is held against the description of the API.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import cache
from typing import Any

import httpx
import pytest
from litestar import Litestar

from parley.api.app import Services, create_app
from parley.api.cookies import Cookies
from parley.model.origins import Origins
from parley.model.sessions import SignedIn
from tests.support.described import Description, Watched
from tests.support.house import MONTH_S, House, a_house

BASE = "http://parley.test"
SITE = "https://app.example.org"


def app_of(house: House, *, secure: bool = False, **options: Any) -> Litestar:
    """The application over a house."""
    services = Services(
        accounts=house.accounts,
        sessions=house.sessions,
        passwords=house.passwords,
        emails=house.emails,
        profiles=house.profiles,
        erasures=house.erasures,
        users=house.users,
        contacts=house.contacts,
        blocks=house.blocks,
        bans=house.bans,
        conversations=house.conversations,
        rooms=house.rooms,
        administration=house.administration,
        preferences=house.preferences,
        messages=house.messages,
        reactions=house.reactions,
        pins=house.pins,
        happenings=house.happenings,
        marks=house.marks,
        presence=house.presence,
        typing=house.typing,
        sync=house.sync,
    )
    return create_app(
        services,
        not_ready=options.pop("not_ready", lambda: None),
        epoch=house.journal.epoch,
        version="1.2.3",
        cookies=Cookies(secure=secure, session_lifetime_s=MONTH_S),
        origins=Origins([SITE]),
        tls=secure,
        **options,
    )


@cache
def the_description() -> Description:
    """The API's, and what all tests of this folder asked of it until now."""
    with a_house() as house:
        return Description(app_of(house).openapi_schema.to_schema())


def client_of(app: Litestar, base: str = BASE, **options: Any) -> httpx.AsyncClient:
    """A client that calls an application without a network."""
    transport = Watched(httpx.ASGITransport(app=app), the_description())
    return httpx.AsyncClient(transport=transport, base_url=base, **options)


LAST = "test_every_route.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks back at all tests of this folder comes behind them."""
    items.sort(key=lambda item: item.path.name == LAST)


@pytest.fixture
def house() -> Iterator[House]:
    with a_house() as house:
        yield house


@pytest.fixture
def app(house: House) -> Litestar:
    return app_of(house)


@pytest.fixture
async def nobody(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A client that is not signed in."""
    async with client_of(app) as client:
        yield client


class Person:
    """Somebody signed in, and a client that says so with each request."""

    def __init__(self, app: Litestar, signed_in: SignedIn) -> None:
        self.signed_in = signed_in
        self.user_id = signed_in.user.user_id
        self.client = client_of(app, headers={"Authorization": f"Bearer {signed_in.access_token}"})

    async def get(self, path: str, **query: object) -> httpx.Response:
        return await self.client.get(path, params=query)

    async def post(self, path: str, **body: object) -> httpx.Response:
        return await self.client.post(path, json=body)

    async def patch(self, path: str, **body: object) -> httpx.Response:
        return await self.client.patch(path, json=body)

    async def put(self, path: str) -> httpx.Response:
        return await self.client.put(path)

    async def delete(self, path: str) -> httpx.Response:
        return await self.client.delete(path)


@pytest.fixture
async def person(app: Litestar, house: House) -> AsyncIterator[Callable[[str], Awaitable[Person]]]:
    """Registers people; their clients are closed behind the test."""
    people: list[Person] = []

    async def register(username: str) -> Person:
        people.append(Person(app, await house.person(username)))
        return people[-1]

    yield register
    for one in people:
        await one.client.aclose()


@pytest.fixture
async def anna(person: Callable[[str], Awaitable[Person]]) -> Person:
    return await person("anna")


@pytest.fixture
async def boris(person: Callable[[str], Awaitable[Person]]) -> Person:
    return await person("boris")


@pytest.fixture
async def carla(person: Callable[[str], Awaitable[Person]]) -> Person:
    return await person("carla")


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which has the one format."""
    body = answer.json()
    assert set(body) == {"error"}
    assert {"code", "message"} <= set(body["error"]) <= {"code", "message", "details"}
    return answer.status_code, body["error"]["code"]
