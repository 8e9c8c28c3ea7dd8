"""Moving a store into MongoDB, interrupted on the way: afterwards nothing can tell the two apart."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from parley.adapters.files.data_folder import DataFolder
from parley.adapters.security.clock import SystemClock
from parley.model.accounts import Account
from parley.model.blocks import Block
from parley.model.contacts import Contact, ContactStatus, Pair
from parley.model.entries import (
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    ReactionAdded,
)
from parley.model.ids import ConversationId, SessionId, UserId
from parley.model.instants import timestamp
from parley.model.marks import Mark
from parley.model.sessions import Session
from parley.ports.log import StoreIdentity
from parley.ports.marks import Move
from parley.ports.rooms import Claim
from parley.ports.transfer import Intake, NotForThis
from parley.services.migration import Migration, Side
from parley.settings import Settings
from parley.stores import CannotOpenStore, Stores, open_stores
from tests.support.mongodb import a_uri
from tests.support.pen import ANN, BEN, CAT, Pen, created, said

PLACES = [ConversationId(name) for name in ("den", "hall", "home", "porch")]
LONG = 1_200


@asynccontextmanager
async def opened(
    store: str, folder: Path | None = None, taking_over: StoreIdentity | None = None
) -> AsyncIterator[Stores]:
    async with AsyncExitStack() as inside:
        data = inside.enter_context(DataFolder(folder)) if folder is not None else None
        settings = Settings(store=store, data=folder or Path())
        yield await open_stores(settings, data, SystemClock(), inside, taking_over)


def side(stores: Stores) -> Side:
    fields = [field.name for field in msgspec.structs.fields(Side)]
    return Side(**{name: getattr(stores, name) for name in fields})


@pytest.fixture
async def source(tmp_path: Path) -> AsyncIterator[Stores]:
    async with opened("sqlite", tmp_path / "data") as stores:
        await fill(stores)
        yield stores


async def fill(stores: Stores) -> None:
    for user_id in (ANN, BEN, CAT):
        await stores.accounts.create(
            Account(
                user_id=user_id,
                username=user_id.upper(),
                email=None,
                display_name=user_id,
                password_hash="hash",
                created_at=timestamp(0),
            )
        )
        await stores.presence.choose(user_id, "away")
        await stores.sessions.create(
            Session(
                session_id=SessionId(f"session of {user_id}"),
                user_id=user_id,
                device="a phone",
                address="",
                created_ms=1,
                used_ms=2,
                expires_ms=3,
                key=b"key",
                current=b"current",
            )
        )
    for place in PLACES:
        pen = Pen(place)
        kind = "room" if place == "hall" else "group"
        first = created(ANN, BEN, kind=kind, name=place.title())
        talk = [said(f"{place} {number}", mentions=(BEN,)) for number in range(3)]
        if place == "home":
            talk += [said(str(number), client_id=f"long-{number}") for number in range(LONG)]
        events = [
            MessageEdited(actor_id=ANN, message_seq=2, body="edited"),
            MessageDeleted(actor_id=ANN, message_seq=3),
            ReactionAdded(actor_id=BEN, message_seq=4, emoji="+"),
            MemberJoined(actor_id=ANN, user_id=CAT, role="member"),
            MemberLeft(actor_id=BEN, user_id=BEN, reason="left"),
        ]
        appended = await stores.log.append(place, 0, pen.records(first, *talk, *events))
        assert appended.stopped is None
        mark = Mark(delivered=4, read=3, messages=2, seen=3)
        await stores.marks.advance([Move(place, CAT, mark)])
        await stores.preferences.change(ANN, place, muted=True, archived=None)
    asked = Pair(contact(BEN, "outgoing", data={"n": 1}), contact(ANN, "incoming"))
    await stores.contacts.replace(ANN, BEN, Pair(), asked)
    await stores.contacts.replace(CAT, ANN, Pair(), Pair(contact(ANN)))
    await stores.blocks.put(BEN, Block(user_id=CAT, since=timestamp(7)))
    await stores.rooms.claim(Claim("hall", ConversationId("hall"), 1, "token"))


def contact(user_id: UserId, status: ContactStatus = "accepted", **more: Any) -> Contact:
    return Contact(user_id=user_id, status=status, since=timestamp(0), **more)


class Interrupted(Exception):
    """As by Ctrl-C."""


class Fragile(Intake):
    """An intake that is interrupted after so many steps."""

    def __init__(self, intake: Intake, steps: int) -> None:
        self._intake = intake
        self._steps = steps

    async def begin(self, identity: StoreIdentity) -> ConversationId:
        return await self._intake.begin(identity)

    async def take(self, *args: Any) -> None:
        await self._intake.take(*args)
        self._step()

    async def complete(self, *args: Any) -> None:
        self._step()
        await self._intake.complete(*args)

    async def finish(self) -> None:
        await self._intake.finish()

    def _step(self) -> None:
        self._steps -= 1
        if self._steps < 0:
            raise Interrupted


async def everything(stores: Stores) -> dict[str, Any]:
    """What a store says of itself, by all its ports."""
    found: dict[str, Any] = {"identity": await stores.log.identity()}
    for user_id in (ANN, BEN, CAT):
        found[user_id] = [
            await stores.accounts.get(user_id),
            await stores.sessions.of(user_id),
            await stores.presence.get([user_id]),
            [await stores.contacts.pair(user_id, other) for other in (ANN, BEN, CAT)],
            await stores.blocks.page(user_id, "", 9),
            dict(await stores.conversations.memberships(user_id)),
            await stores.marks.standings(user_id, PLACES),
            await stores.preferences.of(user_id, PLACES),
            (await stores.log.catch_up(user_id, dict.fromkeys(PLACES, 0), 9, 10**6)).lost,
        ]
    for place in PLACES:
        records = await stores.log.read(place, 0)
        found[place] = [
            [(record.entry, record.digest) for record in records],
            await stores.log.load(place),
            await stores.log.original(place, 2),
            await stores.log.aftermaths(place, [2, 3, 4]),
            await stores.log.edits(place, 2, 9),
            await stores.marks.of(place, [ANN, BEN, CAT]),
        ]
    found["rooms"] = [await stores.rooms.claimed("hall"), await stores.rooms.page("", "", 9)]
    return found


async def test_a_migration_interrupted_twice_ends_with_the_same_store(
    source: Stores, mongodb: str
) -> None:
    uri = a_uri(mongodb)
    identity = source.identity
    for steps in (1, 4):
        async with opened(uri, taking_over=identity) as target:
            assert target.intake is not None
            migration = Migration(side(source), side(target), Fragile(target.intake, steps))
            with pytest.raises(Interrupted):
                await migration.run(lambda _count: None)
    with pytest.raises(CannotOpenStore, match="taking over"):
        async with opened(uri):
            pass
    counted: list[int] = []
    async with opened(uri, taking_over=identity) as target:
        assert target.intake is not None
        lines = await Migration(side(source), side(target), target.intake).run(counted.append)
    assert all(line.agrees for line in lines)
    assert sum(counted) == next(line.source for line in lines if line.kind == "entries")
    async with opened(uri) as target:
        assert await everything(target) == await everything(source)
    await on_to_another_mongodb(uri, mongodb, source)


async def on_to_another_mongodb(uri: str, mongodb: str, first: Stores) -> None:
    further = a_uri(mongodb)
    async with opened(uri) as source:
        async with opened(further, taking_over=source.identity) as target:
            assert target.intake is not None
            lines = await Migration(side(source), side(target), target.intake).run(lambda _: None)
        assert all(line.agrees for line in lines)
    async with opened(further) as target:
        assert await everything(target) == await everything(first)


async def test_a_store_that_was_in_use_takes_over_no_other(source: Stores, mongodb: str) -> None:
    uri = a_uri(mongodb)
    async with opened(uri):
        pass
    async with opened(uri, taking_over=source.identity) as target:
        assert target.intake is not None
        with pytest.raises(NotForThis):
            await target.intake.begin(source.identity)


async def test_a_store_takes_over_another_once(mongodb: str) -> None:
    uri = a_uri(mongodb)
    identity = StoreIdentity("epoch", b"key")
    async with opened(uri, taking_over=identity) as target:
        assert target.intake is not None
        await target.intake.begin(identity)
        await target.intake.finish()
        with pytest.raises(NotForThis):
            await target.intake.begin(identity)
