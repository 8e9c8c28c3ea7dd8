"""What is read at the end, straight from the server, without help of any device."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

from parley.verify.history import Reading, Trespass
from parley.verify.members import at_the_end
from parley.verify.plan import Place
from parley.verify.ports import Chat, NotNow, Person

PATIENCE_SECONDS: Final = 300.0
LOOK_SECONDS: Final = 0.1
MOST_STRANGERS: Final = 3

T = TypeVar("T")
Tell = Callable[[str, float, float], None]


async def patiently(ask: Callable[[], Awaitable[T]], seconds: float = PATIENCE_SECONDS) -> T:
    """Before and after the trouble: ask again where the server can't answer yet, for as long as setting up may take.

    Raises:
        NotNow: It never could.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return await ask()
        except NotNow:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(LOOK_SECONDS)


class Reader:
    """Reads in the name of those who may, and tries in the name of those who may not."""

    def __init__(self, chat: Chat, people: Sequence[Person], patience_seconds: float) -> None:
        self._chat = chat
        self._people = people
        self._patience = patience_seconds

    async def logs(self, places: Sequence[Place], tell: Tell) -> dict[str, Reading]:
        """Each conversation, as its owner reads it.

        Raises:
            NotNow: One can't be read, or not by its owner.
        """
        readings: dict[str, Reading] = {}
        people = {person.user_id: person for person in self._people}
        for number, place in enumerate(places):
            tell("reading logs", number, len(places))
            owner = people[place.owner_id]
            read = partial(self._chat.read, owner, place.conversation_id)
            reading = await patiently(read, self._patience)
            if reading is None:
                raise NotNow(
                    f"{place.owner_id} may not read {place.conversation_id}, which is theirs"
                )
            readings[place.conversation_id] = reading
        return readings

    async def standings(self) -> dict[tuple[str, str], int]:
        """Everybody's read positions."""
        return {
            (person.user_id, where): seq
            for person in self._people
            for where, seq in (
                await patiently(partial(self._chat.standings, person), self._patience)
            ).items()
        }

    def strangers(self, readings: Mapping[str, Reading]) -> list[Trespass]:
        """Some who are not in, of each conversation."""
        strangers: list[Trespass] = []
        if not self._chat.guards:
            return strangers
        for where, reading in readings.items():
            members = at_the_end(reading.log)
            outside = [one.user_id for one in self._people if one.user_id not in members]
            strangers += [Trespass(user_id, where) for user_id in outside[:MOST_STRANGERS]]
        return strangers

    async def can_read(self, stranger: Trespass) -> bool:
        """Whether somebody who is not in gets the conversation all the same."""
        (person,) = (one for one in self._people if one.user_id == stranger.user_id)
        read = partial(self._chat.read, person, stranger.conversation_id)
        return await patiently(read, self._patience) is not None
