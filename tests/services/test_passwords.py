"""Changing a password, and getting a new one by mail."""

import re

import pytest
from msgspec.structs import replace

from parley.model.errors import (
    Invalid,
    InvalidCode,
    RateLimited,
    SessionRevoked,
    Unauthenticated,
    WrongCredentials,
)
from parley.model.mails import Mail
from parley.ports.bus import SessionRevoked as Revoked
from tests.support.house import CLIENT, House

OLD, NEW = "correct horse", "battery staple"
EMAIL = "anna@example.org"
HOUR_S = 3600


async def anna_in(house: House):
    anna = await house.accounts.register(username="anna", email=EMAIL, password=OLD)
    await house.background.settled()
    house.mailer.sent.clear()
    return anna


def code_in(mail: Mail) -> str:
    found = re.search(r"Your code: (\S+)", mail.text)
    assert found is not None
    return found[1]


async def asked(house: House, email: str = EMAIL) -> str:
    """The code in the mail after somebody forgot their password."""
    house.passwords.forgot(email, "192.0.2.1")
    await house.background.settled()
    return code_in(house.mailer.sent.pop())


async def test_the_new_password_opens_and_the_old_one_no_more(house):
    anna = await anna_in(house)
    await house.passwords.change(await house.identity(anna), OLD, NEW)
    with pytest.raises(WrongCredentials):
        await house.accounts.login("anna", OLD)
    assert await house.accounts.login("anna", NEW)


async def test_a_change_needs_the_current_password(house):
    anna = await anna_in(house)
    with pytest.raises(WrongCredentials):
        await house.passwords.change(await house.identity(anna), NEW, NEW)
    assert await house.accounts.login("anna", OLD)


async def test_a_change_ends_all_other_sessions_and_not_the_one_that_asks(house):
    phone = await anna_in(house)
    laptop = await house.accounts.login("anna", OLD)
    laptop_session = (await house.identity(laptop)).session_id
    heard = []
    house.bus.subscribe(on_signal=heard.append)
    await house.passwords.change(await house.identity(phone), OLD, NEW)
    assert heard == [Revoked(phone.user.user_id, laptop_session)]
    assert await house.sessions.authenticate(phone.access_token)
    with pytest.raises(SessionRevoked):
        await house.sessions.refresh(laptop.refresh_token)


async def test_an_unacceptable_new_password_changes_nothing(house):
    anna = await anna_in(house)
    with pytest.raises(Invalid):
        await house.passwords.change(await house.identity(anna), OLD, "short")
    assert await house.accounts.login("anna", OLD)


async def test_guessing_the_password_from_within_is_bounded(house):
    anna = await anna_in(house)
    identity = await house.identity(anna)
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await house.passwords.change(identity, "a wild guess", NEW)
    with pytest.raises(RateLimited):
        await house.passwords.change(identity, OLD, NEW)


async def test_a_change_of_something_else_meanwhile_is_kept(house, monkeypatch):
    anna = await anna_in(house)
    hashing = house.hashing.hash

    async def slow(password):
        account = await house.account_store.get(anna.user.user_id)
        renamed = replace(account, display_name="Anna B.", version=account.version + 1)
        assert await house.account_store.update(renamed)
        return await hashing(password)

    monkeypatch.setattr(house.hashing, "hash", slow)
    await house.passwords.change(await house.identity(anna), OLD, NEW)
    assert (await house.accounts.login("anna", NEW)).user.display_name == "Anna B."


async def test_of_two_changes_at_once_one_wins(house, monkeypatch):
    anna = await anna_in(house)
    identity = await house.identity(anna)
    hashing = house.hashing.hash
    other = await hashing("another password")

    async def slow(password):
        account = await house.account_store.get(anna.user.user_id)
        changed = replace(account, password_hash=other, version=account.version + 1)
        assert await house.account_store.update(changed)
        return await hashing(password)

    monkeypatch.setattr(house.hashing, "hash", slow)
    with pytest.raises(WrongCredentials):
        await house.passwords.change(identity, OLD, NEW)
    assert await house.accounts.login("anna", "another password")


async def test_a_sign_in_that_the_change_overtook_leaves_no_session(house, monkeypatch):
    anna = await anna_in(house)
    identity = await house.identity(anna)
    opening = house.sessions.open

    async def overtaken(user_id, device):
        await house.passwords.change(identity, OLD, NEW)
        return await opening(user_id, device)

    monkeypatch.setattr(house.sessions, "open", overtaken)
    with pytest.raises(WrongCredentials):
        await house.accounts.login("anna", OLD)
    assert [one.session_id for one in await house.session_store.of(anna.user.user_id)] == [
        identity.session_id
    ]


async def test_a_forgotten_password_is_replaced_by_a_mailed_code(house):
    anna = await anna_in(house)
    await house.passwords.reset(await asked(house), NEW, "192.0.2.1")
    assert await house.accounts.login("anna", NEW)
    with pytest.raises(WrongCredentials):
        await house.accounts.login("anna", OLD)
    with pytest.raises(SessionRevoked):
        await house.sessions.authenticate(anna.access_token)


async def test_the_mail_goes_to_the_address_that_the_account_has_with_a_link_and_no_name(house):
    await anna_in(house)
    house.passwords.forgot("ANNA@Example.org", "192.0.2.1")
    await house.background.settled()
    (mail,) = house.mailer.sent
    assert mail.to == EMAIL
    assert f"{CLIENT}/reset-password#code={code_in(mail)}" in mail.text


