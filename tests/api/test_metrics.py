"""`/metrics` on the port that people use, and what is counted of requests."""

import pytest

from parley.api.metrics import Readings
from parley.api.tally import Tally
from tests.api.conftest import app_of, client_of, refusal

TOKEN = "a-token-of-the-tests"
READINGS = Readings(text=lambda: b"up 1\n", content_type="text/plain; version=9", token=TOKEN)


async def test_where_no_token_is_set_it_is_not_there(nobody):
    assert refusal(await nobody.get("/metrics")) == (404, "not_found")


async def test_whoever_shows_the_token_reads(house):
    async with client_of(app_of(house, readings=READINGS)) as client:
        answer = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.text) == (200, "up 1\n")
    assert answer.headers["content-type"] == "text/plain; version=9"


@pytest.mark.parametrize(
    "shown", [None, "", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer \xe4"]
)
async def test_nobody_else_does(house, shown):
    headers = {} if shown is None else {"Authorization": shown.encode("latin-1")}
    async with client_of(app_of(house, readings=READINGS)) as client:
        answer = await client.get("/metrics", headers=headers)
    assert refusal(answer) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_nor_does_somebody_signed_in(house, anna):
    async with client_of(app_of(house, readings=READINGS)) as client:
        answer = await client.get("/metrics", headers=anna.client.headers)
    assert answer.status_code == 401


async def test_requests_are_counted_by_the_routes_template_method_and_status(app, anna):
    times = iter(range(100))
    tally = Tally(monotonic=lambda: next(times))
    async with client_of(tally.before(app), headers=anna.client.headers) as client:
        for path in ("/v1/users/nobody", "/v1/users/somebody", "/v1/me", "/%ff/nowhere"):
            await client.get(path)
        await client.request("BREW", "/v1/me")
    counted = {key: sum(histogram.counts) for key, histogram in tally.requests.items()}
    assert counted == {
        ("GET", "/v1/users/{user_id}", 404): 2,
        ("GET", "/v1/me", 200): 1,
        ("GET", "none", 404): 1,
        ("other", "none", 405): 1,
    }
    assert {histogram.total for histogram in tally.requests.values()} == {1, 2}
