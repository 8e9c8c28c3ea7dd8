"""Alive and ready."""

from tests.api.conftest import app_of, client_of, refusal


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


async def test_once_it_stops_nothing_new_is_begun_and_only_watchers_are_answered(house):
    stopping = []
    app = app_of(house, draining=lambda: bool(stopping))
    async with client_of(app) as client:
        assert (await client.get("/openapi.json")).status_code == 200
        stopping.append(True)
        for method, path in (
            ("POST", "/v1/auth/login"),
            ("GET", "/v1/me"),
            ("GET", "/openapi.json"),
        ):
            answer = await client.request(method, path)
            assert refusal(answer) == (503, "draining")
            assert answer.headers["retry-after"] == "1"
            assert answer.headers["connection"] == "close"
            assert answer.headers["x-request-id"]
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200
