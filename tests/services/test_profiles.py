"""Changing what one says of oneself, and one's names."""

import pytest
from msgspec.structs import replace

from parley.model.accounts import as_me
from parley.model.errors import (
    EmailTaken,
    Invalid,
    NotFound,
    RateLimited,
    TooLarge,
    UsernameTaken,
    WrongCredentials,
)
from parley.model.ids import UserId
from parley.model.profiles import ProfileChanges
from parley.ports.bus import MeChanged
from parley.services.profiles import WantedEmail
from tests.services.test_passwords import code_in

HERE = "192.0.2.1"


def wanted(email, password="password of anna"):
    return WantedEmail(email=email, password=password, address=HERE)


@pytest.fixture
async def anna(house):
    return await house.person("anna")


@pytest.fixture
async def identity(house, anna):
    return await house.identity(anna)


async def test_what_was_changed_is_what_others_see(house, anna, identity):
    me = await house.profiles.change(
        identity, ProfileChanges(display_name="Anna B.", bio="Says much", status="out")
    )
    seen = await house.users.get(anna.user.user_id)
    assert (me.display_name, me.bio, me.status) == ("Anna B.", "Says much", "out")
    assert (seen.display_name, seen.bio, seen.status) == ("Anna B.", "Says much", "out")


async def test_ones_devices_are_told_and_only_of_what_differs(house, anna, identity):
    heard = []
    house.bus.subscribe(on_signal=heard.append)
    me = await house.profiles.change(identity, ProfileChanges(status="out"))
    await house.profiles.change(identity, ProfileChanges(status="out"))
    assert heard == [MeChanged(anna.user.user_id, me)]


async def test_whoever_set_no_picture_has_one_made_for_them(house, anna, identity):
    assert anna.user.avatar == f"/v1/users/{anna.user.user_id}/avatar"
    assert ">A<" in await house.profiles.avatar(anna.user.user_id)
    me = await house.profiles.change(identity, ProfileChanges(avatar="https://e.org/a.png"))
    assert me.avatar == "https://e.org/a.png"
    with pytest.raises(NotFound):
        await house.profiles.avatar(UserId("nobody"))


async def test_one_signs_in_by_the_new_username_and_the_old_one_is_free(house, identity):
    await house.profiles.change(identity, ProfileChanges(username="anna.b"))
    with pytest.raises(WrongCredentials):
        await house.accounts.login("anna", "password of anna")
    assert await house.accounts.login("ANNA.B", "password of anna")
    assert await house.person("anna")


async def test_a_username_that_somebody_has_is_refused(house, identity):
    await house.person("boris")
    with pytest.raises(UsernameTaken):
        await house.profiles.change(identity, ProfileChanges(username="BORIS", bio="Says much"))
    assert (await house.users.me(identity)).bio is None


async def test_ones_own_username_can_be_written_otherwise(house, identity):
    assert (await house.profiles.change(identity, ProfileChanges(username="Anna"))).username


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        (ProfileChanges(username="a b"), Invalid),
        (ProfileChanges(avatar="javascript:alert(1)"), Invalid),
        (ProfileChanges(data={"much": "x" * 5000}), TooLarge),
    ],
)
async def test_what_may_not_be_is_refused(house, identity, changes, error):
    with pytest.raises(error):
        await house.profiles.change(identity, changes)


async def test_two_changes_at_once_are_both_kept(house, anna, identity, monkeypatch):
    update = house.account_store.update

    async def overtaken(account):
        monkeypatch.undo()
        now = await house.account_store.get(anna.user.user_id)
        assert await update(replace(now, bio="Says much", version=now.version + 1))
        return await update(account)

    monkeypatch.setattr(house.account_store, "update", overtaken)
    me = await house.profiles.change(identity, ProfileChanges(status="out"))
    assert (me.bio, me.status) == ("Says much", "out")


async def test_another_address_is_ones_own_once_the_mail_to_it_was_read(house, anna, identity):
    me = await house.profiles.change(identity, ProfileChanges(), wanted("anna@example.org"))
    assert (me.email, me.new_email) == (None, "anna@example.org")
    await house.background.settled()
    (mail,) = house.mailer.sent
    assert mail.to == "anna@example.org"
    heard = []
    house.bus.subscribe(on_signal=heard.append)
    await house.emails.verify(code_in(mail), HERE)
    me = await house.users.me(identity)
    assert (me.email, me.email_verified, me.new_email) == ("anna@example.org", True, None)
    assert heard == [MeChanged(anna.user.user_id, me)]


async def test_an_address_needs_the_password(house, identity):
    with pytest.raises(Invalid):
        await house.profiles.change(identity, ProfileChanges(), wanted("a@b.org", None))
    with pytest.raises(WrongCredentials):
        await house.profiles.change(
            identity, ProfileChanges(bio="Says much"), wanted("a@b.org", "wrong horse")
        )
    assert (await house.users.me(identity)).bio is None


async def test_an_address_that_somebody_has_is_refused(house, identity):
    await house.accounts.register(email="boris@example.org", password="correct horse")
    with pytest.raises(EmailTaken):
        await house.profiles.change(identity, ProfileChanges(), wanted("Boris@example.org"))


async def test_mails_to_addresses_that_one_wants_are_bounded(house, identity):
    for number in range(30):
        await house.profiles.change(identity, ProfileChanges(), wanted(f"a{number}@b.org"))
    with pytest.raises(RateLimited):
        await house.profiles.change(identity, ProfileChanges(), wanted("another@b.org"))
    await house.background.settled()


async def test_an_address_is_given_up_and_its_codes_with_it(house):
    anna = await house.accounts.register(
        username="anna", email="anna@example.org", password="password of anna"
    )
    await house.background.settled()
    identity = await house.identity(anna)
    me = await house.profiles.change(identity, ProfileChanges(), wanted(None))
    assert me.email is None
    with pytest.raises(Exception, match="code"):
        await house.emails.verify(code_in(house.mailer.sent[0]), HERE)


async def test_the_one_name_that_is_left_is_not_given_up(house):
    anna = await house.accounts.register(email="anna@example.org", password="password of anna")
    with pytest.raises(Invalid):
        await house.profiles.change(await house.identity(anna), ProfileChanges(), wanted(None))


async def test_asking_for_the_present_address_takes_back_that_another_was_wanted(house):
    anna = await house.accounts.register(email="anna@example.org", password="password of anna")
    identity = await house.identity(anna)
    await house.profiles.change(identity, ProfileChanges(), wanted("anna@example.com"))
    me = await house.profiles.change(identity, ProfileChanges(), wanted("anna@example.org"))
    assert me.new_email is None
    await house.background.settled()
    assert as_me(await house.account_store.get(identity.user_id)) == me
