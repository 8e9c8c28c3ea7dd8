"""`/v1/contacts`."""

import pytest

from tests.api.conftest import app_of, client_of, refusal


async def test_a_contact_is_added_listed_changed_and_removed(anna, boris):
    added = await anna.post("/v1/contacts", username="boris")
    assert added.status_code == 201
    contact = added.json()
    assert (contact["user_id"], contact["status"]) == (boris.user_id, "accepted")
    assert contact["user"]["username"] == "boris"
    assert "email" not in contact["user"]
    assert contact["since"].endswith("Z")
    again = await anna.post("/v1/contacts", user_id=boris.user_id)
    assert (again.status_code, again.json()) == (200, contact)
    assert (await anna.get("/v1/contacts")).json() == {"items": [contact]}
    path = f"/v1/contacts/{boris.user_id}"
    changed = await anna.patch(path, name="Boss", data={"n": 1})
    assert changed.json() == {**contact, "name": "Boss", "data": {"n": 1}}
    assert (await anna.patch(path, name=None)).json() == {**contact, "data": {"n": 1}}
    for _ in range(2):
        assert (await anna.delete(path)).status_code == 204
    assert (await anna.get("/v1/contacts")).json() == {"items": []}


async def test_a_list_comes_in_pages(anna, person):
    people = {(await person(f"u-{number}")).user_id for number in range(3)}
    for one in people:
        await anna.post("/v1/contacts", user_id=one)
    first = (await anna.get("/v1/contacts", limit=2)).json()
    rest = (await anna.get("/v1/contacts", limit=2, cursor=first["next"])).json()
    assert "next" not in rest
    assert {one["user_id"] for one in first["items"] + rest["items"]} == people


async def test_requests_are_answered(house, person):
    house.contacts = house.more_contacts(by_request=True)
    app = app_of(house)
    anna, boris = [await person(name) for name in ("anna", "boris")]
    for one in (anna, boris):
        await one.client.aclose()
        headers = {"Authorization": f"Bearer {one.signed_in.access_token}"}
        one.client = client_of(app, headers=headers)
    asked = await anna.post("/v1/contacts", user_id=boris.user_id)
    assert (asked.status_code, asked.json()["status"]) == (201, "outgoing")
    (incoming,) = (await boris.get("/v1/contacts", status="incoming")).json()["items"]
    assert incoming["user_id"] == anna.user_id
    accept = f"/v1/contacts/{anna.user_id}/accept"
    assert (await boris.post(accept)).json()["status"] == "accepted"
    assert (await boris.post(accept)).status_code == 200
    assert (await boris.post(f"/v1/contacts/{anna.user_id}/decline")).status_code == 204
    assert len((await anna.get("/v1/contacts")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({}, (422, "invalid")),
        ({"username": "boris", "user_id": "x"}, (422, "invalid")),
        ({"user_id": "x" * 41}, (422, "invalid")),
        ({"user_id": {"$ne": None}}, (422, "invalid")),
        ({"email": "no address"}, (422, "invalid")),
        ({"telephone": "1"}, (422, "unknown_field")),
        ({"username": "nobody"}, (404, "not_found")),
        ({"email": "nobody@example.org"}, (404, "not_found")),
    ],
)
async def test_what_names_nobody_is_refused(anna, boris, body, refused):
    assert refusal(await anna.post("/v1/contacts", **body)) == refused


async def test_look_ups_by_e_mail_are_bounded(anna):
    for _ in range(4):
        await anna.post("/v1/contacts", email="nobody@example.org")
    answer = await anna.post("/v1/contacts", email="nobody@example.org")
    assert refusal(answer) == (429, "rate_limited")
    assert answer.headers["Retry-After"] == "60"


async def test_who_is_not_there_is_not_changed_or_accepted(anna, boris):
    path = f"/v1/contacts/{boris.user_id}"
    assert refusal(await anna.patch(path, name="x")) == (404, "not_found")
    assert refusal(await anna.post(f"{path}/accept")) == (404, "not_found")
    await anna.post("/v1/contacts", username="boris")
    assert refusal(await anna.patch(path, name="")) == (422, "invalid")
    assert refusal(await anna.patch(path, notes="x" * 2_001)) == (413, "too_large")


async def test_who_is_not_signed_in_has_no_contacts(nobody):
    assert refusal(await nobody.get("/v1/contacts"))[0] == 401
    assert refusal(await nobody.post("/v1/contacts", json={"username": "boris"}))[0] == 401
