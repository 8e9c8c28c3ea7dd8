"""Registering and signing in."""

import asyncio

import bcrypt
import pytest
from msgspec.structs import replace

from parley.model.errors import (
    AccountDisabled,
    EmailTaken,
    Invalid,
    RateLimited,
    TooLarge,
    UsernameTaken,
    WrongCredentials,
)
from parley.model.sessions import Device

PASSWORD = "correct horse"
PHONE = Device("Anna's phone", "192.0.2.1")


async def test_who_registers_is_signed_in(house):
    anna = await house.accounts.register(username="anna", password=PASSWORD, device=PHONE)
    identity = await house.sessions.authenticate(anna.access_token)
    assert identity.user_id == anna.user.user_id
    assert (anna.user.username, anna.user.display_name, anna.epoch) == ("anna", "anna", "epoch-1")
    (session,) = await house.session_store.of(identity.user_id)
    assert (session.device, session.address) == ("Anna's phone", "192.0.2.1")


async def test_an_e_mail_address_is_name_enough_and_not_shown_by_the_name_given_for_it(house):
    anna = await house.accounts.register(email="anna@example.org", password=PASSWORD)
    assert anna.user.username is None
    assert anna.user.email == "anna@example.org"
    assert "anna" not in anna.user.display_name
    assert anna.user.user_id.startswith(anna.user.display_name.removeprefix("user-"))


async def test_without_any_name_nobody_registers(house):
    with pytest.raises(Invalid):
        await house.accounts.register(password=PASSWORD)


@pytest.mark.parametrize("spelling", ["Anna", "ANNA", "\uff41\uff4e\uff4e\uff41"])
async def test_a_username_is_taken_in_every_spelling_that_folds_to_it(house, spelling):
    await house.person("anna")
    with pytest.raises(UsernameTaken):
        await house.accounts.register(username=spelling, password=PASSWORD)


async def test_an_e_mail_address_is_taken_in_any_case(house):
    await house.accounts.register(email="anna@example.org", password=PASSWORD)
    with pytest.raises(EmailTaken):
        await house.accounts.register(email="Anna@Example.ORG", password=PASSWORD)


async def test_of_two_who_register_a_name_at_once_one_gets_it(house):
    both = await asyncio.gather(house.person("anna"), house.person("ANNA"), return_exceptions=True)
    assert sorted(type(one).__name__ for one in both) == ["SignedIn", "UsernameTaken"]


@pytest.mark.parametrize(
    "username",
    ["", "an", "a" * 33, "an na", "anna!", "anna@home", "an\0na", "a\ud800nna", "ﷺﷺﷺ", "a" * 26],
)
async def test_an_unacceptable_username_is_refused(house, username):
    with pytest.raises(Invalid) as refused:
        await house.accounts.register(username=username, password=PASSWORD)
    assert refused.value.details["field"] == "username"


@pytest.mark.parametrize(
    "username", ["ann", "a.n-n_a", "Ännchen", "安娜安娜", "анна", "1234", "a" * 32]
)
async def test_a_username_of_any_script_is_accepted(house, username):
    assert (await house.person(username)).user.username == username


@pytest.mark.parametrize(
    "email",
    ["", "anna", "@example.org", "anna@", "an na@example.org", "anna@a@b", "a\0@b.c", "a\ud800@b.c",
     "a" * 65 + "@example.org", "anna@" + "x" * 250, "anna@example.org\n", "Anna <anna@example.org>"],
)  # fmt: skip
async def test_what_is_no_e_mail_address_is_refused(house, email):
    with pytest.raises(Invalid) as refused:
        await house.accounts.register(email=email, password=PASSWORD)
    assert refused.value.details["field"] == "email"


@pytest.mark.parametrize(
    "password", ["", "x" * 7, "x" * 257, "nul\0 inside", "\ud800" * 8, " " * 8]
)
async def test_an_unacceptable_password_is_refused(house, password):
    with pytest.raises(Invalid) as refused:
        await house.accounts.register(username="anna", password=password)
    assert refused.value.details["field"] == "password"


async def test_a_display_name_shows_something_and_is_not_endless(house):
    with pytest.raises(Invalid):
        await house.accounts.register(username="anna", password=PASSWORD, display_name=" ")
    with pytest.raises(TooLarge):
        await house.accounts.register(username="anna", password=PASSWORD, display_name="x" * 81)


async def test_a_refused_device_leaves_no_account_behind(house):
    with pytest.raises(Invalid):
        await house.accounts.register(username="anna", password=PASSWORD, device=Device("\0"))
    assert await house.account_store.by_login("anna") is None


