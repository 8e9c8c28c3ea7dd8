"""How often anybody may ask."""

import httpx

from parley.model.rates import rate
from tests.api.conftest import app_of, client_of, refusal


async def test_a_person_and_whoever_does_not_say_who_they_are_ask_so_often(house, person):
    app = app_of(house, asking=rate(0.2, house.clock.monotonic))
    anna, boris = [await person(name) for name in ("anna", "boris")]

    def client(one=None) -> httpx.AsyncClient:
        shown = {} if one is None else {"Authorization": f"Bearer {one.signed_in.access_token}"}
        return client_of(app, headers=shown)

    async with client(anna) as annas, client(boris) as boriss, client() as nobody:
        assert [(await annas.get("/v1/me")).status_code for _ in range(2)] == [200] * 2
        answer = await annas.get("/v1/rooms")
        assert refusal(answer) == (429, "rate_limited")
        assert answer.headers["Retry-After"] == "5"
        assert (await boriss.get("/v1/me")).status_code == 200
        assert [(await nobody.get("/v1/me")).status_code for _ in range(3)] == [401, 401, 429]
        house.clock.advance(seconds=5)
        assert (await annas.get("/v1/me")).status_code == 200
        assert (await nobody.get("/healthz")).status_code == 200
