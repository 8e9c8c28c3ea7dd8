"""Entries for tests, stamped as the journal stamps them."""

from itertools import count

from msgspec.structs import replace

from parley.model.entries import ConversationCreated, Entry, FirstMember, MessageNew
from parley.model.ids import ConversationId, UserId
from parley.model.instants import timestamp
from parley.ports.log import Record

ANN, BEN, CAT = UserId("ann"), UserId("ben"), UserId("cat")

_numbers = count(1)


def created(*user_ids: UserId, kind: str = "group", name: str | None = None) -> ConversationCreated:
    """A creation by the first of these people, who owns it."""
    members = [
        FirstMember(user_id, "owner" if user_id == user_ids[0] else "member")
        for user_id in user_ids
    ]
    return ConversationCreated(actor_id=user_ids[0], kind=kind, name=name, members=tuple(members))


def said(body: str, by: UserId = ANN, **fields: object) -> MessageNew:
    """A message."""
    return MessageNew(actor_id=by, body=body, **fields)


class Pen:
    """Numbers the entries of one conversation, and gives each the digest of its seq."""

    def __init__(self, conversation_id: str) -> None:
        self.conversation_id = ConversationId(conversation_id)
        self.head = 0
        self.messages = 0

    def records(self, *entries: Entry) -> list[Record]:
        """The next records; an entry keeps the client_id that it has."""
        return [self._record(entry) for entry in entries]

    def back_to(self, head: int, messages: int) -> None:
        """Go on from here: what was numbered after it did not get in."""
        self.head, self.messages = head, messages

    def _record(self, entry: Entry) -> Record:
        self.head += 1
        self.messages += isinstance(entry, MessageNew)
        number = next(_numbers)
        stamped = replace(
            entry,
            conversation_id=self.conversation_id,
            seq=self.head,
            at=timestamp(1_700_000_000_000 + number),
            client_id=entry.client_id or f"c{number}",
            messages=self.messages,
        )
        return Record(stamped, f"digest of {self.head}".encode())
