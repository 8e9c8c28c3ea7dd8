"""What whoever runs the server does to accounts."""

import asyncio

import pytest
from msgspec.structs import replace

from parley.model.errors import (
    AccountDisabled,
    EmailTaken,
    Invalid,
    NotFound,
    SessionRevoked,
    Unavailable,
    UsernameTaken,
    WrongCredentials,
)

PASSWORD = "correct horse"


async def create(house, username="anna", **given):
    fields = {"email": None, "display_name": None, "password": None, "role": "person", **given}
    return await house.operator.create(username=username, **fields)


async def test_an_account_is_made_with_a_password_that_is_told_once_and_signed_in_nowhere(house):
    created = await create(house, role="admin")
    assert len(created.made) == 20
    assert await house.session_store.of(created.account.user_id) == []
    signed_in = await house.accounts.login("anna", created.made)
    assert (signed_in.user.display_name, signed_in.user.role) == ("anna", "admin")


async def test_a_password_that_is_given_is_set_and_not_told(house):
    assert (await create(house, password=PASSWORD)).made is None
    assert await house.accounts.login("anna", PASSWORD)


async def test_what_nobody_may_register_with_nobody_is_given(house):
    await create(house, email="anna@example.org")
    for refusal, fields in (
        (UsernameTaken, {"username": "ANNA"}),
        (EmailTaken, {"username": "boris", "email": "Anna@Example.org"}),
        (Invalid, {"username": "a b"}),
        (Invalid, {"username": None}),
        (Invalid, {"username": "boris", "password": ""}),
    ):
        with pytest.raises(refusal):
            await create(house, **fields)


@pytest.mark.parametrize("who", ["ANNA", "anna@example.org", "id"])
async def test_somebody_is_found_by_username_e_mail_address_or_id(house, who):
    created = await create(house, email="anna@example.org")
    account, _ = await house.operator.show(created.account.user_id if who == "id" else who)
    assert account == created.account


async def test_whoever_is_not_there_is_not_found_and_what_is_no_name_is_refused(house):
    for who in ("nobody", "a" * 26):
        with pytest.raises(NotFound):
            await house.operator.show(who)
    with pytest.raises(Invalid):
        await house.operator.show("\0")


async def test_accounts_are_listed_in_pages(house):
    for name in ("anna", "anton", "boris"):
        await create(house, name)
    page = await house.operator.search(query="", after="", limit=2)
    assert [one.username for one in page.items] == ["anna", "anton"]
    rest = await house.operator.search(query="", after=page.next, limit=2)
    assert ([one.username for one in rest.items], rest.next) == (["boris"], None)
    found = await house.operator.search(query="ANT", after="", limit=2)
    assert [one.username for one in found.items] == ["anton"]


async def test_another_password_ends_all_sessions(house):
    anna = await house.person("anna")
    done = await house.operator.reset_password("anna", None)
    assert done.ended == 1
    with pytest.raises(SessionRevoked):
        await house.sessions.authenticate(anna.access_token)
    with pytest.raises(WrongCredentials):
        await house.accounts.login("anna", "password of anna")
    assert await house.accounts.login("anna", done.made)


async def test_revoking_sessions_leaves_the_password(house):
    anna = await house.person("anna")
    assert (await house.operator.revoke_sessions("anna"))[1] == 1
    with pytest.raises(SessionRevoked):
        await house.sessions.authenticate(anna.access_token)
    assert await house.accounts.login("anna", "password of anna")


async def test_a_role_is_given_and_taken(house):
    await house.person("anna")
    assert (await house.operator.set_role("anna", "admin")).role == "admin"
    assert (await house.operator.set_role("anna", "person")).role == "person"


async def test_a_disabled_account_is_signed_out_everywhere_until_it_is_enabled(house):
    anna = await house.person("anna")
    first, ended = await house.operator.set_disabled("anna", disabled=True)
    assert ended == 1
    with pytest.raises(SessionRevoked):
        await house.sessions.authenticate(anna.access_token)
    with pytest.raises(AccountDisabled):
        await house.accounts.login("anna", "password of anna")
    house.clock.advance(seconds=1)
    again, _ = await house.operator.set_disabled("anna", disabled=True)
    assert again.disabled_at == first.disabled_at
    await house.operator.set_disabled("anna", disabled=False)
    assert await house.accounts.login("anna", "password of anna")


async def test_changes_at_the_same_time_are_all_made(house):
    await house.person("anna")
    await asyncio.gather(
        house.operator.set_role("anna", "admin"),
        house.operator.set_disabled("anna", disabled=True),
    )
    account, _ = await house.operator.show("anna")
    assert account.role == "admin"
    assert account.disabled_at is not None


async def test_an_account_that_never_stands_still_is_said_to_change(house, monkeypatch):
    await house.person("anna")

    async def too_late(_account):
        return False

    monkeypatch.setattr(house.account_store, "update", too_late)
    with pytest.raises(Unavailable):
        await house.operator.set_role("anna", "admin")


async def test_a_change_is_made_anew_on_what_somebody_else_made_of_the_account(house, monkeypatch):
    anna = await house.person("anna")
    update = house.account_store.update

    async def overtaken(account):
        monkeypatch.undo()
        now = await house.account_store.get(anna.user.user_id)
        await update(replace(now, display_name="Anna the first", version=now.version + 1))
        return await update(account)

    monkeypatch.setattr(house.account_store, "update", overtaken)
    changed = await house.operator.set_role("anna", "admin")
    assert (changed.display_name, changed.role) == ("Anna the first", "admin")
