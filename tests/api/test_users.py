"""`/v1/me` and `/v1/users`."""

from tests.api.conftest import refusal


async def test_people_see_themselves(anna):
    answer = await anna.get("/v1/me")
    assert answer.status_code == 200
    assert answer.json() == {
        "user_id": anna.user_id,
        "username": "anna",
        "display_name": "anna",
        "created_at": "2023-11-14T22:13:20.000Z",
        "email": None,
        "email_verified": False,
        "avatar": f"/v1/users/{anna.user_id}/avatar",
        "role": "person",
    }


async def test_people_see_of_others_neither_address_nor_hash(anna, house):
    boris = await house.accounts.register(
        username="boris", email="boris@example.org", password="correct horse"
    )
    answer = await anna.get(f"/v1/users/{boris.user.user_id}")
    assert answer.json()["username"] == "boris"
    assert set(answer.json()) == {"user_id", "username", "display_name", "created_at", "avatar"}


async def test_nobody_is_found_under_an_id_that_nobody_has(anna):
    assert refusal(await anna.get("/v1/users/nobody")) == (404, "not_found")


async def test_the_directory_has_everybody_but_oneself(anna, boris, carla):
    answer = await anna.get("/v1/users")
    assert [user["username"] for user in answer.json()["items"]] == ["boris", "carla"]
    assert "next" not in answer.json()


async def test_the_directory_comes_in_pages(anna, boris, carla):
    first = (await anna.get("/v1/users", limit=1)).json()
    second = (await anna.get("/v1/users", limit=1, cursor=first["next"])).json()
    assert [user["username"] for user in first["items"] + second["items"]] == ["boris", "carla"]
    assert "next" not in second


async def test_people_are_found_by_how_their_names_begin(anna, boris, carla):
    answer = await anna.get("/v1/users", query="CAR")
    assert [user["username"] for user in answer.json()["items"]] == ["carla"]


async def test_a_query_that_is_no_text_is_refused(anna):
    assert refusal(await anna.client.get("/v1/users?query=%00")) == (422, "invalid")
    assert refusal(await anna.get("/v1/users", query="x" * 100)) == (413, "too_large")
