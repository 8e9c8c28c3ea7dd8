"""Sessions: authentication from memory, rotation, reuse, and the end."""

import asyncio

import pytest

from parley.model.errors import SessionRevoked, TokenExpired, Unauthenticated
from parley.model.ids import SessionId
from parley.model.sessions import Identity, session_of
from parley.ports.bus import PresenceChanged
from parley.ports.bus import SessionRevoked as Revoked


async def test_a_session_is_read_once_and_then_known(house, monkeypatch):
    anna = await house.person("anna")
    first = await house.sessions.authenticate(anna.access_token)
    monkeypatch.setattr(house.session_store, "get", lambda _id: pytest.fail("read again"))
    assert await house.sessions.authenticate(anna.access_token) == first


async def test_whoever_outlives_a_request_is_told_when_the_token_ends(house):
    anna = await house.person("anna")
    identity, expires_ms = await house.sessions.admit(anna.access_token)
    assert identity.user_id == anna.user.user_id
    assert expires_ms == house.clock.now_ms() + anna.expires_in * 1000


async def test_an_expired_token_is_refused_as_such(house):
    anna = await house.person("anna")
    await house.sessions.authenticate(anna.access_token)
    house.clock.advance(seconds=anna.expires_in)
    with pytest.raises(TokenExpired):
        await house.sessions.authenticate(anna.access_token)


async def test_a_good_token_of_a_session_that_is_gone_is_refused(house):
    stray, _ = house.tokens.issue(Identity("anna", SessionId("gone")), house.clock.now_ms())
    with pytest.raises(SessionRevoked):
        await house.sessions.authenticate(stray)


async def test_refreshing_gives_new_tokens_of_the_same_session(house):
    anna = await house.person("anna")
    before = await house.identity(anna)
    house.clock.advance(seconds=1000)
    grant = await house.sessions.refresh(anna.refresh_token)
    assert grant.refresh_token != anna.refresh_token
    assert await house.sessions.authenticate(grant.access_token) == before


async def test_the_chain_goes_on_for_as_long_as_it_is_used(house):
    token = (await house.person("anna")).refresh_token
    for _ in range(40):
        house.clock.advance(seconds=86_400)
        token = (await house.sessions.refresh(token)).refresh_token


async def test_a_session_unused_for_its_lifetime_is_over(house):
    anna = await house.person("anna")
    house.clock.advance(seconds=30 * 86_400)
    with pytest.raises(TokenExpired):
        await house.sessions.refresh(anna.refresh_token)


async def test_all_tabs_that_refresh_at_once_go_on_with_the_same_token(house):
    anna = await house.person("anna")
    grants = await asyncio.gather(*(house.sessions.refresh(anna.refresh_token) for _ in range(5)))
    assert len({grant.refresh_token for grant in grants}) == 1
    assert await house.sessions.refresh(grants[0].refresh_token)


async def test_tabs_on_two_nodes_that_read_before_either_wrote_get_the_same_token(
    house, monkeypatch
):
    anna = await house.person("anna")
    read = house.session_store.get
    both_read = asyncio.Barrier(2)
    waiting = [both_read.wait, both_read.wait]

    async def slow(session_id):
        session = await read(session_id)
        if waiting:
            await waiting.pop()()
        return session

    monkeypatch.setattr(house.session_store, "get", slow)
    here, there = await asyncio.gather(
        house.sessions.refresh(anna.refresh_token),
        house.more_sessions().refresh(anna.refresh_token),
    )
    assert here.refresh_token == there.refresh_token


async def test_the_loser_of_the_race_may_come_ten_seconds_late(house):
    anna = await house.person("anna")
    first = await house.sessions.refresh(anna.refresh_token)
    house.clock.advance(seconds=10)
    late = await house.sessions.refresh(anna.refresh_token)
    assert late.refresh_token == first.refresh_token


async def test_who_lost_the_answer_may_come_back_days_later(house):
    anna = await house.person("anna")
    await house.sessions.refresh(anna.refresh_token)
    house.clock.advance(seconds=3 * 86_400)
    grant = await house.sessions.refresh(anna.refresh_token)
    assert (await house.sessions.authenticate(grant.access_token)).user_id == anna.user.user_id
    assert await house.sessions.refresh(grant.refresh_token)


async def test_an_answer_that_was_found_after_all_is_void(house):
    anna = await house.person("anna")
    found = await house.sessions.refresh(anna.refresh_token)
    house.clock.advance(seconds=11)
    again = await house.sessions.refresh(anna.refresh_token)
    with pytest.raises(SessionRevoked):
        await house.sessions.refresh(found.refresh_token)
    with pytest.raises(SessionRevoked):
        await house.sessions.authenticate(again.access_token)


async def test_all_tabs_that_come_back_late_at_once_go_on_with_the_same_token(house):
    anna = await house.person("anna")
    lost = await house.sessions.refresh(anna.refresh_token)
    house.clock.advance(seconds=11)
    nodes = [house.sessions, house.more_sessions(), house.more_sessions()]
    grants = await asyncio.gather(*(node.refresh(anna.refresh_token) for node in nodes))
    assert len({grant.refresh_token for grant in grants} - {lost.refresh_token}) == 1


