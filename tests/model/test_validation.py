"""Whatever services write is judged as possible, and as what its command asked for."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from parley.journal.commands import Digester
from parley.model import validation
from parley.model.entries import Changes, Entry, MessageNew
from parley.model.ids import ConversationId
from parley.model.instants import timestamp
from parley.model.validation import Misshapen, require_shape
from parley.services.conversations import NewGroup
from parley.services.messages import Draft
from parley.services.rooms import NewRoom
from tests.support.chat import Chat, a_chat
from tests.support.pen import said
from tests.support.retold import require_whole
from tests.support.world import ANN, BEN, CAT

UNTOLD = ("conversation.changed", "conversation.deleted", "message.annotated")
"""Entries of these types don't tell their command whole, or no client_id is kept with them."""


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    chat = await a_chat()
    yield chat
    require_whole(chat.world.log.disk)


async def everything(chat: Chat) -> ConversationId:
    """All that people can ask for of a conversation, each command with a client_id of its own."""
    room = NewRoom(name="Hall", topic="tea", data={"a": 1}, client_id="room")
    made = (await chat.rooms.create(ANN, room)).entry
    assert made is not None
    where = made.conversation_id
    await chat.rooms.join(BEN, where, client_id="join")
    await chat.conversations.add(ANN, where, CAT, role="guest", client_id="add")
    draft = Draft(body="one, @ben", data={"b": [1.5, None, "ü"]}, client_id="one")
    await chat.messages.send(ANN, where, draft)
    await chat.messages.send(BEN, where, Draft(body="two", reply_to=4, client_id="two"))
    await chat.messages.edit(ANN, where, 4, "one, @cat", client_id="edit")
    await chat.reactions.add(BEN, where, 4, "👍", client_id="react")
    await chat.reactions.remove(BEN, where, 4, "👍", client_id="take back")
    await chat.pins.pin(ANN, where, 4, client_id="pin")
    await chat.pins.unpin(BEN, where, 4, client_id="unpin")
    await chat.messages.delete(ANN, where, 5, client_id="delete")
    await chat.administration.change(ANN, where, Changes(topic="milk"), client_id="change")
    await chat.administration.change_role(ANN, where, BEN, "admin", client_id="role")
    await chat.bans.ban(ANN, where, CAT, client_id="ban")
    await chat.bans.lift(ANN, where, CAT, client_id="lift")
    await chat.administration.change_role(ANN, where, BEN, "owner", client_id="pass on")
    await chat.conversations.remove(BEN, where, ANN, client_id="remove")
    await chat.conversations.remove(BEN, where, BEN, client_id="leave")
    await chat.rooms.join(CAT, where, client_id="own it")
    await chat.administration.delete(CAT, where)
    return where


async def test_every_entry_that_a_command_led_to_is_possible_and_tells_the_command(
    chat: Chat,
) -> None:
    where = await everything(chat)
    group = NewGroup(name="Home", members=[CAT, BEN], client_id="group")
    await chat.conversations.create_group(ANN, group)
    await chat.messages.send_to(ANN, BEN, Draft(body="hello", client_id="direct"))
    digester = Digester(chat.world.log.disk.identity.digest_key)
    told: set[str] = set()
    for record in chat.world.log.disk.log(where):
        command = validation.command(record.entry)
        if record.digest is None or record.entry.type in UNTOLD:
            continue
        assert command is not None
        told.add(record.entry.type)
        if not isinstance(record.entry, MessageNew):
            assert digester(*command) == record.digest, record.entry
    every = {
        kind.__struct_config__.tag for kind in msgspec.inspect.type_info(Entry).cls.__subclasses__()
    }
    assert told == every - set(UNTOLD)


@pytest.mark.parametrize(
    "fields",
    [
        {"body": None},
        {"seq": "1"},
        {"client_id": None},
        {"mentions": ("ann", 1)},
        {"at": "2024-02-30T00:00:00.000Z"},
        {"at": "2024-02-03"},
        {"at": "yesterday"},
        {"at": "2024-02-03T00:00:00.000+00:00"},
        {"edited_at": 1},
        {"body": "\ud800"},
    ],
)
def test_a_field_that_is_not_of_its_type_is_named(fields: dict[str, object]) -> None:
    message = msgspec.structs.replace(said("hello"), seq=1, at=timestamp(1), messages=1)
    require_shape(message)
    with pytest.raises(Misshapen):
        require_shape(msgspec.structs.replace(message, **fields))


values = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(2**63), 2**64 - 1)
    | some.floats()
    | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=20,
)


@given(some.dictionaries(some.text(), values))
def test_a_digest_is_the_same_after_data_were_kept_as_json(data: dict[str, object]) -> None:
    digester = Digester(b"key")
    try:
        sent = msgspec.json.decode(msgspec.json.encode(data))
    except UnicodeEncodeError:
        return  # refused before
    kept = msgspec.json.decode(msgspec.json.encode(sent))
    assert digester("message.send", "body", None, kept) == digester(
        "message.send", "body", None, sent
    )
