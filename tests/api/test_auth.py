"""`/v1/auth`: what browsers and other clients get, and how they go on."""

from http.cookies import SimpleCookie

import httpx
import pytest

from tests.api.conftest import BASE, SITE, app_of, client_of, refusal

ANNA = {"username": "anna", "email": "anna@example.org", "password": "correct horse"}
OWN = {"Origin": BASE}


async def register(client, headers=None, **changes):
    return await client.post("/v1/auth/register", json=ANNA | changes, headers=headers)


def cookies_of(answer: httpx.Response) -> SimpleCookie:
    jar = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        jar.load(line)
    return jar


async def test_registering_answers_with_oneself_and_what_to_go_on_with(nobody):
    answer = await register(nobody)
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"user", "access_token", "expires_in", "refresh_token", "epoch"}
    assert body["user"]["username"] == "anna"
    assert body["user"]["email"] == "anna@example.org"
    assert body["epoch"] == "epoch-1"
    assert "hash" not in answer.text


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"role": "admin"}, (422, "unknown_field")),
        ({"password": "short"}, (422, "invalid")),
        ({"password": {"$ne": ""}}, (422, "invalid")),
        ({"username": {"$gt": ""}}, (422, "invalid")),
        ({"username": "a b"}, (422, "invalid")),
        ({"email": "nowhere"}, (422, "invalid")),
        ({"username": None, "email": None}, (422, "invalid")),
        ({"display_name": "x" * 100}, (413, "too_large")),
    ],
)
async def test_registering_refuses_what_it_should(nobody, changes, refused):
    assert refusal(await register(nobody, **changes)) == refused


async def test_taken_names_are_conflicts(nobody):
    await register(nobody)
    assert refusal(await register(nobody, email="b@example.org")) == (409, "username_taken")
    assert refusal(await register(nobody, username="boris")) == (409, "email_taken")


async def login(client, headers=None, **changes):
    body = {"login": "anna", "password": "correct horse"} | changes
    return await client.post("/v1/auth/login", json=body, headers=headers)


async def test_signing_in_answers_as_registering_did(nobody):
    first = (await register(nobody)).json()
    answer = await login(nobody, login="ANNA@example.org")
    assert answer.status_code == 200
    assert answer.json()["user"] == first["user"]


@pytest.mark.parametrize("changes", [{"password": "wrong horse"}, {"login": "nobody"}])
async def test_wrong_credentials_are_refused_without_saying_which(nobody, changes):
    await register(nobody)
    answer = await login(nobody, **changes)
    assert refusal(answer) == (401, "wrong_credentials")


async def test_guessing_ends_with_when_to_come_back(nobody):
    await register(nobody)
    answers = [await login(nobody, password="wrong horse") for _ in range(6)]
    assert refusal(answers[-1]) == (429, "rate_limited")
    assert answers[-1].headers["retry-after"] == "30"


async def test_the_session_remembers_device_and_address(nobody, house):
    user_id = (await register(nobody, device="Anna's phone")).json()["user"]["user_id"]
    await login(nobody, headers={"User-Agent": "A browser"})
    devices = {session.device for session in await house.session_store.of(user_id)}
    addresses = {session.address for session in await house.session_store.of(user_id)}
    assert devices == {"Anna's phone", "A browser"}
    assert addresses == {"127.0.0.1"}


async def test_refreshing_by_token_gives_new_tokens(nobody):
    first = (await register(nobody)).json()
    nobody.cookies.clear()
    answer = await nobody.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "expires_in", "refresh_token"}
    assert answer.json()["refresh_token"] != first["refresh_token"]


async def test_a_reused_refresh_token_ends_the_session(nobody, house):
    shown = {"refresh_token": (await register(nobody)).json()["refresh_token"]}
    found = (await nobody.post("/v1/auth/refresh", json=shown)).json()
    house.clock.advance(seconds=11)
    answer = await nobody.post("/v1/auth/refresh", json=shown)
    assert answer.status_code == 200, "the answer was lost"
    void = {"refresh_token": found["refresh_token"]}
    assert refusal(await nobody.post("/v1/auth/refresh", json=void)) == (401, "session_revoked")
    assert refusal(await nobody.post("/v1/auth/refresh", json=shown)) == (401, "session_revoked")


