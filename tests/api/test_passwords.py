"""`/v1/auth/password…` and `/v1/auth/verify-email`: what clients ask and are answered."""

import re

import pytest

from tests.api.conftest import BASE, refusal

EMAIL = "anna@example.org"
ANNA = {"username": "anna", "email": EMAIL, "password": "correct horse"}


@pytest.fixture
async def browser(nobody, house):
    """Anna's, who has just registered."""
    await nobody.post("/v1/auth/register", json=ANNA)
    await house.background.settled()
    nobody.headers["Origin"] = BASE
    return nobody


async def mailed(house) -> str:
    """The code in the latest mail."""
    await house.background.settled()
    found = re.search(r"Your code: (\S+)", house.mailer.sent[-1].text)
    assert found is not None
    return found[1]


async def change(client, **fields):
    return await client.post("/v1/auth/password", json=fields)


async def test_a_password_is_changed_with_the_current_one(browser):
    answer = await change(browser, current_password="correct horse", password="battery staple")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await browser.get("/v1/me")).status_code == 200
    login = {"login": "anna", "password": "battery staple"}
    assert (await browser.post("/v1/auth/login", json=login)).status_code == 200


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"current_password": "wrong horse", "password": "battery staple"}, (401, "wrong_credentials")),
        ({"current_password": "correct horse", "password": "short"}, (422, "invalid")),
        ({"password": "battery staple"}, (422, "invalid")),
        ({"current_password": "correct horse", "password": "x" * 8, "user_id": "x"}, (422, "unknown_field")),
    ],
)  # fmt: skip
async def test_a_change_that_cannot_be_is_refused(browser, fields, refused):
    assert refusal(await change(browser, **fields)) == refused


async def test_somebody_elses_page_changes_no_password(browser):
    browser.headers["Origin"] = "https://evil.example"
    answer = await change(browser, current_password="correct horse", password="battery staple")
    assert refusal(answer) == (403, "foreign_origin")


async def test_a_forgotten_password_is_set_anew_by_the_mailed_code(browser, house):
    answer = await browser.post("/v1/auth/password-reset", json={"email": EMAIL})
    assert (answer.status_code, answer.content) == (204, b"")
    body = {"code": await mailed(house), "password": "battery staple"}
    answer = await browser.post("/v1/auth/password-reset/confirm", json=body)
    assert (answer.status_code, answer.content) == (204, b"")
    assert refusal(await browser.get("/v1/me")) == (401, "session_revoked")
    login = {"login": EMAIL, "password": "battery staple"}
    assert (await browser.post("/v1/auth/login", json=login)).status_code == 200
    answer = await browser.post("/v1/auth/password-reset/confirm", json=body)
    assert refusal(answer) == (422, "invalid_code")


async def test_whether_somebody_has_an_address_cannot_be_told_from_the_answer(browser):
    known = await browser.post("/v1/auth/password-reset", json={"email": EMAIL})
    unknown = await browser.post("/v1/auth/password-reset", json={"email": "no@example.org"})
    differing = {"x-request-id"}
    assert known.status_code == unknown.status_code
    assert known.content == unknown.content
    assert {k: v for k, v in known.headers.items() if k not in differing} == {
        k: v for k, v in unknown.headers.items() if k not in differing
    }


@pytest.mark.parametrize("email", ["", "anna", {"$ne": ""}, None])
async def test_a_password_is_not_mailed_to_what_is_no_address(nobody, email):
    answer = await nobody.post("/v1/auth/password-reset", json={"email": email})
    assert refusal(answer) == (422, "invalid")


async def test_asking_for_mail_again_and_again_has_to_wait(browser):
    for _ in range(3):
        await browser.post("/v1/auth/password-reset", json={"email": EMAIL})
    answer = await browser.post("/v1/auth/password-reset", json={"email": EMAIL})
    assert refusal(answer) == (429, "rate_limited")
    assert int(answer.headers["retry-after"]) > 0


async def test_who_registers_with_an_address_shows_that_it_is_theirs_by_a_code(
    nobody, browser, house
):
    code = await mailed(house)
    assert (await browser.get("/v1/me")).json()["email_verified"] is False
    answer = await browser.post("/v1/auth/verify-email", json={"code": code})
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await browser.get("/v1/me")).json()["email_verified"] is True
    answer = await browser.post("/v1/auth/verify-email", json={"code": code})
    assert refusal(answer) == (422, "invalid_code")


async def test_the_code_is_enough_where_one_is_not_signed_in(browser, house):
    code = await mailed(house)
    browser.cookies.clear()
    answer = await browser.post("/v1/auth/verify-email", json={"code": code})
    assert answer.status_code == 204


async def test_another_code_is_mailed_to_who_is_signed_in(browser, house):
    first = await mailed(house)
    answer = await browser.post("/v1/auth/verify-email", json={})
    assert (answer.status_code, answer.content) == (204, b"")
    assert await mailed(house) != first
    answer = await browser.post("/v1/auth/verify-email", json={"code": first})
    assert refusal(answer) == (422, "invalid_code")


async def test_without_a_code_one_has_to_be_signed_in(nobody):
    assert refusal(await nobody.post("/v1/auth/verify-email", json={})) == (401, "unauthenticated")


async def test_where_there_is_nothing_to_verify_no_mail_is_sent(anna):
    assert refusal(await anna.post("/v1/auth/verify-email")) == (409, "conflict")
