"""A client that applied entries and receipts to its old marks and counts has what one that fetches afresh gets."""

import asyncio
import contextlib
import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.model.errors import ChatError
from parley.model.ids import ConversationId, UserId
from parley.services.messages import Draft
from tests.gateway.conftest import node_of
from tests.support.chat import Chat, a_chat
from tests.support.world import ANN, BEN

people = st.sampled_from([ANN, BEN])
seqs = st.integers(1, 9)
actions = st.one_of(
    st.tuples(st.just("send"), people, st.sampled_from(["hello", "hello @ann"])),
    st.tuples(st.sampled_from(["read", "delivered", "unread_from"]), people, seqs),
    st.tuples(st.just("a second passes"), people, st.none()),
)
Action = tuple[str, UserId, Any]
View = dict[str, Any]


async def act(chat: Chat, where: ConversationId, action: Action) -> None:
    what, who, detail = action
    with contextlib.suppress(ChatError):
        if what == "send":
            await chat.messages.send(who, where, Draft(body=detail))
        elif what == "a second passes":
            await chat.a_second_later()
        else:
            await chat.marks.mark(who, where, **{what: detail})


async def fresh(chat: Chat, where: ConversationId) -> View:
    """What Ann is answered with: the others' marks, where she stands, and the messages to count."""
    marks = await chat.marks.of_members(ANN, where)
    (standing,) = (await chat.sync.catch_up(ANN, {})).marks
    page = await chat.messages.page(ANN, where, limit=200)
    view = {
        "others": {one.user_id: one for one in marks.items if one.user_id != ANN},
        "mine": {"read": standing.read, "unread": standing.unread, "mentions": standing.mentions},
        "messages": page.items,
    }
    view = json.loads(msgspec.json.encode(view))
    told = view["mine"].copy()
    count(view)
    assert view["mine"] == told
    return view


def count(view: View) -> None:
    """What follows from the messages: nobody has to read what they wrote, and what comes after one's mark is unread."""
    for message in view["messages"]:
        if message["actor_id"] in view["others"]:
            marks = view["others"][message["actor_id"]]
            for name in ("delivered", "read"):
                marks[name] = max(marks[name], message["seq"])
    unread = [one for one in view["messages"] if one["seq"] > view["mine"]["read"]]
    view["mine"]["unread"] = len(unread)
    by_others = (one for one in unread if one["actor_id"] != ANN)
    view["mine"]["mentions"] = sum(ANN in one.get("mentions", ()) for one in by_others)


def take(view: View, event: str, push: View) -> None:
    """Apply a push as a front end would."""
    if event == "message.new":
        view["messages"].append(push)
        if push["actor_id"] == ANN:
            view["mine"]["read"] = push["seq"]
    if event == "receipt":
        for one in push["marks"]:
            if one["user_id"] != ANN:
                view["others"][one["user_id"]].update(one)
            elif "read" in one:
                view["mine"]["read"] = one["read"]
    count(view)


async def scenario(before: list[Action], after: list[Action]) -> None:
    chat = await a_chat()
    node = node_of(chat.world)
    where = await chat.group(BEN)
    for action in before:
        await act(chat, where, action)
    await chat.a_second_later()
    wire = await node.connect(ANN)
    view = await fresh(chat, where)
    for action in after:
        await act(chat, where, action)
    await chat.a_second_later()
    node.flush()
    for event, push in wire.events:
        take(view, event, push)
    assert view == await fresh(chat, where)


@settings(max_examples=120)
@given(st.lists(actions, max_size=10), st.lists(actions, max_size=12))
def test_entries_and_receipts_lead_to_the_counts_of_a_fresh_reading(
    before: list[Action], after: list[Action]
) -> None:
    asyncio.run(scenario(before, after))
