"""Adding, asking, accepting: and who is told."""

import asyncio

import pytest

from parley.model.contacts import ContactChanges
from parley.model.errors import Blocked, Conflict, Forbidden, Invalid, NotFound, RateLimited
from parley.model.ids import UserId
from parley.ports.bus import ContactChanged
from parley.services.contacts import Contacts, Whom
from tests.support.house import House


class Told:
    """Which pushes of contacts went to whom: (who, event, about whom, with which status)."""

    def __init__(self, house: House) -> None:
        self._signals: list[ContactChanged] = []
        house.bus.subscribe(on_signal=self._hear)

    def _hear(self, signal: object) -> None:
        if isinstance(signal, ContactChanged):
            self._signals.append(signal)

    def take(self) -> list[tuple[UserId, str, UserId, str | None]]:
        signals, self._signals[:] = list(self._signals), []
        return [
            (one.user_id, one.event, one.other_id, one.contact and one.contact.status)
            for one in signals
        ]


@pytest.fixture
def told(house: House) -> Told:
    return Told(house)


@pytest.fixture
async def anna(house: House) -> UserId:
    return (await house.person("anna")).user.user_id


@pytest.fixture
async def boris(house: House) -> UserId:
    registered = await house.accounts.register(
        username="boris", email="Boris@example.org", password="password of boris"
    )
    return registered.user.user_id


@pytest.fixture
def asking(house: House) -> Contacts:
    """Contacts by request."""
    return house.more_contacts(by_request=True)


def by_id(user_id: UserId) -> Whom:
    return Whom(user_id=user_id)


async def ids(contacts: Contacts, user_id: UserId, status: str = "accepted") -> list[UserId]:
    return [one.user_id for one in (await contacts.page(user_id, status, limit=50)).items]


async def test_adding_puts_somebody_on_my_list_alone_and_tells_both(house, told, anna, boris):
    added = await house.contacts.add(anna, by_id(boris), "1.2.3.4")
    assert (added.new, added.contact.status, added.contact.user.username) == (
        True,
        "accepted",
        "boris",
    )
    assert told.take() == [
        (anna, "contact.changed", boris, "accepted"),
        (boris, "contact.added", anna, None),
    ]
    assert (await ids(house.contacts, anna), await ids(house.contacts, boris)) == ([boris], [])
    again = await house.contacts.add(anna, by_id(boris), "1.2.3.4")
    assert (again.new, again.contact, told.take()) == (False, added.contact, [])


@pytest.mark.parametrize("change", ["add", "accept", "change"])
async def test_changes_are_told_in_their_order(house, told, anna, boris, change):
    """However late the store says who the other one is."""
    asking = house.more_contacts(by_request=True)
    accounts, let_go = house.account_store, asyncio.Event()
    if change == "accept":
        await asking.add(anna, by_id(boris), "1.2.3.4")
    elif change == "change":
        await house.contacts.add(boris, by_id(anna), "1.2.3.4")
    replace, get = asking._contacts.replace, accounts.get
    replaced = asyncio.Event()

    async def noted(*pairs: object) -> bool:
        done = await replace(*pairs)
        replaced.set()
        return done

    async def late(user_id: UserId) -> object:
        if replaced.is_set():
            await let_go.wait()
        return await get(user_id)

    asking._contacts.replace, accounts.get = noted, late
    first = asyncio.ensure_future(
        {
            "add": lambda: house.contacts.add(boris, by_id(anna), "1.2.3.4"),
            "accept": lambda: asking.accept(boris, anna),
            "change": lambda: house.contacts.change(boris, anna, ContactChanges(name="Anna")),
        }[change]()
    )
    await replaced.wait()
    await house.contacts.remove(boris, anna)
    await house.contacts.remove(anna, boris)
    let_go.set()
    await first
    last = {who: event for who, event, _, _ in told.take()}
    assert last[boris] == "contact.removed"
    assert last[anna] == ("contact.removed" if change == "accept" else "contact.added")


@pytest.mark.parametrize("whom", [{"username": "BORIS"}, {"email": "boris@EXAMPLE.org"}])
async def test_people_are_found_by_their_names_in_any_case(house, anna, boris, whom):
    added = await house.contacts.add(anna, Whom(**whom), "1.2.3.4")
    assert added.contact.user_id == boris


@pytest.mark.parametrize(
    "whom", [{}, {"username": "boris", "email": "boris@example.org"}, {"email": "boris"}]
)
async def test_a_person_is_named_in_exactly_one_way(house, anna, boris, whom):
    with pytest.raises(Invalid):
        await house.contacts.add(anna, Whom(**whom), "1.2.3.4")


async def test_nobody_is_their_own_contact(house, anna):
    with pytest.raises(Invalid):
        await house.contacts.add(anna, by_id(anna), "1.2.3.4")


@pytest.mark.parametrize(
    "whom", [{"username": "nobody"}, {"user_id": "nobody"}, {"email": "nobody@example.org"}]
)
async def test_nobody_adds_somebody_who_is_not_there(house, anna, whom):
    with pytest.raises(NotFound):
        await house.contacts.add(anna, Whom(**whom), "1.2.3.4")


async def test_a_username_that_looks_like_an_address_is_not_found_by_e_mail(house, anna):
    await house.accounts.register(username="carla", email=None, password="password of carla")
    with pytest.raises(Invalid):
        await house.contacts.add(anna, Whom(email="carla"), "1.2.3.4")