@pytest.mark.parametrize("login", ["anna", "ANNA", "anna@example.org", "Anna@example.org"])
async def test_people_sign_in_by_username_or_e_mail_address(house, login):
    anna = await house.accounts.register(
        username="anna", email="anna@example.org", password=PASSWORD
    )
    again = await house.accounts.login(login, PASSWORD)
    assert again.user == anna.user
    assert again.refresh_token != anna.refresh_token


async def test_a_wrong_password_and_an_unknown_name_are_answered_alike(house):
    await house.person("anna")
    with pytest.raises(WrongCredentials) as wrong:
        await house.accounts.login("anna", "wrong horse")
    with pytest.raises(WrongCredentials) as unknown:
        await house.accounts.login("nobody", "wrong horse")
    assert str(wrong.value) == str(unknown.value)


async def test_an_unknown_name_costs_one_verification_too(house, monkeypatch):
    asked = []
    verify = house.hashing.verify

    async def counting(password, hashed):
        asked.append(hashed)
        return await verify(password, hashed)

    monkeypatch.setattr(house.hashing, "verify", counting)
    with pytest.raises(WrongCredentials):
        await house.accounts.login("nobody", PASSWORD)
    assert asked == [None]


async def test_a_hash_brought_from_elsewhere_is_replaced_at_sign_in(house):
    anna = await house.person("anna")
    account = await house.account_store.get(anna.user.user_id)
    brought = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    await house.account_store.update(replace(account, password_hash=brought, version=2))
    await house.accounts.login("anna", PASSWORD)
    kept = await house.account_store.get(anna.user.user_id)
    assert kept.password_hash.startswith("$argon2id$")
    await house.accounts.login("anna", PASSWORD)


async def change(house, user, **fields):
    account = await house.account_store.get(user.user_id)
    changed = replace(account, version=account.version + 1, **fields)
    assert await house.account_store.update(changed)


async def test_nobody_signs_in_with_a_disabled_account_and_only_who_knows_its_password_learns_so(
    house,
):
    anna = await house.person("anna")
    await change(house, anna.user, disabled_at="2026-01-01T00:00:00.000Z")
    with pytest.raises(AccountDisabled):
        await house.accounts.login("anna", "password of anna")
    with pytest.raises(WrongCredentials):
        await house.accounts.login("anna", "wrong horse")


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"disabled_at": "2026-01-01T00:00:00.000Z"}, AccountDisabled),
        ({"password_hash": "$2b$04$" + "." * 53}, WrongCredentials),
    ],
)
async def test_a_session_opened_while_its_account_changes_does_not_outlive_that(
    house, monkeypatch, fields, refusal
):
    anna = await house.person("anna")
    await house.sessions.end_all(anna.user.user_id)
    create = house.session_store.create

    async def overtaken(session):
        monkeypatch.undo()
        await change(house, anna.user, **fields)
        await create(session)

    monkeypatch.setattr(house.session_store, "create", overtaken)
    with pytest.raises(refusal):
        await house.accounts.login("anna", "password of anna")
    assert await house.session_store.of(anna.user.user_id) == []


async def test_nobody_registers_as_an_admin_and_who_is_one_sees_it_in_their_own_profile_alone(
    house,
):
    anna = await house.person("anna")
    assert anna.user.role == "person"
    await change(house, anna.user, role="admin")
    again = await house.accounts.login("anna", "password of anna")
    assert again.user.role == "admin"
    assert not hasattr(await house.users.get(anna.user.user_id), "role")


async def try_wrongly(house, times, address="192.0.2.1"):
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            await house.accounts.login("anna", "wrong horse", Device("", address))


async def test_too_many_wrong_passwords_from_one_address_have_to_wait(house):
    await house.accounts.register(username="anna", password=PASSWORD)
    await try_wrongly(house, 5)
    with pytest.raises(RateLimited) as refused:
        await house.accounts.login("Anna", PASSWORD, PHONE)
    assert refused.value.details == {"retry_after": 30}
    house.clock.advance(seconds=30)
    assert await house.accounts.login("anna", PASSWORD, PHONE)


async def test_somebody_elses_guessing_does_not_lock_anna_out(house):
    await house.accounts.register(username="anna", password=PASSWORD)
    await try_wrongly(house, 5, address="198.51.100.7")
    assert await house.accounts.login("anna", PASSWORD, PHONE)


async def test_signing_in_rightly_again_and_again_is_never_limited(house):
    await house.accounts.register(username="anna", password=PASSWORD)
    for _ in range(12):
        await house.accounts.login("anna", PASSWORD, PHONE)
