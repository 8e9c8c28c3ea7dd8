"""Seeding: sample people and conversations in bulk, by the same journal and rules as everything that people write."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import accumulate, islice
from random import Random
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from parley.journal.commands import Committed, Unchanged
from parley.journal.journal import Journal
from parley.journal.naming import Naming
from parley.model.accounts import check_password, new_account
from parley.model.conversations import State
from parley.model.entries import (
    ConversationCreated,
    ConversationKind,
    Entry,
    FirstMember,
    MessageNew,
    Role,
)
from parley.model.errors import Conflict, Invalid
from parley.model.ids import ConversationId, RandomBytes, UserId, direct_id, random_id
from parley.model.instants import timestamp
from parley.model.permissions import add_reaction, open_direct, require_writer
from parley.model.samples import Samples
from parley.ports.accounts import AccountStore
from parley.ports.answers import Answer
from parley.ports.clock import Clock
from parley.ports.passwords import Passwords

TOGETHER: Final = 500
"""So many are handed to the store at once: enough to share a commit, few enough for a server to serve meanwhile."""

DAYS: Final = 30
DAY_MS: Final = 86_400_000
MOST_GROUP_MEMBERS: Final = 12
MOST_ROOM_MEMBERS: Final = 40
MOST_EMOJI: Final = 50
REACTS: Final = 0.02
REPLIES: Final = 0.05
LIVELINESS: Final = 0.7
"""How much more is said in the liveliest conversations than in the others: the exponent of Zipf's law."""

MARK_CHARS: Final = 4
MADE_PASSWORD_CHARS: Final = 20

Report = Callable[[str, int, int], None]
"""Told what goes on, how much of it is done, and of how much."""


class Amount(Struct, frozen=True, kw_only=True):
    """How much of what. The same `seed` makes the same people, texts and order of events."""

    people: int
    conversations: int
    messages: int
    seed: int


class Seeded(Struct, frozen=True, kw_only=True):
    """What was made; `username` is one of the people, all of whom have the same password."""

    people: int
    conversations: int
    messages: int
    entries: int
    username: str
    password: str