async def test_of_the_late_one_and_its_unused_successor_shown_at_once_one_is_refused(
    house, monkeypatch
):
    anna = await house.person("anna")
    found = await house.sessions.refresh(anna.refresh_token)
    house.clock.advance(seconds=11)
    read = house.session_store.get
    both_read = asyncio.Barrier(2)
    waiting = [both_read.wait, both_read.wait]

    async def slow(session_id):
        session = await read(session_id)
        if waiting:
            await waiting.pop()()
        return session

    monkeypatch.setattr(house.session_store, "get", slow)
    outcomes = await asyncio.gather(
        house.sessions.refresh(anna.refresh_token),
        house.more_sessions().refresh(found.refresh_token),
        return_exceptions=True,
    )
    refused = [one for one in outcomes if isinstance(one, SessionRevoked)]
    assert len(refused) == 1, outcomes


async def test_a_token_used_twice_ends_the_session_for_thief_and_owner(house):
    anna = await house.person("anna")
    stolen = anna.refresh_token
    second = await house.sessions.refresh(stolen)
    third = await house.sessions.refresh(second.refresh_token)
    with pytest.raises(SessionRevoked):
        await house.sessions.refresh(stolen)
    with pytest.raises(SessionRevoked):
        await house.sessions.refresh(third.refresh_token)
    with pytest.raises(SessionRevoked):
        await house.sessions.authenticate(third.access_token)


@pytest.mark.parametrize("token", ["", ".", "x", "x.", ".x", "nobodys.secret", "a\ud800.b"])
async def test_what_is_no_refresh_token_is_refused(house, token):
    with pytest.raises(Unauthenticated) as refused:
        await house.sessions.refresh(token)
    assert refused.type is Unauthenticated


async def test_the_store_holds_nothing_that_could_be_shown(house):
    anna = await house.person("anna")
    grant = await house.sessions.refresh(anna.refresh_token)
    (kept,) = await house.session_store.of(anna.user.user_id)
    for token in (anna.refresh_token, grant.refresh_token):
        secret = token.partition(".")[2].encode()
        assert secret not in b"".join((kept.key, kept.current, kept.previous))


async def test_signing_out_ends_this_session_only_and_tells_all_nodes_once(house):
    phone = await house.person("anna")
    laptop = await house.accounts.login("anna", "password of anna")
    elsewhere = house.more_sessions()
    await elsewhere.authenticate(phone.access_token)
    heard = []
    house.bus.subscribe(on_signal=heard.append)
    identity = await house.identity(phone)

    await house.sessions.logout(identity)
    await house.sessions.logout(identity)

    assert heard == [Revoked(identity.user_id, identity.session_id)]
    for node in (house.sessions, elsewhere):
        with pytest.raises(SessionRevoked):
            await node.authenticate(phone.access_token)
    with pytest.raises(SessionRevoked):
        await house.sessions.refresh(phone.refresh_token)
    assert await house.sessions.authenticate(laptop.access_token)


async def test_all_sessions_of_a_person_end_at_once_but_the_one_that_is_excepted(house):
    anna, boris = await house.person("anna"), await house.person("boris")
    laptop = await house.accounts.login("anna", "password of anna")
    heard = []
    house.bus.subscribe(on_signal=heard.append)
    mine = await house.identity(laptop)

    await house.sessions.end_all(mine.user_id, mine.session_id)

    assert [signal.session_id for signal in heard] == [session_of(anna.refresh_token)]
    with pytest.raises(SessionRevoked):
        await house.sessions.authenticate(anna.access_token)
    assert await house.sessions.authenticate(laptop.access_token) == mine
    assert await house.sessions.authenticate(boris.access_token)
    await house.sessions.end_all(mine.user_id)
    with pytest.raises(SessionRevoked):
        await house.sessions.authenticate(laptop.access_token)


async def test_a_device_whose_access_token_expired_signs_out_by_its_refresh_token(house):
    anna = await house.person("anna")
    await house.sessions.logout_by(anna.refresh_token)
    with pytest.raises(SessionRevoked):
        await house.sessions.authenticate(anna.access_token)
    with pytest.raises(Unauthenticated):
        await house.sessions.logout_by("nobodys.secret")


async def test_a_session_that_ends_while_it_is_read_is_not_remembered_as_alive(house, monkeypatch):
    anna = await house.person("anna")
    identity, _ = house.tokens.verify(anna.access_token, house.clock.now_ms())
    read = house.session_store.get

    async def overtaken(session_id):
        session = await read(session_id)
        await house.sessions.logout(identity)
        return session

    monkeypatch.setattr(house.session_store, "get", overtaken)
    for _ in range(2):
        with pytest.raises(SessionRevoked):
            await house.sessions.authenticate(anna.access_token)


async def test_what_is_remembered_is_bounded_and_the_forgotten_is_read_again(house):
    sessions = house.more_sessions(most_known=2)
    people = [await house.person(name) for name in ("anna", "boris", "carla")]
    for _ in range(2):
        for person in people:
            assert await sessions.authenticate(person.access_token)
    assert len(sessions._alive) == 2


async def test_what_else_passes_on_the_bus_is_no_concern_of_sessions(house, caplog):
    anna = await house.person("anna")
    house.bus.signal(PresenceChanged(anna.user.user_id, ()))
    assert caplog.records == []
    assert (await house.identity(anna)).user_id == anna.user.user_id
