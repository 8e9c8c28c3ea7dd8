"""Alive and ready."""

from tests.api.conftest import app_of, client_of


async def test_a_process_that_answers_is_alive(nobody):
    answer = await nobody.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_it_is_ready_until_there_is_a_reason_against_it(house):
    reasons = []
    app = app_of(house, not_ready=lambda: reasons[0] if reasons else None)
    async with client_of(app) as client:
        assert (await client.get("/readyz")).status_code == 200
        reasons.append("draining")
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": "draining"})
        assert (await client.get("/healthz")).status_code == 200
