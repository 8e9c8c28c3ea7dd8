"""Erasing an account: at once for the person, in the end for all that they wrote, whatever crashes in between."""

import contextlib

import pytest

from parley.model.entries import MemberLeft, MessageNew
from parley.model.errors import (
    AccountErased,
    NotFound,
    SessionRevoked,
    Unauthenticated,
    Unavailable,
    WrongCredentials,
)
from parley.model.ids import ConversationId, UserId
from parley.model.presence import Kept
from parley.model.sessions import Identity
from parley.services.conversations import NewGroup
from parley.services.erasures import LEASE_MS, SETTLED_MS
from parley.services.messages import Draft
from parley.services.rooms import NewRoom
from tests.support.house import House


class Scene:
    """Anna, who is going to be erased, and others who know her."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.ids: dict[str, UserId] = {}

    async def come(self, *names: str) -> None:
        for name in names:
            self.ids[name] = (await self.house.person(name)).user.user_id

    async def group(self, owner: str, *others: str) -> ConversationId:
        members = [self.ids[name] for name in others]
        group = NewGroup(name="Home", members=members)
        made = await self.house.conversations.create_group(self.ids[owner], group)
        assert made.entry is not None
        return made.entry.conversation_id

    async def room(self, *names: str) -> ConversationId:
        made = await self.house.rooms.create(self.ids[names[0]], NewRoom(name="Hall"))
        assert made.entry is not None
        for name in names[1:]:
            await self.house.rooms.join(self.ids[name], made.entry.conversation_id)
        return made.entry.conversation_id

    async def direct(self, one: str, other: str) -> ConversationId:
        opened = await self.house.conversations.open_direct(self.ids[one], self.ids[other])
        return opened.conversation_id

    async def say(self, name: str, where: ConversationId, body: str) -> int:
        sent = await self.house.messages.send(self.ids[name], where, Draft(body=body))
        assert sent.entry is not None
        return sent.entry.seq

    async def identity(self, name: str = "anna") -> Identity:
        signed_in = await self.house.accounts.login(name, f"password of {name}")
        return await self.house.identity(signed_in)

    async def erase(self, name: str = "anna") -> None:
        await self.house.erasures.erase(await self.identity(name), f"password of {name}")
        await self.house.background.settled()

    async def later(self, ms: int) -> None:
        self.house.clock.advance(seconds=ms / 1000)
        await self.house.erasures.carry_on()

    def entries(self, where: ConversationId):
        return [record.entry for record in self.house.log.disk.log(where)]

    def bodies(self, where: ConversationId) -> list[str]:
        return [entry.body for entry in self.entries(where) if isinstance(entry, MessageNew)]

    def erasures(self, where: ConversationId) -> list[MemberLeft]:
        left = [entry for entry in self.entries(where) if isinstance(entry, MemberLeft)]
        return [entry for entry in left if entry.reason == "erased"]


@pytest.fixture
async def scene(house: House) -> Scene:
    scene = Scene(house)
    await scene.come("anna", "boris", "carla")
    return scene


async def test_the_account_is_gone_at_once_and_its_names_are_free(house, scene):
    await house.accounts.register(
        username="dora", email="dora@example.org", password="password of dora"
    )
    identity = await scene.identity("dora")
    await house.erasures.erase(identity, "password of dora")
    with pytest.raises(WrongCredentials):
        await house.accounts.login("dora", "password of dora")
    with pytest.raises(NotFound):
        await house.users.get(identity.user_id)
    page = await house.users.directory(await scene.identity("boris"), limit=9)
    assert identity.user_id not in {user.user_id for user in page.items}
    again = await house.accounts.register(
        username="Dora", email="Dora@example.org", password="another password"
    )
    assert again.user.user_id != identity.user_id
    await house.background.settled()


async def test_it_needs_the_password(house, scene):
    identity = await scene.identity()
    with pytest.raises(WrongCredentials):
        await house.erasures.erase(identity, "wrong horse")
    assert await house.users.me(identity)


async def test_all_sessions_end_and_nothing_of_them_is_kept(house, scene):
    phone = await house.accounts.login("anna", "password of anna")
    await house.sessions.authenticate(phone.access_token)
    heard = []
    house.bus.subscribe(on_signal=heard.append)
    await scene.erase()
    assert len([signal for signal in heard if signal.user_id == scene.ids["anna"]]) == 3
    with pytest.raises(SessionRevoked):
        await house.sessions.authenticate(phone.access_token)
    with pytest.raises(Unauthenticated):
        await house.sessions.refresh(phone.refresh_token)


async def test_one_entry_says_so_in_each_conversation_and_the_messages_are_emptied(scene):
    places = [
        await scene.group("boris", "anna", "carla"),
        await scene.room("boris", "anna"),
        await scene.direct("anna", "boris"),
        await scene.direct("anna", "anna"),
    ]
    for where in places:
        await scene.say("anna", where, "a secret")
    await scene.say("boris", places[0], "mine")
    await scene.erase()
    for where in places:
        (erasure,) = scene.erasures(where)
        assert erasure.user_id == erasure.actor_id == scene.ids["anna"]
        assert set(scene.bodies(where)) <= {"", "mine"}
    assert scene.bodies(places[0]) == ["", "mine"]


async def test_edits_and_first_bodies_go_too(house, scene):
    where = await scene.group("boris", "anna")
    seq = await scene.say("anna", where, "a secret")
    await house.messages.edit(scene.ids["anna"], where, seq, "another secret")
    await scene.erase()
    assert "secret" not in repr(vars(house.log.disk))


async def test_ownership_passes_on(house, scene):
    where = await scene.group("anna", "boris", "carla")
    await scene.erase()
    (erasure,) = scene.erasures(where)
    state = await house.journal.state(where)
    assert erasure.owner_id is not None
    assert state.role(erasure.owner_id) == "owner"


async def test_a_group_ends_with_its_last_member_and_a_room_stays(house, scene):
    group, room = await scene.group("anna"), await scene.room("anna")
    await scene.erase()
    assert not (await house.journal.state(group)).exists
    assert (await house.journal.state(room)).exists
    await house.rooms.join(scene.ids["boris"], room)
    assert (await house.journal.state(room)).role(scene.ids["boris"]) == "owner"


async def test_the_other_one_of_a_direct_conversation_still_reads_it_and_writes_no_more(
    house, scene
):
    boris = scene.ids["boris"]
    where = await scene.direct("anna", "boris")
    await scene.say("anna", where, "a secret")
    await scene.say("boris", where, "mine")
    await scene.erase()
    shown = await house.conversations.get(boris, where)
    assert (shown.erased, shown.user_ids) == (True, (boris,))
    assert scene.bodies(where) == ["", "mine"]
    with pytest.raises(AccountErased):
        await house.messages.send(boris, where, Draft(body="are you there?"))
    with pytest.raises((AccountErased, NotFound)):
        await house.messages.send_to(boris, scene.ids["anna"], Draft(body="are you there?"))
    opened = await house.conversations.open_direct(boris, scene.ids["anna"])
    assert opened.erased


async def test_notes_to_oneself_are_written_on(house, scene):
    where = await scene.direct("boris", "boris")
    await scene.say("boris", where, "a note")
    assert not (await house.conversations.get(scene.ids["boris"], where)).erased


async def test_what_they_wrote_where_they_are_no_longer_is_emptied_too(house, scene):
    anna, where = scene.ids["anna"], await scene.group("boris", "anna")
    await scene.say("anna", where, "a secret")
    await house.conversations.remove(anna, where, anna)
    await scene.erase()
    assert scene.bodies(where) == [""]
    assert len(scene.erasures(where)) == 1


async def test_what_they_wrote_in_a_conversation_that_has_ended_is_emptied_without_an_entry(
    house, scene
):
    where = await scene.group("boris", "anna")
    await scene.say("anna", where, "a secret")
    await house.administration.delete(scene.ids["boris"], where)
    before = len(scene.entries(where))
    await scene.erase()
    assert scene.bodies(where) == [""]
    assert len(scene.entries(where)) == before


async def test_what_was_pinned_of_theirs_is_unpinned_and_the_rest_stays_pinned(house, scene):
    where = await scene.group("boris", "anna")
    theirs = await scene.say("anna", where, "a secret")
    mine = await scene.say("boris", where, "mine")
    for seq in (theirs, mine):
        await house.pins.pin(scene.ids["boris"], where, seq)
    await scene.erase()
    assert set((await house.journal.state(where)).pins) == {mine}


async def test_nobody_reacts_to_what_is_emptied(house, scene):
    boris, where = scene.ids["boris"], await scene.group("boris", "anna")
    seq = await scene.say("anna", where, "a secret")
    await house.reactions.add(boris, where, seq, "👍")
    await scene.erase()
    with pytest.raises(NotFound):
        await house.reactions.add(boris, where, seq, "👎")


async def test_everything_beside_the_conversations_is_forgotten(house, scene):
    anna, boris = scene.ids["anna"], scene.ids["boris"]
    where = await scene.group("boris", "anna")
    await house.preferences.change(anna, where, muted=True, archived=None)
    await house.presence.choose(anna, "away")
    await scene.erase()
    assert await house.preference_store.of(anna, [where]) == {}
    assert (await house.presence_store.get([anna]))[anna].chosen == "online"
    assert boris


async def test_when_they_were_last_seen_is_forgotten_however_long_they_count_as_there(house, scene):
    anna, grace_s = scene.ids["anna"], 3 * SETTLED_MS / 1000
    presence = house.more_presence(grace_s=grace_s)
    house.erasures = house.more_erasures(grace_s=grace_s)
    presence.arrived(anna, "a phone")
    await scene.erase()
    presence.departed(anna, "a phone")
    for _ in range(5):
        await house.timers.pass_time(SETTLED_MS / 1000)
        await house.erasures.carry_on()
    assert await house.presence_store.get([anna]) == {anna: Kept()}
    assert await house.erasure_store.pending() == []


async def test_the_erasure_is_gone_through_again_and_then_over(house, scene):
    where = await scene.group("boris", "anna")
    await scene.erase()
    assert await house.erasure_store.pending()
    await scene.later(SETTLED_MS - 1)
    assert await house.erasure_store.pending()
    await scene.later(1)
    assert await house.erasure_store.pending() == []
    assert len(scene.erasures(where)) == 1


async def test_whoever_was_just_brought_in_again_is_erased_the_second_time(house, scene):
    where = await scene.group("boris", "anna")
    await scene.erase()
    add = house.account_store.existing
    house.account_store.existing = _all  # asked just before the account went
    await house.conversations.add(scene.ids["boris"], where, scene.ids["anna"])
    house.account_store.existing = add
    await scene.later(SETTLED_MS)
    assert scene.ids["anna"] not in (await house.journal.state(where)).members
    assert len(scene.erasures(where)) == 2
    assert await house.erasure_store.pending() == []


async def _all(ids):
    return set(ids)


async def test_a_sign_in_that_the_erasure_overtook_leaves_no_session(house, scene, monkeypatch):
    identity = await scene.identity()
    opening = house.sessions.open

    async def overtaken(user_id, device):
        monkeypatch.undo()
        await house.erasures.erase(identity, "password of anna")
        return await opening(user_id, device)

    monkeypatch.setattr(house.sessions, "open", overtaken)
    with pytest.raises(WrongCredentials):
        await house.accounts.login("anna", "password of anna")
    await house.background.settled()
    assert await house.session_store.of(scene.ids["anna"]) == []


def crash_after(steps: int, house: House, patch: pytest.MonkeyPatch) -> None:
    """After so many calls of the stores nothing answers any more."""
    left = steps

    def crashing(call):
        async def step(*args):
            nonlocal left
            if left == 0:
                raise Unavailable
            left -= 1
            return await call(*args)

        return step

    for store, names in (
        (house.erasure_store, ("begin", "forget", "postpone", "finish")),
        (house.session_store, ("remove_all",)),
        (house.log, ("find", "read")),
    ):
        for name in names:
            patch.setattr(store, name, crashing(getattr(store, name)))


@pytest.mark.parametrize("steps", range(12))
async def test_a_crash_after_any_step_loses_nothing(house, scene, steps, monkeypatch):
    places = [
        await scene.group("boris", "anna"),
        await scene.room("anna", "boris"),
        await scene.direct("anna", "boris"),
    ]
    for where in places:
        await scene.say("anna", where, "a secret")
    with monkeypatch.context() as patch, contextlib.suppress(Unavailable):
        crash_after(steps, house, patch)
        await scene.erase()
    await house.background.settled()
    if not await house.erasure_store.pending():
        await scene.erase()  # nothing had begun: the account is there
    house.erasures = house.more_erasures()
    await scene.later(LEASE_MS)
    await scene.later(SETTLED_MS)
    assert await house.erasure_store.pending() == []
    assert [scene.bodies(where) for where in places] == [[""]] * 3
    assert [len(scene.erasures(where)) for where in places] == [1] * 3
    assert await house.session_store.of(scene.ids["anna"]) == []


async def test_a_conversation_that_does_not_answer_holds_up_no_other(house, scene, monkeypatch):
    first, second = await scene.group("boris", "anna"), await scene.group("carla", "anna")
    for where in (first, second):
        await scene.say("anna", where, "a secret")
    find = house.log.find

    async def failing(conversation_id, *command):
        if conversation_id == first:
            raise Unavailable
        return await find(conversation_id, *command)

    with monkeypatch.context() as patch:
        patch.setattr(house.log, "find", failing)
        await scene.erase()
    assert (scene.bodies(first), scene.bodies(second)) == (["a secret"], [""])
    await scene.later(LEASE_MS)
    assert scene.bodies(first) == [""]


async def test_at_the_end_it_goes_no_further_and_the_next_start_carries_on(house, scene):
    where = await scene.group("boris", "anna")
    await scene.say("anna", where, "a secret")
    house.erasures.close()
    await scene.erase()
    assert scene.bodies(where) == ["a secret"]
    house.erasures = house.more_erasures()
    await scene.later(LEASE_MS)
    assert scene.bodies(where) == [""]


async def test_two_nodes_that_carry_on_at_once_do_no_harm(house, scene):
    where = await scene.group("boris", "anna")
    await scene.say("anna", where, "a secret")
    await house.erasures.erase(await scene.identity(), "password of anna")
    await house.more_erasures().carry_on()
    house.clock.advance(seconds=LEASE_MS / 1000)
    await house.more_erasures().carry_on()
    await house.background.settled()
    assert len(scene.erasures(where)) == 1
    assert scene.bodies(where) == [""]
