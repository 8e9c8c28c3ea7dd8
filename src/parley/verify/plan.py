"""What people do: chosen by dice, from what their device shows them. The same seed makes the same choices."""

import random
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from parley.verify.history import MESSAGE, Command, Entry, View

EMOJI: Final = ("👍", "🎉", "❤️", "🚀")
RECENT: Final = 30
WEIGHTS: Final[Mapping[str, float]] = {
    "message.send": 100.0,
    "reaction.add": 6.0,
    "reaction.remove": 3.0,
    "message.edit": 4.0,
    "message.delete": 2.0,
    "mark": 6.0,
    "conversation.join": 1.5,
    "conversation.leave": 1.0,
    "member.add": 1.5,
    "member.remove": 1.0,
    "conversation.create": 0.02,
}
INTRUDING: Final = 0.01
"""So often somebody writes to a conversation that they are not in, as far as their device knows."""

PRESUMING: Final = 0.1
"""So often somebody changes who is in though it is not theirs to do."""


class Place(Struct, frozen=True):
    """A conversation of the run. Its owner stays in it, so that somebody can read it in the end."""

    conversation_id: str
    kind: str
    owner_id: str


class Chooser:
    """Chooses for one device."""

    def __init__(
        self,
        dice: random.Random,
        name: str,
        user_id: str,
        *,
        people: Sequence[str],
        places: Sequence[Place],
        kinds: frozenset[str],
        most_places: int,
    ) -> None:
        self._dice = dice
        self._name = name
        self._user_id = user_id
        self._people = people
        self._places = places
        self._kinds = [kind for kind in WEIGHTS if kind in kinds]
        self._weights = [WEIGHTS[kind] for kind in self._kinds]
        self._most_places = most_places
        self._count = 0

    def next(self, views: Mapping[str, View]) -> Command | None:
        """What to do next; None where the dice chose something that can't be done here."""
        kind = self._dice.choices(self._kinds, self._weights)[0]
        if kind == "conversation.create":
            return self._creation()
        inside = [place for place in self._places if _in(views, place)]
        if kind == "conversation.join" or self._dice.random() < INTRUDING:
            place = self._pick([place for place in self._places if not _in(views, place)])
            kind = kind if kind == "conversation.join" else "message.send"
        else:
            place = self._pick(inside)
        return None if place is None else self._command(kind, place, views)

    def _pick(self, places: Sequence[Place]) -> Place | None:
        """The first ones more often: a conversation where many talk at once is the harder case."""
        return places[int(len(places) * self._dice.random() ** 2)] if places else None

    def _command(self, kind: str, place: Place, views: Mapping[str, View]) -> Command | None:
        view = views.get(place.conversation_id)
        match kind:
            case "message.send":
                return self._made(kind, place, body=self._words())
            case "message.edit" | "message.delete" | "reaction.add" | "reaction.remove":
                return self._aimed(kind, place, view)
            case "mark":
                seq = view.cursor if view is not None else 0
                return self._made(kind, place, message_seq=seq) if seq else None
            case "conversation.leave":
                stays = place.kind == "direct" or place.owner_id == self._user_id
                return None if stays else self._made(kind, place)
            case "conversation.join":
                return self._made(kind, place) if place.kind == "room" else None
            case _:
                return self._membership(kind, place)

    def _aimed(self, kind: str, place: Place, view: View | None) -> Command | None:
        recent: list[Entry] = view.entries[-RECENT:] if view is not None else []
        messages = [entry for entry in recent if entry.type == MESSAGE]
        if kind in ("message.edit", "message.delete"):
            messages = [entry for entry in messages if entry.actor_id == self._user_id]
        if not messages:
            return None
        seq = self._dice.choice(messages).seq
        if kind == "message.edit":
            return self._made(kind, place, message_seq=seq, body=self._words())
        if kind == "message.delete":
            return self._made(kind, place, message_seq=seq)
        return self._made(kind, place, message_seq=seq, emoji=self._dice.choice(EMOJI))

    def _membership(self, kind: str, place: Place) -> Command | None:
        """By the owner mostly; others are to be refused."""
        others = [one for one in self._people if one not in (self._user_id, place.owner_id)]
        allowed = place.owner_id == self._user_id or self._dice.random() < PRESUMING
        if place.kind == "direct" or not others or not allowed:
            return None
        return self._made(kind, place, user_id=self._dice.choice(others))

    def _creation(self) -> Command | None:
        if len(self._places) >= self._most_places:
            return None
        others = [one for one in self._people if one != self._user_id]
        count = self._dice.randint(1, min(5, len(others)))
        return Command(
            kind="conversation.create",
            actor_id=self._user_id,
            client_id=self._client_id(),
            body=f"made by {self._name}",
            members=tuple(self._dice.sample(others, count)),
        )

    def _made(
        self,
        kind: str,
        place: Place,
        *,
        body: str = "",
        message_seq: int = 0,
        emoji: str = "",
        user_id: str = "",
    ) -> Command:
        return Command(
            kind=kind,
            actor_id=self._user_id,
            client_id=self._client_id(),
            conversation_id=place.conversation_id,
            body=body,
            message_seq=message_seq,
            emoji=emoji,
            user_id=user_id,
        )

    def _client_id(self) -> str:
        self._count += 1
        return f"{self._name}-{self._count}"

    def _words(self) -> str:
        return f"{self._name} says {self._count + 1}: " + "la " * self._dice.randint(1, 20)


def _in(views: Mapping[str, View], place: Place) -> bool:
    view = views.get(place.conversation_id)
    return view is not None and not view.left
