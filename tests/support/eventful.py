"""A store in which much happened: all that an inspection looks at."""

from msgspec.structs import replace

from parley.journal.commands import Digester
from parley.model import validation
from parley.model.accounts import Account
from parley.model.entries import (
    MemberChanged,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessagePinned,
    ReactionAdded,
    ReactionRemoved,
)
from parley.model.ids import ConversationId, UserId
from parley.model.instants import BEGINNING
from parley.model.marks import Mark
from parley.ports.accounts import AccountStore
from parley.ports.erasures import ErasureStore
from parley.ports.log import Log
from parley.ports.marks import MarkStore, Move
from parley.ports.rooms import Claim, RoomStore
from tests.support.pen import ANN, BEN, CAT, Pen, created, said

DAN, EVE = UserId("dan"), UserId("eve")
ROOM = (
    created(ANN, BEN, kind="room", name="Garden"),
    said("one"),
    said("two, @ben", mentions=(BEN,)),
    said("three, and wrong", by=BEN),
    said("four, for a while"),
    MessageEdited(actor_id=BEN, message_seq=4, body="three"),
    MessageEdited(actor_id=ANN, message_seq=5, body="four, still"),
    MessageDeleted(actor_id=ANN, message_seq=5),
    ReactionAdded(actor_id=BEN, message_seq=2, emoji="👍"),
    MessagePinned(actor_id=ANN, message_seq=2),
    MemberJoined(actor_id=CAT, user_id=CAT, role="member"),
    said("five", by=CAT),
    MemberJoined(actor_id=DAN, user_id=DAN, role="member"),
    said("six, @ben", by=DAN, mentions=(BEN,)),
    MessageEdited(actor_id=DAN, message_seq=14, body="six, @ben and @cat", mentions=(BEN, CAT)),
    said("seven, @dan", mentions=(DAN,)),
    MemberLeft(actor_id=DAN, user_id=DAN, reason="erased"),
    MemberChanged(actor_id=ANN, user_id=EVE, banned=True),
    ReactionAdded(actor_id=ANN, message_seq=2, emoji="👍"),
    ReactionAdded(actor_id=CAT, message_seq=2, emoji="🎉"),
    ReactionRemoved(actor_id=ANN, message_seq=2, emoji="👍"),
)
GROUP = (
    created(ANN, BEN, CAT, name="Kitchen"),
    said("hello"),
    MemberLeft(actor_id=CAT, user_id=CAT, reason="left"),
    said("bye"),
)


async def fill(
    *, log: Log, accounts: AccountStore, erasures: ErasureStore, rooms: RoomStore, marks: MarkStore
) -> None:
    """The room `garden` and the group `kitchen`, of Ann, Ben, Cat, and Dan who was erased."""
    digester = Digester((await log.identity()).digest_key)
    for name, entries in (("garden", ROOM), ("kitchen", GROUP)):
        pen = Pen(name)
        records = [
            replace(record, digest=digester(*command) if command else None)
            for record in pen.records(*entries)
            for command in [validation.command(record.entry)]
        ]
        appended = await log.append(pen.conversation_id, 0, records)
        assert appended.stopped is None, appended
    for user_id in (ANN, BEN, CAT):
        await accounts.create(_account(user_id))
    await erasures.forget(DAN)
    await rooms.claim(Claim("garden", ConversationId("garden"), 1, "token"))
    mark = Mark(delivered=9, read=3, messages=2, seen=3)
    await marks.advance([Move(ConversationId("garden"), BEN, mark)])


def _account(user_id: UserId) -> Account:
    return Account(
        user_id=user_id,
        username=user_id,
        email=None,
        display_name=user_id,
        password_hash="none",
        created_at=BEGINNING,
    )
