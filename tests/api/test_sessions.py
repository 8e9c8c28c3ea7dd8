"""`/v1/auth/sessions`: which devices are signed in, and signing them out."""

import pytest

from parley.model.buckets import Buckets
from tests.api.conftest import BASE, Person, app_of, client_of, refusal
from tests.api.test_auth import cookies_of

OWN = {"Origin": BASE}


@pytest.fixture
async def laptop(app, house, anna):
    signed_in = await house.accounts.login("anna", "password of anna")
    laptop = Person(app, signed_in)
    yield laptop
    await laptop.client.aclose()


async def test_the_devices_signed_in_are_listed_with_the_one_that_asks(nobody, house):
    body = {"username": "anna", "password": "correct horse", "device": "Anna's phone"}
    token = (await nobody.post("/v1/auth/register", json=body)).json()["access_token"]
    house.clock.advance(seconds=60)
    login = {"login": "anna", "password": "correct horse", "device": "Laptop"}
    await nobody.post("/v1/auth/login", json=login)
    answer = await nobody.get("/v1/auth/sessions", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    items = answer.json()["items"]
    assert [(one["device"], one["current"]) for one in items] == [
        ("Laptop", False),
        ("Anna's phone", True),
    ]
    assert {one["address"] for one in items} == {"127.0.0.1"}
    assert items[0]["used_at"] > items[1]["used_at"]
    assert set(items[0]) == {
        "session_id",
        "device",
        "address",
        "created_at",
        "used_at",
        "current",
    }


async def test_a_device_is_signed_out_from_another(anna, laptop):
    items = (await anna.get("/v1/auth/sessions")).json()["items"]
    (other,) = [one["session_id"] for one in items if not one["current"]]
    answer = await anna.delete(f"/v1/auth/sessions/{other}")
    assert answer.status_code == 204
    assert not cookies_of(answer)
    assert refusal(await laptop.get("/v1/me")) == (401, "session_revoked")
    assert (await anna.get("/v1/me")).status_code == 200
    assert refusal(await anna.delete(f"/v1/auth/sessions/{other}")) == (404, "not_found")


async def test_ending_the_very_session_that_asks_clears_its_cookies(anna):
    (own,) = (await anna.get("/v1/auth/sessions")).json()["items"]
    answer = await anna.delete(f"/v1/auth/sessions/{own['session_id']}")
    assert {cookie["max-age"] for cookie in cookies_of(answer).values()} == {"0"}
    assert refusal(await anna.get("/v1/me")) == (401, "session_revoked")


async def test_nobody_ends_somebody_elses_session(anna, boris):
    (theirs,) = (await boris.get("/v1/auth/sessions")).json()["items"]
    answer = await anna.delete(f"/v1/auth/sessions/{theirs['session_id']}")
    assert refusal(answer) == (404, "not_found")
    assert (await boris.get("/v1/me")).status_code == 200


async def test_signing_out_everywhere_ends_every_session_and_clears_the_cookies(anna, laptop):
    answer = await laptop.post("/v1/auth/logout-all")
    assert answer.status_code == 204
    assert {cookie["max-age"] for cookie in cookies_of(answer).values()} == {"0"}
    for device in (anna, laptop):
        assert refusal(await device.get("/v1/me")) == (401, "session_revoked")


async def test_another_sites_page_signs_nobody_out_everywhere(nobody):
    body = {"username": "anna", "password": "correct horse"}
    await nobody.post("/v1/auth/register", json=body)
    headers = {"Origin": "https://evil.example"}
    answer = await nobody.post("/v1/auth/logout-all", headers=headers)
    assert refusal(answer) == (403, "foreign_origin")
    assert (await nobody.post("/v1/auth/logout-all", headers=OWN)).status_code == 204
    assert not nobody.cookies


async def test_refreshing_again_and_again_has_to_wait(anna):
    token, statuses = anna.signed_in.refresh_token, []
    for _ in range(31):
        answer = await anna.post("/v1/auth/refresh", refresh_token=token)
        token = answer.json().get("refresh_token", token)
        statuses.append(answer.status_code)
    assert statuses == [200] * 30 + [429]
    assert refusal(answer) == (429, "rate_limited")
    assert int(answer.headers["retry-after"]) > 0


async def test_refresh_tokens_of_nobody_are_bounded_by_address(nobody, anna):
    for number in range(60):
        shown = {"refresh_token": f"nobodys{number}.secret"}
        answer = await nobody.post("/v1/auth/refresh", json=shown)
        assert refusal(answer) == (401, "unauthenticated")
    answer = await nobody.post("/v1/auth/refresh", json={"refresh_token": "nobodys.secret"})
    assert refusal(answer) == (429, "rate_limited")


async def test_registering_is_bounded_by_address(house):
    house.accounts = house.more_accounts(registrations=Buckets(burst=2, per_minute=1))
    async with client_of(app_of(house)) as client:
        answers = [
            await client.post(
                "/v1/auth/register", json={"username": f"anna{n}", "password": "correct horse"}
            )
            for n in range(3)
        ]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[2].headers["retry-after"] == "60"


async def test_where_registration_is_closed_nobody_registers_and_people_sign_in(house):
    await house.person("anna")
    house.accounts = house.more_accounts(open_to_all=False)
    async with client_of(app_of(house)) as client:
        body = {"username": "boris", "password": "correct horse"}
        answer = await client.post("/v1/auth/register", json=body)
        assert refusal(answer) == (403, "registration_closed")
        body = {"login": "anna", "password": "password of anna"}
        assert (await client.post("/v1/auth/login", json=body)).status_code == 200
