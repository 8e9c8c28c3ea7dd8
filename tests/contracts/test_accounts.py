"""What `AccountStore` promises."""

import asyncio

import pytest
from msgspec.structs import replace

from parley.model.accounts import Account
from parley.model.errors import EmailTaken, UsernameTaken
from parley.model.ids import UserId
from parley.model.instants import timestamp
from tests.contracts.conftest import Store


def account(
    name: str, *, username: str | None = None, email: str | None = None, display_name: str = ""
) -> Account:
    return Account(
        user_id=UserId(name),
        username=username if username or email else name,
        email=email,
        display_name=display_name or name,
        password_hash=f"hash of {name}",
        created_at=timestamp(1_700_000_000_000),
    )


async def test_what_is_created_is_there(store: Store) -> None:
    ann = replace(
        account("1", username="Ann", email="Ann@Example.org"),
        email_verified=True,
        new_email="other@example.org",
        bio="Says\nmuch",
        avatar="https://example.org/ann.png",
        status="away from the keyboard",
        data={"nested": [1, "é"]},
    )
    await store.accounts.create(ann)
    assert await store.accounts.get(ann.user_id) == ann


async def test_an_account_needs_only_one_name(store: Store) -> None:
    by_email = [account("1", email="a@b.c"), account("2", email="d@e.f")]
    by_name = [account("3", username="ann"), account("4", username="ben")]
    for one in (*by_email, *by_name):
        await store.accounts.create(one)
        assert await store.accounts.get(one.user_id) == one


async def test_nobody_is_there_where_none_was_created(store: Store) -> None:
    assert await store.accounts.get(UserId("nobody")) is None
    assert await store.accounts.by_login("nobody") is None


@pytest.mark.parametrize("other", ["ann", "ANN", "\uff21nn"])
async def test_usernames_are_unique_in_folded_form(store: Store, other: str) -> None:
    await store.accounts.create(account("1", username="Ann"))
    with pytest.raises(UsernameTaken):
        await store.accounts.create(account("2", username=other, email="free@example.org"))
    assert await store.accounts.get(UserId("2")) is None


async def test_email_addresses_are_unique_in_lower_case(store: Store) -> None:
    await store.accounts.create(account("1", email="Ann@example.org"))
    with pytest.raises(EmailTaken):
        await store.accounts.create(account("2", username="free", email="ann@EXAMPLE.org"))
    assert await store.accounts.by_login("free") is None


async def test_of_two_at_once_one_gets_the_name(store: Store) -> None:
    outcomes = await asyncio.gather(
        *(store.accounts.create(account(str(number), username="ann")) for number in range(5)),
        return_exceptions=True,
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, UsernameTaken) for outcome in outcomes) == 4


@pytest.mark.parametrize("login", ["Ann", "aNN", "Ann@Example.org", "ann@example.ORG"])
async def test_a_login_is_a_username_or_an_email_address(store: Store, login: str) -> None:
    ann = account("1", username="Ann", email="Ann@example.org")
    await store.accounts.create(ann)
    assert await store.accounts.by_login(login) == ann


async def test_a_login_is_the_username_first(store: Store) -> None:
    by_email = account("1", username="someone", email="x@y.z")
    by_name = account("2", username="x@y.z")
    await store.accounts.create(by_email)
    await store.accounts.create(by_name)
    assert await store.accounts.by_login("x@y.z") == by_name


async def test_an_update_replaces_the_version_before(store: Store) -> None:
    ann = account("1", username="ann", email="a@b.c")
    await store.accounts.create(ann)
    renamed = replace(ann, username="anna", email=None, display_name="Anna", version=2)
    assert await store.accounts.update(renamed) is True
    assert await store.accounts.get(ann.user_id) == renamed
    assert await store.accounts.by_login("ann") is None
    assert await store.accounts.by_login("a@b.c") is None
    assert await store.accounts.by_login("anna") == renamed


async def test_what_operators_decide_is_kept(store: Store) -> None:
    ann = account("1")
    await store.accounts.create(ann)
    changed = replace(ann, role="admin", disabled_at="2026-01-01T00:00:00.000Z", version=2)
    assert await store.accounts.update(changed) is True
    assert await store.accounts.get(ann.user_id) == changed


async def test_an_update_of_another_version_changes_nothing(store: Store) -> None:
    ann = account("1")
    await store.accounts.create(ann)
    assert await store.accounts.update(replace(ann, display_name="x", version=3)) is False
    assert await store.accounts.update(replace(ann, display_name="x", version=1)) is False
    assert await store.accounts.get(ann.user_id) == ann


async def test_an_account_that_is_not_there_is_not_updated(store: Store) -> None:
    assert await store.accounts.update(replace(account("1"), version=2)) is False
    assert await store.accounts.get(UserId("1")) is None


async def test_an_update_keeps_clear_of_others_names(store: Store) -> None:
    ann, ben = account("1", username="ann", email="a@b.c"), account("2", username="ben")
    await store.accounts.create(ann)
    await store.accounts.create(ben)
    with pytest.raises(UsernameTaken):
        await store.accounts.update(replace(ben, username="ANN", version=2))
    with pytest.raises(EmailTaken):
        await store.accounts.update(replace(ben, email="A@b.c", version=2))
    assert await store.accounts.get(ben.user_id) == ben


async def test_an_update_may_keep_its_own_names(store: Store) -> None:
    ann = account("1", username="ann", email="a@b.c")
    await store.accounts.create(ann)
    assert await store.accounts.update(replace(ann, username="Ann", version=2)) is True


async def test_those_who_exist(store: Store) -> None:
    await store.accounts.create(account("1"))
    await store.accounts.create(account("2"))
    asked = [UserId("1"), UserId("3"), UserId("2")]
    assert await store.accounts.existing(asked) == {UserId("1"), UserId("2")}
    assert await store.accounts.existing([]) == set()


async def test_the_directory_finds_beginnings_of_usernames_and_display_names(store: Store) -> None:
    await store.accounts.create(account("1", username="Annika", display_name="Zoe"))
    await store.accounts.create(account("2", username="ben", display_name="Änne"))
    await store.accounts.create(account("3", email="c@d.e", display_name="ANNA"))
    await store.accounts.create(account("4", username="hannah", display_name="Hannah"))

    async def found(query: str) -> list[str]:
        return [one.user_id for one in await store.accounts.page(query, "", 10)]

    assert await found("ann") == ["3", "1"]
    assert await found("ÄNN") == ["2"]
    assert await found("%") == []
    assert await found("") == ["3", "1", "2", "4"]


async def test_the_directory_is_paged_by_its_key(store: Store) -> None:
    names = ["ann", "ben", "cat", "dot", "eve"]
    for number, name in enumerate(reversed(names)):
        await store.accounts.create(account(str(number), username=name))
    first = await store.accounts.page("", "", 2)
    second = await store.accounts.page("", "ben", 9)
    assert [one.username for one in [*first, *second]] == names


async def test_people_are_found_by_their_usernames_in_any_spelling(store: Store) -> None:
    await store.accounts.create(account("1", username="Ann"))
    await store.accounts.create(account("2", username="ben"))
    await store.accounts.create(account("3", email="cat@example.org"))
    assert await store.accounts.named(["ANN", "ben", "nobody", "cat@example.org"]) == {
        "ann": UserId("1"),
        "ben": UserId("2"),
    }
    assert await store.accounts.named([]) == {}