@pytest.mark.parametrize("body", [None, {}, {"refresh_token": None}, {"refresh_token": "x.y"}])
async def test_refreshing_without_a_token_is_refused(nobody, body):
    answer = await nobody.post("/v1/auth/refresh", json=body)
    assert refusal(answer) == (401, "unauthenticated")


async def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(nobody):
    jar = cookies_of(await register(nobody))
    assert set(jar) == {"parley_access", "parley_refresh"}
    for cookie in jar.values():
        assert cookie["httponly"]
        assert cookie["samesite"].lower() == "lax"
        assert not cookie["domain"]
    assert (jar["parley_access"]["path"], jar["parley_access"]["max-age"]) == ("/", "900")


async def test_the_refresh_cookie_outlives_the_browser_and_goes_to_auth_only(nobody):
    refresh = cookies_of(await register(nobody))["parley_refresh"]
    assert refresh["path"] == "/v1/auth"
    assert int(refresh["max-age"]) == 30 * 86_400


async def test_outside_development_cookies_are_for_tls_only(house):
    async with client_of(app_of(house, secure=True), "https://parley.test") as client:
        jar = cookies_of(await register(client))
        assert set(jar) == {"__Host-parley_access", "__Secure-parley_refresh"}
        assert all(cookie["secure"] for cookie in jar.values())
        assert (await client.get("/v1/me")).status_code == 200


async def test_a_browser_stays_signed_in_by_its_cookies(nobody, house):
    await register(nobody)
    assert (await nobody.get("/v1/me")).json()["username"] == "anna"
    house.clock.advance(seconds=900)
    assert refusal(await nobody.get("/v1/me")) == (401, "token_expired")
    assert (await nobody.post("/v1/auth/refresh", headers=OWN)).status_code == 200
    assert (await nobody.get("/v1/me")).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
async def test_another_sites_page_cannot_refresh_or_sign_out_a_browser(nobody, headers):
    await register(nobody)
    for path in ("/v1/auth/refresh", "/v1/auth/logout"):
        answer = await nobody.post(path, headers=headers)
        assert refusal(answer) == (403, "foreign_origin")
    assert (await nobody.get("/v1/me")).status_code == 200


async def test_an_allowed_sites_page_can(nobody):
    await register(nobody)
    assert (await nobody.post("/v1/auth/refresh", headers={"Origin": SITE})).status_code == 200


async def test_another_sites_page_cannot_sign_a_browser_in_as_somebody_else(nobody):
    foreign = {"Origin": "https://evil.example"}
    assert not cookies_of(await register(nobody, headers=foreign))
    assert not cookies_of(await login(nobody, headers=foreign))
    assert cookies_of(await login(nobody, headers=OWN))


async def test_signing_out_ends_the_session_and_clears_the_cookies(nobody, anna):
    answer = await anna.post("/v1/auth/logout")
    assert answer.status_code == 204
    assert all(cookie["max-age"] == "0" for cookie in cookies_of(answer).values())
    assert {cookie["path"] for cookie in cookies_of(answer).values()} == {"/", "/v1/auth"}
    assert refusal(await anna.get("/v1/me")) == (401, "session_revoked")


async def test_a_browser_signs_out_though_its_access_token_has_expired(nobody, house):
    user_id = (await register(nobody)).json()["user"]["user_id"]
    house.clock.advance(seconds=3600)
    assert (await nobody.post("/v1/auth/logout", headers=OWN)).status_code == 204
    assert await house.session_store.of(user_id) == []
    assert not nobody.cookies


async def test_any_client_signs_out_by_its_refresh_token(anna, house):
    house.clock.advance(seconds=3600)
    refresh_token = anna.signed_in.refresh_token
    assert (await anna.post("/v1/auth/logout", refresh_token=refresh_token)).status_code == 204
    assert await house.session_store.of(anna.user_id) == []


async def test_who_is_not_signed_in_cannot_sign_out(nobody):
    assert refusal(await nobody.post("/v1/auth/logout")) == (401, "unauthenticated")
