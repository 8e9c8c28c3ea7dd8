"""Who is asking, on every route."""

import pytest

from parley.api.routes import Method
from tests.api.conftest import BASE, SITE, refusal

PUBLIC = {
    ("POST", "/v1/auth/register"),
    ("POST", "/v1/auth/login"),
    ("POST", "/v1/auth/refresh"),
    ("POST", "/v1/auth/logout"),
    ("POST", "/v1/auth/password-reset"),
    ("POST", "/v1/auth/password-reset/confirm"),
    ("POST", "/v1/auth/verify-email"),
    ("GET", "/v1/users/{user_id:str}/avatar"),
}


def routes_of(app) -> set[tuple[Method, str]]:
    return {
        (method, route.path)
        for route in app.routes
        if route.path.startswith("/v1/")
        for method in route.methods
        if method != "OPTIONS"
    }


def concrete(path: str) -> str:
    return path.replace(":str}", "}").replace("{seq:int}", "1").replace("{", "").replace("}", "")


async def test_all_but_the_public_routes_ask_who_is_there_before_anything_else(app, nobody):
    asked = 0
    for method, path in routes_of(app) - PUBLIC:
        answer = await nobody.request(method, concrete(path), content=b"no JSON")
        assert refusal(answer) == (401, "unauthenticated"), (method, path)
        assert answer.headers["www-authenticate"] == "Bearer"
        asked += 1
    assert asked >= 17


@pytest.mark.parametrize("token", ["nonsense", "eyJhbGciOiJub25lIn0.e30."])
async def test_all_but_the_public_routes_refuse_a_bad_token(app, nobody, token):
    headers = {"Authorization": f"Bearer {token}"}
    for method, path in routes_of(app) - PUBLIC:
        answer = await nobody.request(method, concrete(path), content=b"no JSON", headers=headers)
        assert refusal(answer) == (401, "unauthenticated"), (method, path)


async def test_all_but_the_public_routes_refuse_an_expired_token_and_a_revoked_session(
    app, anna, house
):
    async def refusals():
        for method, path in routes_of(app) - PUBLIC:
            answer = await anna.client.request(method, concrete(path), content=b"no JSON")
            yield refusal(answer)

    await house.sessions.logout(await house.identity(anna.signed_in))
    assert {one async for one in refusals()} == {(401, "session_revoked")}
    house.clock.advance(seconds=900)
    assert {one async for one in refusals()} == {(401, "token_expired")}


@pytest.mark.parametrize(
    "shown", ["Bearer", "Bearer ", "Bearer nonsense", "Basic YTpi", "nonsense", "Bearer é"]
)
async def test_what_is_no_token_is_refused(nobody, shown):
    answer = await nobody.get("/v1/me", headers={"Authorization": shown.encode()})
    assert refusal(answer) == (401, "unauthenticated")


async def test_an_expired_token_says_so(anna, house):
    house.clock.advance(seconds=900)
    assert refusal(await anna.get("/v1/me")) == (401, "token_expired")


async def test_a_revoked_session_ends_at_once(anna, house):
    await anna.get("/v1/me")
    await house.sessions.logout(await house.identity(anna.signed_in))
    assert refusal(await anna.get("/v1/me")) == (401, "session_revoked")


async def test_a_token_in_the_query_string_is_no_token(nobody, anna):
    token = anna.signed_in.access_token
    answer = await nobody.get("/v1/me", params={"token": token, "access_token": token})
    assert refusal(answer) == (401, "unauthenticated")


@pytest.fixture
def browser(nobody, anna):
    nobody.cookies.set("parley_access", anna.signed_in.access_token)
    return nobody


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "http://[", "rubbish"])
async def test_a_browser_changes_nothing_for_a_page_of_another_site(browser, boris, origin):
    headers = {"Origin": origin} if origin is not None else {}
    answer = await browser.put(f"/v1/direct/{boris.user_id}", headers=headers)
    assert refusal(answer) == (403, "foreign_origin")


@pytest.mark.parametrize("origin", [BASE, SITE, SITE.upper(), "https://parley.test"])
async def test_a_browser_does_for_its_own_and_for_allowed_pages(browser, boris, origin):
    answer = await browser.put(f"/v1/direct/{boris.user_id}", headers={"Origin": origin})
    assert answer.status_code == 200


async def test_a_bearer_token_needs_no_origin_and_wins_over_a_cookie(browser, boris):
    token = boris.signed_in.access_token
    answer = await browser.put(
        f"/v1/direct/{boris.user_id}", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.json()["user_ids"] == [boris.user_id]


async def test_identity_comes_from_the_session_and_never_from_a_payload(anna, boris):
    answer = await anna.post(
        f"/v1/direct/{boris.user_id}/messages", body="hello", actor_id=boris.user_id
    )
    assert refusal(answer) == (422, "unknown_field")
