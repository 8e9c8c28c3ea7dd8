"""A client that applied the pushed entries to its old state has what one that fetches afresh gets."""

import asyncio
import contextlib
import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.model.errors import ChatError
from parley.model.ids import ConversationId, UserId
from parley.model.permissions import erase_member
from parley.services.messages import Draft
from tests.gateway.conftest import node_of
from tests.support.chat import Chat, a_chat
from tests.support.reader import Reader
from tests.support.world import ANN, BEN

people = st.sampled_from([ANN, BEN])
seqs = st.integers(2, 9)
bodies = st.sampled_from(["hello", "hello @ben", "@ann @ben"])
actions = st.one_of(
    st.tuples(st.just("send"), people, seqs, bodies),
    st.tuples(st.just("edit"), people, seqs, bodies),
    st.tuples(st.sampled_from(["delete", "pin", "unpin"]), people, seqs, st.just("")),
    st.tuples(st.sampled_from(["react", "unreact"]), people, seqs, st.sampled_from("ab")),
    st.tuples(st.just("erase"), st.just(ANN), seqs, st.just("")),
)
Action = tuple[str, UserId, int, str]


async def act(chat: Chat, where: ConversationId, action: Action) -> None:
    what, who, seq, text = action
    calls = {
        "send": lambda: chat.messages.send(who, where, Draft(body=text, data={"n": seq})),
        "edit": lambda: chat.messages.edit(who, where, seq, text),
        "delete": lambda: chat.messages.delete(who, where, seq),
        "pin": lambda: chat.pins.pin(who, where, seq),
        "unpin": lambda: chat.pins.unpin(who, where, seq),
        "react": lambda: chat.reactions.add(who, where, seq, text),
        "unreact": lambda: chat.reactions.remove(who, where, seq, text),
        "erase": lambda: chat.world.journal.commit(
            where, who, lambda state: erase_member(state, who), client_id="~erased"
        ),
    }
    with contextlib.suppress(ChatError):
        await calls[what]()


async def fresh(chat: Chat, where: ConversationId) -> dict[str, Any]:
    page = await chat.messages.page(BEN, where, limit=200)
    return json.loads(msgspec.json.encode(page))


async def scenario(before: list[Action], after: list[Action]) -> None:
    chat = await a_chat()
    node = node_of(chat.world)
    where = await chat.group(BEN)
    for action in before:
        await act(chat, where, action)
    wire = await node.connect(BEN)
    reader = Reader(await fresh(chat, where))
    for action in after:
        await act(chat, where, action)
    node.flush()
    for _, entry in wire.events:
        reader.take(entry)
    page = await fresh(chat, where)
    assert reader.head == page["head"]
    assert reader.messages == {message["seq"]: message for message in page["items"]}


@settings(max_examples=120)
@given(st.lists(actions, max_size=12), st.lists(actions, max_size=12))
def test_pushes_lead_to_what_a_fresh_reading_shows(
    before: list[Action], after: list[Action]
) -> None:
    asyncio.run(scenario(before, after))
