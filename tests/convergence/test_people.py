"""A client that applied what it was pushed has the contacts, blocks and profile that a fresh reading shows."""

import asyncio
import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.model.contacts import ContactChanges
from parley.model.errors import ChatError
from parley.model.ids import UserId
from parley.model.profiles import ProfileChanges
from parley.model.sessions import Identity
from parley.services.contacts import Contacts, Whom
from tests.gateway.conftest import node_of
from tests.support.house import House, a_house

ANNA, BORIS, CARLA = "anna", "boris", "carla"
pairs = st.sampled_from([(ANNA, BORIS), (BORIS, ANNA), (ANNA, CARLA), (CARLA, ANNA)])
texts = st.sampled_from([None, "one", "another"])
actions = st.one_of(
    st.tuples(
        st.sampled_from(["add", "remove", "accept", "decline", "block", "unblock"]),
        pairs,
        st.none(),
    ),
    st.tuples(st.just("change"), pairs, texts),
    st.tuples(st.just("profile"), pairs, texts),
)
Action = tuple[str, tuple[str, str], str | None]
View = dict[str, Any]
STATUSES = ("accepted", "incoming", "outgoing")


class Scene:
    """Three people, one of whom, Anna, has a client that is connected."""

    def __init__(self, house: House, contacts: Contacts) -> None:
        self.house = house
        self.contacts = contacts
        self.people: dict[str, Identity] = {}

    def id_of(self, name: str) -> UserId:
        return self.people[name].user_id

    async def act(self, action: Action) -> None:
        what, (one, other), text = action
        me, whom = self.id_of(one), self.id_of(other)
        calls = {
            "add": lambda: self.contacts.add(me, Whom(user_id=whom), "1.2.3.4"),
            "remove": lambda: self.contacts.remove(me, whom),
            "accept": lambda: self.contacts.accept(me, whom),
            "decline": lambda: self.contacts.decline(me, whom),
            "change": lambda: self.contacts.change(me, whom, ContactChanges(name=text)),
            "block": lambda: self.house.blocks.put(me, whom),
            "unblock": lambda: self.house.blocks.remove(me, whom),
            "profile": lambda: self.house.profiles.change(
                self.people[one], ProfileChanges(bio=text), None
            ),
        }
        with contextlib.suppress(ChatError):
            await calls[what]()

    async def fresh(self) -> View:
        """What Anna is answered with. The others' profiles inside are as old as the reading, by design."""
        anna = self.id_of(ANNA)
        pages = [await self.contacts.page(anna, status, limit=50) for status in STATUSES]
        blocks = await self.house.blocks.page(anna, after="", limit=50)
        view = {
            "contacts": {one.user_id: one for page in pages for one in page.items},
            "blocks": sorted(one.user_id for one in blocks.items),
            "me": await self.house.users.me(self.people[ANNA]),
        }
        view = json.loads(msgspec.json.encode(view))
        for contact in view["contacts"].values():
            del contact["user"]
        return view


def take(view: View, event: str, push: View) -> None:
    """Apply a push as a front end would."""
    match event:
        case "contact.changed" | "contact.requested" | "contact.accepted":
            contact = {name: value for name, value in push["contact"].items() if name != "user"}
            view["contacts"][contact["user_id"]] = contact
        case "contact.removed":
            view["contacts"].pop(push["user_id"], None)
        case "block.changed":
            blocked = {*view["blocks"]} - {push["user_id"]}
            view["blocks"] = sorted(blocked | ({push["user_id"]} if push["blocked"] else set()))
        case "me.changed":
            view["me"] = push["user"]


async def scenario(before: list[Action], after: list[Action], *, by_request: bool) -> None:
    with a_house() as house:
        scene = Scene(house, house.more_contacts(by_request=by_request))
        for name in (ANNA, BORIS, CARLA):
            scene.people[name] = await house.identity(await house.person(name))
        node = node_of(house)
        for action in before:
            await scene.act(action)
        wire = await node.connect(scene.id_of(ANNA))
        view = await scene.fresh()
        for action in after:
            await scene.act(action)
        node.flush()
        for event, push in wire.events:
            take(view, event, push)
        assert view == await scene.fresh()


@pytest.mark.parametrize("by_request", [False, True])
@settings(max_examples=40)
@given(before=st.lists(actions, max_size=8), after=st.lists(actions, max_size=10))
def test_pushes_lead_to_the_lists_of_a_fresh_reading(
    by_request: bool, before: list[Action], after: list[Action]
) -> None:
    asyncio.run(scenario(before, after, by_request=by_request))