async def test_addresses_can_not_be_tried_out(house, anna, boris):
    for number in range(4):
        with pytest.raises(NotFound):
            await house.contacts.add(anna, Whom(email=f"u{number}@example.org"), "1.2.3.4")
    with pytest.raises(RateLimited) as refused:
        await house.contacts.add(anna, Whom(email="boris@example.org"), "5.6.7.8")
    assert refused.value.details["retry_after"] == 60
    with pytest.raises(RateLimited):
        await house.contacts.add(boris, Whom(email="anna@example.org"), "1.2.3.4")
    assert (await house.contacts.add(anna, by_id(boris), "1.2.3.4")).new


async def test_whether_people_are_found_by_e_mail_is_a_setting(house, anna, boris):
    contacts = house.more_contacts(by_email=False)
    with pytest.raises(Forbidden):
        await contacts.add(anna, Whom(email="boris@example.org"), "1.2.3.4")


async def test_a_request_is_shown_to_both_and_accepting_it_puts_each_on_the_others_list(
    asking, told, anna, boris
):
    added = await asking.add(anna, by_id(boris), "1.2.3.4")
    assert added.contact.status == "outgoing"
    assert told.take() == [
        (anna, "contact.changed", boris, "outgoing"),
        (boris, "contact.requested", anna, "incoming"),
    ]
    assert not (await asking.add(anna, by_id(boris), "1.2.3.4")).new
    assert await ids(asking, anna, "outgoing") == [boris]
    assert await ids(asking, boris, "incoming") == [anna]
    accepted = await asking.accept(boris, anna)
    assert (accepted.user_id, accepted.status) == (anna, "accepted")
    assert told.take() == [
        (boris, "contact.changed", anna, "accepted"),
        (anna, "contact.accepted", boris, "accepted"),
    ]
    assert await asking.accept(boris, anna) == accepted
    assert told.take() == []
    assert (await ids(asking, anna), await ids(asking, boris)) == ([boris], [anna])


async def test_asking_somebody_who_asked_accepts(asking, told, anna, boris):
    await asking.add(anna, by_id(boris), "1.2.3.4")
    told.take()
    assert (await asking.add(boris, by_id(anna), "1.2.3.4")).contact.status == "accepted"
    assert told.take() == [
        (boris, "contact.changed", anna, "accepted"),
        (anna, "contact.accepted", boris, "accepted"),
    ]


async def test_declining_and_taking_back_end_a_request_on_both_sides(asking, told, anna, boris):
    for end in (lambda: asking.decline(boris, anna), lambda: asking.remove(anna, boris)):
        await asking.add(anna, by_id(boris), "1.2.3.4")
        told.take()
        await end()
        assert sorted(told.take()) == sorted(
            [(anna, "contact.removed", boris, None), (boris, "contact.removed", anna, None)]
        )
        await end()
        assert told.take() == []
        with pytest.raises(NotFound):
            await asking.accept(boris, anna)


async def test_removing_is_my_own_matter(house, told, anna, boris):
    await house.contacts.add(anna, by_id(boris), "1.2.3.4")
    await house.contacts.add(boris, by_id(anna), "1.2.3.4")
    told.take()
    await house.contacts.remove(anna, boris)
    assert told.take() == [(anna, "contact.removed", boris, None)]
    assert (await ids(house.contacts, anna), await ids(house.contacts, boris)) == ([], [anna])


async def test_what_i_note_of_a_contact_is_told_to_my_devices_alone(house, told, anna, boris):
    await house.contacts.add(anna, by_id(boris), "1.2.3.4")
    told.take()
    changes = ContactChanges(name="Boss", notes="likes tea", data={"colour": "red"})
    changed = await house.contacts.change(anna, boris, changes)
    assert (changed.name, changed.notes, changed.data) == ("Boss", "likes tea", {"colour": "red"})
    assert told.take() == [(anna, "contact.changed", boris, "accepted")]
    await house.contacts.change(anna, boris, changes)
    assert told.take() == []
    with pytest.raises(NotFound):
        await house.contacts.change(boris, anna, changes)


@pytest.mark.parametrize("by_request", [False, True])
async def test_a_list_has_an_end(house, anna, by_request):
    contacts = house.more_contacts(by_request=by_request)
    for name in ("u-one", "u-two", "u-three"):
        await house.person(name)
        await contacts.add(anna, Whom(username=name), "1.2.3.4")
    await house.person("u-four")
    with pytest.raises(Conflict):
        await contacts.add(anna, Whom(username="u-four"), "1.2.3.4")


async def test_nobody_is_asked_by_more_than_they_can_be(house, asking, anna):
    for name in ("u-one", "u-two", "u-three"):
        await asking.add((await house.person(name)).user.user_id, by_id(anna), "1.2.3.4")
    four = (await house.person("u-four")).user.user_id
    with pytest.raises(Conflict):
        await asking.add(four, by_id(anna), "1.2.3.4")


async def test_additions_which_others_are_told_of_are_bounded(house, anna, boris):
    for _ in range(20):
        await house.contacts.add(anna, by_id(boris), "1.2.3.4")
        await house.contacts.remove(anna, boris)
    with pytest.raises(RateLimited):
        await house.contacts.add(anna, by_id(boris), "1.2.3.4")


async def test_who_was_blocked_neither_adds_nor_accepts_nor_learns_it_by_e_mail(
    house, asking, told, anna, boris
):
    await asking.add(boris, by_id(anna), "1.2.3.4")
    await house.blocks.put(boris, anna)
    assert await ids(asking, anna, "incoming") == []
    with pytest.raises(Blocked):
        await asking.add(anna, by_id(boris), "1.2.3.4")
    with pytest.raises(NotFound):
        await asking.add(anna, Whom(email="boris@example.org"), "1.2.3.4")
    with pytest.raises(Blocked):
        await asking.accept(anna, boris)
    with pytest.raises(Blocked):
        await asking.add(boris, Whom(username="anna"), "1.2.3.4")
