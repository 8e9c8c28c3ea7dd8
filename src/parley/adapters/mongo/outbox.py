"""Entries about people, from before they are appended until they are published: their pending pointers."""

from collections.abc import Mapping, Sequence

from parley.adapters.mongo.memberships import Memberships
from parley.model.entries import Entry, MessageNew, people_named
from parley.model.errors import Unavailable
from parley.model.ids import ConversationId, RandomBytes
from parley.ports.background import Spawn
from parley.ports.log import Record

TOKEN_BYTES = 12

_Key = tuple[ConversationId, int]


class Outbox:
    """Only who appended an entry, and only once it was published, lets the pointers count again that it announced."""

    def __init__(self, memberships: Memberships, *, random: RandomBytes, spawn: Spawn) -> None:
        self._memberships = memberships
        self._random = random
        self._spawn = spawn
        self._unpublished: dict[_Key, str] = {}
        self._published: dict[_Key, str] = {}

    async def announce(self, entries: Sequence[Entry]) -> Mapping[int, str]:
        """Mark everyone whom these entries of one conversation name as pending; the token of each, by its seq."""
        tokens = {
            self._random(TOKEN_BYTES).hex(): entry for entry in entries if people_named(entry)
        }
        if tokens:
            await self._memberships.announce(tokens)
        return {entry.seq: token for token, entry in tokens.items()}

    def appended(self, conversation_id: ConversationId, tokens: Mapping[int, str]) -> None:
        """The entries with these tokens are in, by this node, and everything that follows the log follows them."""
        for seq, token in tokens.items():
            self._unpublished[conversation_id, seq] = token

    def heard(self, record: Record) -> None:
        """An entry came by the bus, so it was published."""
        if isinstance(record.entry, MessageNew):
            return
        token = self._unpublished.pop(_key(record.entry), None)
        if token is not None:
            self._published[_key(record.entry)] = token
            self._spawn(self.settle())

    async def settle(self) -> None:
        """Let the pointers count again of what was published; what can't be done now is left for the next time."""
        for key, token in list(self._published.items()):
            try:
                await self._memberships.settle(key[0], token)
            except Unavailable:
                return
            self._published.pop(key, None)


def _key(entry: Entry) -> _Key:
    return entry.conversation_id, entry.seq
