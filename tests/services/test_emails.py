"""Showing that an address is one's own."""

import pytest
from msgspec.structs import replace

from parley.model.errors import Conflict, EmailTaken, InvalidCode, RateLimited
from tests.services.test_passwords import code_in
from tests.support.house import CLIENT, House

HERE = "192.0.2.1"
PASSWORD = "correct horse"
OLD, NEW = "anna@example.org", "anna@example.com"


async def registered(house: House):
    anna = await house.accounts.register(username="anna", email=OLD, password=PASSWORD)
    await house.background.settled()
    return anna, code_in(house.mailer.sent.pop())


async def wanting(house: House, email: str = NEW):
    """Anna, who wants another address, and the code that was mailed there."""
    anna, code = await registered(house)
    await house.emails.verify(code, HERE)
    account = await house.account_store.get(anna.user.user_id)
    assert await house.account_store.update(
        replace(account, new_email=email, version=account.version + 1)
    )
    house.emails.prove(anna.user.user_id, email)
    await house.background.settled()
    return anna, code_in(house.mailer.sent.pop())


async def account_of(house: House, anna):
    account = await house.account_store.get(anna.user.user_id)
    assert account is not None
    return account


async def test_whoever_registers_gets_a_mail_with_a_link(house):
    await house.accounts.register(email=OLD, password=PASSWORD)
    await house.background.settled()
    (mail,) = house.mailer.sent
    assert mail.to == OLD
    assert f"{CLIENT}/verify-email#code={code_in(mail)}" in mail.text


async def test_whoever_registers_by_username_alone_gets_none(house):
    await house.person("anna")
    await house.background.settled()
    assert house.mailer.sent == []


async def test_the_code_shows_that_the_address_is_theirs(house):
    anna, code = await registered(house)
    assert not (await account_of(house, anna)).email_verified
    assert await house.emails.verify(code, HERE) == anna.user.user_id
    assert (await account_of(house, anna)).email_verified


async def test_the_code_is_good_for_a_week(house):
    _, code = await registered(house)
    house.clock.advance(seconds=7 * 86_400)
    with pytest.raises(InvalidCode):
        await house.emails.verify(code, HERE)


async def test_another_address_is_ones_own_once_its_mail_was_read(house):
    anna, code = await wanting(house)
    assert (await account_of(house, anna)).email == OLD
    await house.emails.verify(code, HERE)
    account = await account_of(house, anna)
    assert (account.email, account.email_verified, account.new_email) == (NEW, True, None)


async def test_the_former_address_hears_of_it(house):
    _, code = await wanting(house)
    await house.emails.verify(code, HERE)
    await house.background.settled()
    assert [mail.to for mail in house.mailer.sent] == [OLD]


async def test_an_address_that_somebody_else_took_meanwhile_is_theirs(house):
    anna, code = await wanting(house)
    await house.accounts.register(email=NEW.upper(), password=PASSWORD)
    with pytest.raises(EmailTaken):
        await house.emails.verify(code, HERE)
    assert (await account_of(house, anna)).email == OLD


async def test_a_code_for_an_address_that_one_no_longer_wants_is_void(house):
    anna, code = await wanting(house)
    account = await account_of(house, anna)
    assert await house.account_store.update(
        replace(account, new_email="other@example.org", version=account.version + 1)
    )
    with pytest.raises(InvalidCode):
        await house.emails.verify(code, HERE)


async def test_a_change_of_something_else_meanwhile_is_kept(house, monkeypatch):
    anna, code = await registered(house)
    update = house.account_store.update

    async def overtaken(account):
        monkeypatch.undo()
        now = await account_of(house, anna)
        assert await update(replace(now, display_name="Anna B.", version=now.version + 1))
        return await update(account)

    monkeypatch.setattr(house.account_store, "update", overtaken)
    await house.emails.verify(code, HERE)
    account = await account_of(house, anna)
    assert (account.display_name, account.email_verified) == ("Anna B.", True)


async def test_asking_again_brings_another_code_that_voids_the_first(house):
    anna, first = await registered(house)
    await house.emails.ask(await house.identity(anna), HERE)
    await house.background.settled()
    with pytest.raises(InvalidCode):
        await house.emails.verify(first, HERE)
    await house.emails.verify(code_in(house.mailer.sent.pop()), HERE)


async def test_asking_again_and_again_has_to_wait(house):
    anna, _ = await registered(house)
    identity = await house.identity(anna)
    for _ in range(3):
        await house.emails.ask(identity, HERE)
    with pytest.raises(RateLimited):
        await house.emails.ask(identity, HERE)
    await house.background.settled()


async def test_whose_address_is_verified_has_nothing_to_ask_for(house):
    anna, code = await registered(house)
    await house.emails.verify(code, HERE)
    with pytest.raises(Conflict):
        await house.emails.ask(await house.identity(anna), HERE)
