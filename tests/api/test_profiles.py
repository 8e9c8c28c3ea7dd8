"""`PATCH /v1/me`, and pictures."""

import pytest

from tests.api.conftest import refusal


async def test_a_profile_is_changed_and_null_takes_away(anna):
    changes = {
        "username": "Anna.B",
        "display_name": "Anna B.",
        "bio": "Says much",
        "avatar": "https://example.org/anna.png",
        "status": "out",
        "data": {"pronouns": "she"},
    }
    answer = await anna.patch("/v1/me", **changes)
    assert answer.status_code == 200
    assert changes.items() <= answer.json().items()
    assert (await anna.get("/v1/me")).json() == answer.json()
    nothing = dict.fromkeys(("bio", "avatar", "status", "data"))
    after = (await anna.patch("/v1/me", **nothing)).json()
    assert not {"bio", "status", "data"} & set(after)
    assert after["avatar"] == f"/v1/users/{anna.user_id}/avatar"


async def test_others_see_it_but_not_the_address(anna, boris):
    await anna.patch("/v1/me", bio="Says much", email="a@b.org", password="password of anna")
    seen = (await boris.get(f"/v1/users/{anna.user_id}")).json()
    assert seen["bio"] == "Says much"
    assert not {"email", "new_email", "email_verified", "role"} & set(seen)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"username": "a b"}, (422, "invalid")),
        ({"username": None}, (422, "invalid")),
        ({"username": "BORIS"}, (409, "username_taken")),
        ({"display_name": "x" * 81}, (413, "too_large")),
        ({"avatar": "javascript:alert(1)"}, (422, "invalid")),
        ({"data": []}, (422, "invalid")),
        ({"data": {"much": "x" * 5000}}, (413, "too_large")),
        ({"role": "admin"}, (422, "unknown_field")),
        ({"user_id": "x"}, (422, "unknown_field")),
        ({"email_verified": True}, (422, "unknown_field")),
        ({"email": "anna@example.org"}, (422, "invalid")),
        ({"email": "nowhere", "password": "password of anna"}, (422, "invalid")),
        ({"email": "anna@example.org", "password": "wrong horse"}, (401, "wrong_credentials")),
        ({"email": None, "password": "password of anna", "username": "ann"}, None),
    ],
)
async def test_what_may_not_be_changed_is_refused(anna, boris, changes, refused):
    assert boris
    answer = await anna.patch("/v1/me", **changes)
    if refused is None:
        assert answer.status_code == 200
    else:
        assert refusal(answer) == refused


async def test_an_address_that_somebody_has_is_a_conflict(anna, house):
    await house.accounts.register(email="boris@example.org", password="correct horse")
    answer = await anna.patch("/v1/me", email="boris@example.org", password="password of anna")
    assert refusal(answer) == (409, "email_taken")


async def test_the_picture_of_who_has_none_needs_no_token_and_does_nothing(nobody, anna):
    answer = await nobody.get(f"/v1/users/{anna.user_id}/avatar")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert ">A</text>" in answer.text
    assert refusal(await nobody.get("/v1/users/nobody/avatar")) == (404, "not_found")