async def test_whoever_reads_the_mail_has_shown_that_the_address_is_theirs(house):
    anna = await anna_in(house)
    await house.passwords.reset(await asked(house), NEW, "192.0.2.1")
    account = await house.account_store.get(anna.user.user_id)
    assert account is not None
    assert account.email_verified


async def test_somebody_unknown_is_answered_alike_and_no_mail_is_sent(house):
    await anna_in(house)
    assert house.passwords.forgot("nobody@example.org", "192.0.2.1") is None
    await house.background.settled()
    assert house.mailer.sent == []


async def test_the_answer_comes_before_the_store_is_asked(house, monkeypatch):
    """So that it takes as long for those who have an account as for those who have none."""
    await anna_in(house)
    asked_for = []
    monkeypatch.setattr(house.account_store, "by_login", asked_for.append)
    house.passwords.forgot(EMAIL, "192.0.2.1")
    assert asked_for == []
    monkeypatch.undo()


async def test_a_code_is_good_once(house):
    await anna_in(house)
    code = await asked(house)
    await house.passwords.reset(code, NEW, "192.0.2.1")
    with pytest.raises(InvalidCode):
        await house.passwords.reset(code, OLD, "192.0.2.1")


async def test_a_newer_code_takes_the_place_of_the_older_one(house):
    await anna_in(house)
    first, second = await asked(house), await asked(house)
    with pytest.raises(InvalidCode):
        await house.passwords.reset(first, NEW, "192.0.2.1")
    await house.passwords.reset(second, NEW, "192.0.2.1")


async def test_a_code_is_good_for_an_hour(house):
    await anna_in(house)
    code = await asked(house)
    house.clock.advance(seconds=HOUR_S)
    with pytest.raises(InvalidCode):
        await house.passwords.reset(code, NEW, "192.0.2.1")


async def test_a_code_is_void_once_the_password_was_changed_otherwise(house):
    anna = await anna_in(house)
    code = await asked(house)
    await house.passwords.change(await house.identity(anna), OLD, NEW)
    with pytest.raises(InvalidCode):
        await house.passwords.reset(code, "a third password", "192.0.2.1")


async def test_a_code_mailed_to_a_former_address_is_void(house):
    anna = await anna_in(house)
    code = await asked(house)
    account = await house.account_store.get(anna.user.user_id)
    moved = replace(account, email="new@example.org", version=account.version + 1)
    assert await house.account_store.update(moved)
    with pytest.raises(InvalidCode):
        await house.passwords.reset(code, NEW, "192.0.2.1")


async def test_a_code_for_an_address_sets_no_password(house):
    await house.accounts.register(email=EMAIL, password=OLD)
    await house.background.settled()
    with pytest.raises(InvalidCode):
        await house.passwords.reset(code_in(house.mailer.sent[0]), NEW, "192.0.2.1")


async def test_an_unacceptable_password_does_not_use_the_code_up(house):
    await anna_in(house)
    code = await asked(house)
    with pytest.raises(Invalid):
        await house.passwords.reset(code, "short", "192.0.2.1")
    await house.passwords.reset(code, NEW, "192.0.2.1")


@pytest.mark.parametrize("code", ["", "nonsense", "a" * 26, "\ud800" * 26, "a" * 10_000])
async def test_what_is_no_code_is_refused(house, code):
    with pytest.raises(InvalidCode):
        await house.passwords.reset(code, NEW, "192.0.2.1")


async def test_guessing_codes_is_bounded_by_address(house):
    for _ in range(5):
        with pytest.raises(InvalidCode):
            await house.passwords.reset("a" * 26, NEW, "192.0.2.1")
    with pytest.raises(RateLimited):
        await house.passwords.reset("a" * 26, NEW, "192.0.2.1")
    with pytest.raises(InvalidCode):
        await house.passwords.reset("a" * 26, NEW, "198.51.100.7")


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org"])
async def test_mails_to_one_address_are_bounded_whether_somebody_has_it_or_not(house, email):
    await anna_in(house)
    for number in range(3):
        house.passwords.forgot(email, f"192.0.2.{number}")
    with pytest.raises(RateLimited) as refused:
        house.passwords.forgot(email.upper(), "192.0.2.0")
    assert refused.value.details["retry_after"] > 0
    await house.background.settled()


async def test_mails_asked_for_from_one_network_address_are_bounded(house):
    for number in range(30):
        house.passwords.forgot(f"somebody{number}@example.org", "192.0.2.1")
    with pytest.raises(RateLimited):
        house.passwords.forgot("another@example.org", "192.0.2.1")
    await house.background.settled()


async def test_the_store_holds_no_code(house):
    await anna_in(house)
    code = await asked(house)
    assert code not in repr(vars(house.code_store))


async def test_who_has_shown_their_address_is_told_of_a_new_password(house):
    anna = await anna_in(house)
    await house.passwords.reset(await asked(house), NEW, "192.0.2.1")
    await house.background.settled()
    assert [(mail.to, mail.subject) for mail in house.mailer.sent] == [
        (EMAIL, "Your password was changed")
    ]
    assert anna


async def test_somebody_whose_account_is_gone_changes_nothing(house, monkeypatch):
    anna = await anna_in(house)
    identity = await house.identity(anna)
    monkeypatch.setattr(house.account_store, "_accounts", {})
    with pytest.raises(Unauthenticated):
        await house.passwords.change(identity, OLD, NEW)
