"""What people see of themselves and of each other."""

import pytest

from parley.model.errors import NotFound, TooLarge, Unauthenticated
from parley.model.sessions import Identity


@pytest.fixture
async def anna(house):
    return await house.identity(await house.person("anna"))


async def names(house, anna, **asked):
    return [user.username for user in (await house.users.directory(anna, **asked)).items]


async def test_people_see_their_own_e_mail_address(house):
    boris = await house.accounts.register(email="boris@example.org", password="correct horse")
    assert (await house.users.me(await house.identity(boris))).email == "boris@example.org"


async def test_others_see_neither_the_e_mail_address_nor_the_hash(house):
    boris = await house.accounts.register(
        username="boris", email="boris@example.org", password="correct horse"
    )
    seen = await house.users.get(boris.user.user_id)
    assert set(seen.__struct_fields__) == {
        "user_id",
        "username",
        "display_name",
        "created_at",
        "bio",
        "status",
        "avatar",
        "data",
    }


async def test_somebody_unknown_is_not_found(house):
    with pytest.raises(NotFound):
        await house.users.get("nobody")


async def test_who_has_no_account_any_more_is_nobody(house):
    with pytest.raises(Unauthenticated):
        await house.users.me(Identity("gone", "session"))


async def test_the_directory_is_everybody_but_oneself_in_order(house, anna):
    for name in ("Carla", "boris", "dora"):
        await house.person(name)
    assert await names(house, anna, limit=50) == ["boris", "Carla", "dora"]


async def test_alone_in_the_house_the_directory_is_empty(house, anna):
    page = await house.users.directory(anna, limit=1)
    assert (page.items, page.next) == ([], None)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
async def test_pages_follow_each_other_without_gap_or_double(house, limit):
    people = [f"person{number}" for number in range(5)]
    identities = [await house.identity(await house.person(name)) for name in people]
    for number, identity in enumerate(identities):
        seen, after = [], ""
        while True:
            page = await house.users.directory(identity, after=after, limit=limit)
            assert 1 <= len(page.items) <= limit
            seen += [user.username for user in page.items]
            if page.next is None:
                break
            after = page.next
        assert seen == people[:number] + people[number + 1 :]


async def test_people_are_found_by_the_beginning_of_username_or_display_name(house, anna):
    await house.accounts.register(
        username="boris", password="correct horse", display_name="Élodie Blanc"
    )
    await house.person("carla")
    assert await names(house, anna, query="BOR", limit=9) == ["boris"]
    assert await names(house, anna, query="élo", limit=9) == ["boris"]
    assert await names(house, anna, query="lodie", limit=9) == []


@pytest.mark.parametrize("query", ["%", "_", "*", "'", '"', "boris%"])
async def test_a_query_is_text_and_no_pattern(house, anna, query):
    await house.person("boris")
    assert await names(house, anna, query=query, limit=9) == []


async def test_a_query_is_not_endless(house, anna):
    with pytest.raises(TooLarge):
        await house.users.directory(anna, query="x" * 100, limit=9)