class PastClock(Clock):
    """Stands at an instant that is set, for entries that are to look as if they were written then."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.at_ms = clock.now_ms()

    def now_ms(self) -> int:
        return self.at_ms

    def monotonic(self) -> float:
        return self._clock.monotonic()


class _Talk:
    """A conversation that is being filled; `last` is the seq of the latest message that is known to be in."""

    def __init__(self, conversation_id: ConversationId, members: list[UserId]) -> None:
        self.conversation_id = conversation_id
        self.members = members
        self.last = 0


class Seeding:
    """Fills a store that may be in use: what it makes is new, and concerns nobody but the people whom it makes."""

    def __init__(
        self,
        *,
        journal: Callable[[Clock], tuple[Journal, Naming]],
        accounts: AccountStore,
        passwords: Passwords,
        clock: Clock,
        random: RandomBytes,
    ) -> None:
        """`journal` makes one that stamps its entries by another clock."""
        self._journal_at = journal
        self._accounts = accounts
        self._passwords = passwords
        self._clock = clock
        self._random = random

    async def run(self, amount: Amount, password: str | None, report: Report) -> Seeded:
        """Make it all. Interrupted, it leaves what it made until then, whole.

        Raises:
            Invalid: There can't be so much of this.
            Conflict: This seed's people are here already.
        """
        _check(amount)
        clock = PastClock(self._clock)
        clock.at_ms -= DAYS * DAY_MS
        journal, naming = self._journal_at(clock)
        chance = Random(amount.seed)  # noqa: S311  # for samples, not for secrets
        work = _Work(
            amount=amount,
            chance=chance,
            clock=clock,
            journal=journal,
            naming=naming,
            report=report,
        )
        chosen = password or random_id(self._random)[:MADE_PASSWORD_CHARS]
        # One hash for all of them: a thousand would take minutes, and the password is the same.
        hashed = await self._passwords.hash(check_password(chosen))
        username = await self._make_people(work, hashed)
        await work.open_all()
        await work.talk(self._clock.now_ms())
        return Seeded(
            people=amount.people,
            conversations=len(work.talks),
            messages=amount.messages,
            entries=work.entries,
            username=username,
            password=chosen,
        )

    async def _make_people(self, work: "_Work", hashed: str) -> str:
        """The username of the first of them."""
        amount = work.amount
        mark = random_id(work.chance.randbytes)[:MARK_CHARS]
        made = []
        for number in range(amount.people):
            name = work.samples.person(number, mark)
            account = new_account(
                UserId(random_id(work.chance.randbytes)),
                username=name.username,
                email=None,
                display_name=name.display_name,
                created_at=timestamp(work.clock.at_ms),
            )
            made.append(replace(account, password_hash=hashed))
        if await self._accounts.get(made[0].user_id) is not None:
            raise Conflict("The people of this seed are here already; choose another --seed.")
        for begin in range(0, len(made), TOGETHER):
            some = made[begin : begin + TOGETHER]
            await asyncio.gather(*map(self._accounts.create, some))
            work.report("people", begin + len(some), amount.people)
        work.people = [account.user_id for account in made]
        return made[0].username or ""


class _Work:
    """One run. Chance is asked in one order, whatever the store does meanwhile."""

    def __init__(
        self,
        *,
        amount: Amount,
        chance: Random,
        clock: PastClock,
        journal: Journal,
        naming: Naming,
        report: Report,
    ) -> None:
        self.amount = amount
        self.chance = chance
        self.clock = clock
        self.samples = Samples(chance)
        self.people: list[UserId] = []
        self.talks: list[_Talk] = []
        self.entries = 0
        self.report = report
        self._journal = journal
        self._naming = naming
        self._pairs: set[ConversationId] = set()

    async def open_all(self) -> None:
        """Make the conversations: of four two are direct ones, one a group, one a room."""
        total = self.amount.conversations
        for begin in range(0, total, TOGETHER):
            end = min(begin + TOGETHER, total)
            await asyncio.gather(*[self._open(number) for number in range(begin, end)])
            self.report("conversations", end, total)

    def _open(self, number: int) -> Awaitable[None]:
        if number % 2 == 0:
            one, other = self.chance.choice(self.people), self.chance.choice(self.people)
            conversation_id = direct_id(one, other)
            if (
                conversation_id not in self._pairs
            ):  # else there is one of these two, and a group is made
                self._pairs.add(conversation_id)
                self.talks.append(_Talk(conversation_id, [one, other]))
                return self._wait(
                    self._commit(conversation_id, one, lambda state: open_direct(state, one, other))
                )
        if number % 4 == 1:
            return self._open_named("room", number, MOST_ROOM_MEMBERS)
        return self._open_named("group", number, MOST_GROUP_MEMBERS)

    def _open_named(self, kind: ConversationKind, number: int, most: int) -> Awaitable[None]:
        members = self.chance.sample(
            self.people, self.chance.randint(1, min(most, len(self.people)))
        )
        conversation_id = ConversationId(random_id(self.chance.randbytes))
        name = self.samples.group_name()
        if kind == "room":  # whose names are unique
            name = f"{name} {number} {conversation_id[:MARK_CHARS]}"
        roles: list[Role] = ["owner", *["member"] * (len(members) - 1)]  # type: ignore[list-item]
        created = ConversationCreated(
            actor_id=members[0],
            kind=kind,
            name=name,
            members=tuple(map(FirstMember, members, roles)),
        )
        self.talks.append(_Talk(conversation_id, members))
        return self._create(conversation_id, created)

    async def _create(self, conversation_id: ConversationId, created: ConversationCreated) -> None:
        if created.kind == "room" and created.name is not None:
            await self._naming.claim(created.name, conversation_id, created.actor_id)
        await self._wait(self._commit(conversation_id, created.actor_id, lambda _: created))

    async def talk(self, until_ms: int) -> None:
        """Say everything."""
        total = self.amount.messages
        moments = self._moments(until_ms)
        said = 0
        before: Sequence[tuple[_Talk, Answer[Committed]]] = ()
        while some := list(islice(moments, TOGETHER)):
            now = []
            for talk, self.clock.at_ms in some:
                now.append((talk, self._say(talk)))
            # While the store writes these, the ones before are looked at.
            await self._look_at(before)
            before = now
            said += len(some)
            self.report("messages", said, total)
        await self._look_at(before)

    def _moments(self, until_ms: int) -> Iterator[tuple[_Talk, int]]:
        """Where something is said and when: one conversation after the other, some far livelier than others.

        Mixed, each message would dirty index pages of its own, and be written several times over. They end one after
        the other too, so that the latest activity is where it seems to be.
        """
        begin_ms, many, total = self.clock.at_ms, len(self.talks), self.amount.messages
        self.chance.shuffle(self.talks)
        weights = [(place + 1) ** -LIVELINESS for place in range(many)]
        self.chance.shuffle(weights)
        sums = [0.0, *accumulate(weights)]
        for place, talk in enumerate(self.talks):
            first, last = (round(total * sums[one] / sums[-1]) for one in (place, place + 1))
            end_ms = begin_ms + (until_ms - begin_ms) * (place + 1) // many
            start_ms = begin_ms + int((end_ms - begin_ms) * self.chance.random())
            for number in range(1, last - first + 1):
                yield talk, start_ms + (end_ms - start_ms) * number // (last - first)

    def _say(self, talk: _Talk) -> Answer[Committed]:
        one = self.chance.choice(talk.members)
        replies = self.chance.random() < REPLIES and talk.last
        message = MessageNew(
            actor_id=one, body=self.samples.text(), reply_to=talk.last if replies else None
        )

        def judge(state: State) -> Entry:
            require_writer(state, one)
            return message

        return self._commit(talk.conversation_id, one, judge)

    async def _look_at(self, said: Sequence[tuple[_Talk, Answer[Committed]]]) -> None:
        """Wait until these messages are in, and react to some of them."""
        reacting = []
        for talk, answer in said:
            await self._wait(answer)
            entry = answer.result().entry
            talk.last = entry.seq if entry is not None else talk.last
            if self.chance.random() < REACTS:
                reacting.append((talk, talk.last))
        answers = [self._react(talk, seq) for talk, seq in reacting]
        for answer in answers:
            await self._wait(answer)

    def _react(self, talk: _Talk, seq: int) -> Answer[Committed]:
        one, emoji = self.chance.choice(talk.members), self.samples.emoji()
        return self._commit(
            talk.conversation_id,
            one,
            lambda state: add_reaction(state, one, seq, emoji, most=MOST_EMOJI),
        )

    def _commit(
        self, conversation_id: ConversationId, one: UserId, judge: Callable[[State], Entry | None]
    ) -> Answer[Committed]:
        return self._journal.commit(conversation_id, one, lambda state: judge(state) or Unchanged())

    async def _wait(self, answer: Answer[Committed]) -> None:
        committed = await answer  # before the sum is begun: others add to it meanwhile
        self.entries += committed.entry is not None


def _check(amount: Amount) -> None:
    if amount.people < 1 or amount.conversations < 0 or amount.messages < 0:
        raise Invalid("There must be at least one person, and nothing can be below zero.")
    if amount.messages and not amount.conversations:
        raise Invalid("Messages need a conversation.")
