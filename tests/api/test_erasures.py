"""`DELETE /v1/me`."""

import pytest

from tests.api.conftest import BASE, refusal
from tests.api.test_auth import cookies_of


async def erase(person, **body):
    return await person.client.request("DELETE", "/v1/me", json=body)


async def test_an_account_is_erased_with_its_password(anna, boris, house):
    where = (await anna.put(f"/v1/direct/{boris.user_id}")).json()["conversation_id"]
    await anna.post(f"/v1/conversations/{where}/messages", body="a secret")
    answer = await erase(anna, password="password of anna")
    assert (answer.status_code, answer.content) == (204, b"")
    assert {cookie["max-age"] for cookie in cookies_of(answer).values()} == {"0"}
    assert refusal(await anna.get("/v1/me")) == (401, "session_revoked")
    assert refusal(await boris.get(f"/v1/users/{anna.user_id}")) == (404, "not_found")
    assert (await boris.get("/v1/users")).json()["items"] == []
    await house.background.settled()
    (shown,) = (await boris.get("/v1/conversations")).json()["items"]
    assert shown["erased"] is True
    assert shown["last_message"]["body"] == ""
    (message,) = (await boris.get(f"/v1/conversations/{where}/messages")).json()["items"]
    assert (message["body"], "deleted_at" in message) == ("", True)
    log = (await boris.get(f"/v1/conversations/{where}/log")).json()["entries"]
    assert [entry["type"] for entry in log][-1] == "member.left"
    assert (log[-1]["user_id"], log[-1]["reason"]) == (anna.user_id, "erased")
    answer = await boris.post(f"/v1/conversations/{where}/messages", body="are you there?")
    assert refusal(answer) == (403, "account_erased")
    assert refusal(await boris.client.get(f"/v1/users/{anna.user_id}/avatar"))[0] == 404


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"password": "wrong horse"}, (401, "wrong_credentials")),
        ({}, (422, "invalid")),
        ({"password": "password of anna", "user_id": "x"}, (422, "unknown_field")),
    ],
)
async def test_without_the_password_nothing_is_erased(anna, body, refused):
    assert refusal(await erase(anna, **body)) == refused
    assert (await anna.get("/v1/me")).status_code == 200


async def test_it_needs_a_body(anna):
    assert refusal(await anna.delete("/v1/me")) == (400, "invalid_json")


async def test_guessing_the_password_ends_with_when_to_come_back(anna):
    answers = [await erase(anna, password="wrong horse") for _ in range(6)]
    assert refusal(answers[-1]) == (429, "rate_limited")
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_another_sites_page_erases_nobody(nobody):
    body = {"username": "anna", "password": "correct horse"}
    await nobody.post("/v1/auth/register", json=body)
    for origin, status in (("https://evil.example", 403), (BASE, 204)):
        answer = await nobody.request(
            "DELETE", "/v1/me", json={"password": "correct horse"}, headers={"Origin": origin}
        )
        assert answer.status_code == status


async def test_names_are_free_at_once(anna, nobody):
    await erase(anna, password="password of anna")
    body = {"username": "Anna", "password": "correct horse"}
    assert (await nobody.post("/v1/auth/register", json=body)).status_code == 201
