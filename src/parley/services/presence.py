"""Presence: who is there, counted over all their devices, and told to those whom it concerns.

Somebody is there from their first socket on until a grace after their last one went, so that neither a reconnect nor a
restart of this server shows. What changed is kept and told once a second, all together.
"""

import contextlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from parley.journal.blocking import Blocking
from parley.model.errors import TooLarge, Unavailable
from parley.model.ids import UserId
from parley.model.presence import Chosen, Kept, Presence, Status, appearance, seen, unknown
from parley.model.watches import Watches
from parley.ports.acquaintances import Acquaintances
from parley.ports.background import Spawn
from parley.ports.bus import Bus, PresenceChanged
from parley.ports.clock import Clock
from parley.ports.contacts import ContactStore
from parley.ports.presence import PresenceStore, Sighting
from parley.ports.timers import After, Timer

MOST_ASKED: Final = 200
BATCH_S: Final = 1.0
"""How long what changed waits for what else changes."""


class People(Struct, frozen=True):
    """How these people appear."""

    people: Sequence[Presence]


class Mine(Struct, frozen=True):
    """How one wants to appear."""

    status: Chosen


class _Person:
    """Somebody who is there. Without sockets only until `until` (monotonic); `left_ms` is when the last one went."""

    __slots__ = ("left_ms", "sockets", "until")

    def __init__(self) -> None:
        self.sockets: set[Hashable] = set()
        self.left_ms = 0
        self.until = 0.0


