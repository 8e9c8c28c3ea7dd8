"""Headers on every answer."""

import pytest

from tests.api.conftest import SITE, app_of, client_of

PATHS = ["/healthz", "/v1/me", "/nowhere", "/v1/users"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_says_what_browsers_must_not_do(nobody, path):
    headers = (await nobody.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers
    assert "strict-transport-security" not in headers


async def test_answers_by_tls_ask_for_nothing_else_from_then_on(house):
    async with client_of(app_of(house, secure=True)) as client:
        assert "strict-transport-security" in (await client.get("/healthz")).headers


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_has_a_request_id_of_its_own(nobody, path):
    first, second = await nobody.get(path), await nobody.get(path)
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert len(first.headers.get_list("x-request-id")) == 1


async def test_a_well_formed_request_id_is_kept(nobody):
    answer = await nobody.get("/v1/me", headers={"X-Request-ID": "proxy-7.a_b"})
    assert answer.headers["x-request-id"] == "proxy-7.a_b"


@pytest.mark.parametrize("given", ["", "a b", "<script>", "x" * 65, "é", "a\tb"])
async def test_any_other_is_replaced(nobody, given):
    answer = await nobody.get("/v1/me", headers={"X-Request-ID": given.encode()})
    assert answer.headers["x-request-id"] not in ("", given)


async def preflight(client, origin):
    return await client.options(
        "/v1/me",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "authorization, content-type",
        },
    )


async def test_an_allowed_site_may_call_with_credentials(nobody):
    asked = await preflight(nobody, SITE)
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == SITE
    assert asked.headers["access-control-allow-credentials"] == "true"
    answer = await nobody.get("/v1/me", headers={"Origin": SITE})
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "X-Request-ID" in answer.headers["access-control-expose-headers"]
    assert "Origin" in answer.headers["vary"]


async def test_another_site_may_not(nobody):
    evil = "https://evil.example"
    assert (await preflight(nobody, evil)).status_code == 400
    answer = await nobody.get("/v1/me", headers={"Origin": evil})
    assert "access-control-allow-origin" not in answer.headers
