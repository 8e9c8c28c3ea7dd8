"""What a hostile store does: one fate for each append, one for each reading, scripted or drawn at random."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, repeat
from random import Random
from typing import Literal

from msgspec import Struct

from parley.model.conversations import State
from parley.model.entries import Entry, MessageNew

Event = Literal["none", "rival", "twin", "unknown", "down", "crash"]
EVENTS: tuple[Event, ...] = ("none", "rival", "twin", "unknown", "down", "crash")

Rival = Callable[[State], Entry | None]
"""Makes the entry of somebody else who is faster; None to let this one go. The store stamps it."""


class Crashed(Exception):  # an event, not a refusal
    """The store's process is gone: reopen with `MemoryLog(log.disk)`."""


class Fate(Struct, frozen=True, kw_only=True):
    """What befalls an append after `written` of its records got in. By default nothing: all get in.

    - `rival`: someone else's entry takes the next seq.
    - `twin`: the very next record gets in by another node, as when a client retried there.
    - `unknown`: answers `Unknown`, admitting only `admitted` of what is in; with `late` the rest lands once
      `MemoryLog.land` is called, as far as it still fits.
    - `down`: answers `Down`.
    - `crash`: nothing is answered any more, now or later.

    The answer comes `seconds` and `ticks` rounds of the event loop later, and never before those to earlier appends:
    until then readings are ahead of what its process knows.
    """

    event: Event = "none"
    written: int = 0
    admitted: int = 0
    late: bool = False
    ticks: int = 1
    seconds: float = 0.0


class Reading(Struct, frozen=True, kw_only=True):
    """What befalls a reading: rounds of the event loop before it looks and after it looked, or no answer at all.

    It looks after `seconds`, which is how long it waited for its turn, and answers `seconds_after` that, of which its
    process may have heard more by then.
    """

    down: bool = False
    before: int = 0
    after: int = 0
    seconds: float = 0.0
    seconds_after: float = 0.0


KIND = Fate()
PROMPT = Reading()


class Faults:
    """The fates to come, in order; once they run out, the store is kind."""

    def __init__(
        self,
        appends: Iterable[Fate] = (),
        readings: Iterable[Reading] = (),
        rival: Rival | None = None,
    ) -> None:
        self._appends: Iterator[Fate] = chain(appends, repeat(KIND))
        self._readings: Iterator[Reading] = chain(readings, repeat(PROMPT))
        self._rivals = 0
        self._rival = rival or self._stranger

    @classmethod
    def seeded(
        cls,
        seed: int,
        *,
        events: tuple[Event, ...] = EVENTS[:-1],
        rate: float = 0.5,
        slow: float = 0.0,
        late: float = 0.0,
        rival: Rival | None = None,
    ) -> "Faults":
        """Endless misfortune: this share of appends and of readings meets one of these events.

        Half of both take time, up to `slow` seconds; half of the readings are answered up to `late` seconds after that.
        """
        random = Random(seed)  # noqa: S311 (a repeatable test, no secret)
        return cls(
            _fates(random, events, rate, slow),
            _readings(random, rate, "down" in events, slow, late),
            rival,
        )

    def spare(self) -> None:
        """Be kind from now on."""
        self._appends = repeat(KIND)
        self._readings = repeat(PROMPT)

    def next_append(self) -> Fate:
        return next(self._appends)

    def next_reading(self) -> Reading:
        return next(self._readings)

    def rival(self, state: State) -> Entry | None:
        """The entry of somebody else who is faster in this conversation."""
        return self._rival(state)

    def _stranger(self, state: State) -> Entry | None:
        """By default: another message of some member."""
        if not state.members:
            return None
        self._rivals += 1
        actor = min(state.members)
        return MessageNew(actor_id=actor, client_id=f"rival-{self._rivals}", body="I was first")


def _fates(random: Random, events: tuple[Event, ...], rate: float, slow: float) -> Iterator[Fate]:
    while True:
        yield Fate(
            event=random.choice(events) if random.random() < rate else "none",
            written=random.randint(0, 4),
            admitted=random.randint(0, 4),
            late=random.choice((True, False)),
            ticks=random.choice((1, 1, 1, 2, 3, 7)),
            seconds=_seconds(random, slow),
        )


def _readings(
    random: Random, rate: float, down: bool, slow: float, late: float
) -> Iterator[Reading]:
    while True:
        yield Reading(
            down=down and random.random() < rate / 4,
            before=random.randint(0, 2),
            after=random.choice((0, 0, 1, 2, 12)),
            seconds=_seconds(random, slow),
            seconds_after=_seconds(random, late),
        )


def _seconds(random: Random, slow: float) -> float:
    return random.choice((0.0, random.uniform(0, slow))) if slow else 0.0