class Presences:
    """`grace_s` is how long somebody without a socket still counts as there."""

    def __init__(
        self,
        *,
        store: PresenceStore,
        acquaintances: Acquaintances,
        contacts: ContactStore,
        blocking: Blocking,
        bus: Bus,
        clock: Clock,
        after: After,
        spawn: Spawn,
        grace_s: float = 10.0,
    ) -> None:
        self._store = store
        self._acquaintances = acquaintances
        self._contacts = contacts
        self._blocking = blocking
        self._bus = bus
        self._clock = clock
        self._after = after
        self._spawn = spawn
        self._grace_s = grace_s
        self._here: dict[UserId, _Person] = {}
        self._lingering: dict[UserId, _Person] = {}
        self._shown: dict[UserId, Status] = {}
        """How others were last told that they appear; whoever is missing is offline."""
        self._changed: dict[UserId, int] = {}
        """Of whom something is to be kept or told, and since when (milliseconds since 1970)."""
        self._watches = Watches()
        self._timer: Timer | None = None
        self._telling = False
        self._closed = False

    # --- this process -----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take those who were there when this server ended as still there, for the grace; before any socket comes.

        Raises:
            Unavailable: The store can't answer.
        """
        user_ids = await self._store.connected()
        kept = await self._store.get(user_ids)
        for user_id in user_ids:
            person = self._here[user_id] = _Person()
            person.left_ms = kept[user_id].last_seen_ms or 0
            self._linger(user_id, person)
            self._now_shown(appearance(user_id, kept[user_id], here=True))
        self._arm()

    async def close(self) -> None:
        """Stop telling, and keep when those who are there were seen; they stay connected for the next start."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._here:
            now_ms = self._clock.now_ms()
            sightings = {
                user_id: self._last_sighting(user_id, person, now_ms)
                for user_id, person in self._here.items()
            }
            with contextlib.suppress(Unavailable):
                await self._store.note(sightings)

    def _last_sighting(self, user_id: UserId, person: _Person, now_ms: int) -> Sighting:
        seen_ms = now_ms if person.sockets else person.left_ms
        return Sighting(connected=True, seen_ms=seen_ms if user_id in self._shown else None)

    # --- sockets ----------------------------------------------------------------------------------------------------

    def arrived(self, user_id: UserId, socket: Hashable) -> None:
        """Count a socket of this person."""
        person = self._here.get(user_id)
        if person is None:
            person = self._here[user_id] = _Person()
            self._note(user_id)
        self._lingering.pop(user_id, None)
        person.sockets.add(socket)

    def departed(self, user_id: UserId, socket: Hashable) -> None:
        """Count it no more; it watches nobody any longer."""
        self._watches.drop(socket)
        person = self._here.get(user_id)
        if person is None or socket not in person.sockets:
            return
        person.sockets.discard(socket)
        if not person.sockets:
            person.left_ms = self._clock.now_ms()
            self._linger(user_id, person)
            self._arm()

    # --- what people ask ----------------------------------------------------------------------------------------------

    async def choose(self, user_id: UserId, chosen: Chosen) -> Mine:
        """Appear so to others from now on, and after the next sign-in too; all of one's own devices are told."""
        await self._store.choose(user_id, chosen)
        self._bus.signal(PresenceChanged(user_id, (Presence(user_id=user_id, status=chosen),)))
        if user_id in self._here:
            self._note(user_id)
        return Mine(chosen)

    async def get(self, user_id: UserId, user_ids: Sequence[UserId]) -> People:
        """How these people appear to `user_id`, in this order.

        Offline where they share no conversation and don't have `user_id` on their list, or where one has blocked the
        other. A direct conversation counts once both have written in it. Oneself appears as one chose to.

        Raises:
            TooLarge: They are more than 200.
        """
        asked = _checked(user_ids)
        visible = await self._acquaintances.sharing(user_id, asked)
        visible |= await self._contacts.keeping(user_id, asked)
        visible -= await self._blocking.apart(user_id, visible)
        visible.add(user_id)
        kept = await self._store.get(visible.intersection(asked))
        people = {one: self._appearance(one, kept[one]) for one in kept}
        if user_id in people and user_id in self._here:
            people[user_id] = Presence(user_id=user_id, status=kept[user_id].chosen)
        return People([people.get(one) or unknown(one) for one in dict.fromkeys(asked)])

    async def watch(self, user_id: UserId, socket: Hashable, user_ids: Sequence[UserId]) -> People:
        """Be told of these people from now on instead of those watched before; how they appear now, as `get`.

        What one may see is asked again whenever somebody changes. It ends with the socket.

        Raises:
            TooLarge: They are more than 200.
        """
        person = self._here.get(user_id)
        if person is not None and socket in person.sockets:
            self._watches.replace(socket, user_id, _checked(user_ids))
        return await self.get(user_id, user_ids)

    async def audience(self, user_id: UserId) -> set[UserId]:
        """Who is told how this person appears: who is on their list, partners, who watches and shares a conversation.

        Nobody whom they have blocked, or who has blocked them.
        """
        concerned = await self._contacts.kept(user_id)
        concerned |= await self._acquaintances.partners(user_id)
        watching = self._watches.of(user_id) - concerned
        if watching:
            concerned |= await self._acquaintances.sharing(user_id, watching)
        return concerned - await self._blocking.apart(user_id, concerned)

    # --- once a second ------------------------------------------------------------------------------------------------

    def _linger(self, user_id: UserId, person: _Person) -> None:
        person.until = self._clock.monotonic() + self._grace_s
        self._lingering[user_id] = person

    def _note(self, user_id: UserId) -> None:
        self._changed[user_id] = self._clock.now_ms()
        self._arm()

    def _arm(self) -> None:
        waiting = bool(self._changed or self._lingering)
        if waiting and self._timer is None and not (self._telling or self._closed):
            self._timer = self._after(BATCH_S, self._due)

    def _due(self) -> None:
        self._timer = None
        now = self._clock.monotonic()
        for user_id, person in list(self._lingering.items()):
            if person.until > now:
                break  # in the order in which they went
            del self._lingering[user_id], self._here[user_id]
            self._changed[user_id] = person.left_ms
        if self._changed:
            self._telling = True
            self._spawn(self._flush())
        else:
            self._arm()

    async def _flush(self) -> None:
        changed, self._changed = self._changed, {}
        try:
            await self._tell(changed)
        except Unavailable:
            self._changed = {**changed, **self._changed}
        finally:
            self._telling = False
            self._arm()

    async def _tell(self, changed: Mapping[UserId, int]) -> None:
        kept = await self._store.get(changed)
        sightings = {
            user_id: self._sighting(user_id, kept[user_id], at_ms)
            for user_id, at_ms in changed.items()
        }
        await self._store.note(sightings)
        appearances = [
            self._appearance(user_id, seen(kept[user_id], sighting.seen_ms))
            for user_id, sighting in sightings.items()
        ]
        differing = [
            presence
            for presence in appearances
            if presence.status != self._shown.get(presence.user_id, "offline")
        ]
        told: dict[UserId, list[Presence]] = {}
        for presence in differing:
            for user_id in await self.audience(presence.user_id):
                told.setdefault(user_id, []).append(presence)
        self._announce(differing, told)

    def _announce(
        self, differing: Iterable[Presence], told: Mapping[UserId, Sequence[Presence]]
    ) -> None:
        for presence in differing:
            self._now_shown(presence)
        for user_id, people in told.items():
            self._bus.signal(PresenceChanged(user_id, tuple(people)))

    def _sighting(self, user_id: UserId, kept: Kept, at_ms: int) -> Sighting:
        """Somebody invisible is not seen, neither coming nor going; they were when they became so."""
        visible = self._appearance(user_id, kept).status != "offline"
        known = visible or user_id in self._shown
        return Sighting(connected=user_id in self._here, seen_ms=at_ms if known else None)

    def _appearance(self, user_id: UserId, kept: Kept) -> Presence:
        return appearance(user_id, kept, here=user_id in self._here)

    def _now_shown(self, presence: Presence) -> None:
        if presence.status == "offline":
            self._shown.pop(presence.user_id, None)
        else:
            self._shown[presence.user_id] = presence.status


def _checked(user_ids: Sequence[UserId]) -> Sequence[UserId]:
    if len(user_ids) > MOST_ASKED:
        raise TooLarge(f"Ask for at most {MOST_ASKED} people.", field="user_ids", most=MOST_ASKED)
    return user_ids
