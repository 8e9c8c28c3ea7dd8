"""A client that applied the pushed entries to its old view of a conversation has what one that fetches afresh gets."""

import asyncio
import contextlib
import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.model.entries import Changes
from parley.model.errors import ChatError
from parley.model.ids import ConversationId, UserId
from parley.services.conversations import NewGroup
from tests.gateway.conftest import node_of
from tests.support.chat import Chat, a_chat
from tests.support.world import ANN, BEN, CAT

people = st.sampled_from([ANN, BEN, CAT])
roles = st.sampled_from(["owner", "admin", "member", "guest"])
shown = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Hall", "Attic", "Taken"]),
        "topic": st.sampled_from([None, "tea"]),
        "avatar": st.sampled_from([None, "m-1"]),
        "data": st.sampled_from([None, {"a": 1}]),
    },
)
actions = st.one_of(
    st.tuples(st.just("change"), people, people, shown),
    st.tuples(st.just("role"), people, people, roles),
    st.tuples(st.just("add"), people, people, st.sampled_from(["admin", "member", "guest"])),
    st.tuples(
        st.sampled_from(["join", "remove", "leave", "ban", "unban", "delete"]),
        people,
        people,
        st.none(),
    ),
)
Action = tuple[str, UserId, UserId, Any]
View = dict[str, Any]


async def act(chat: Chat, where: ConversationId, action: Action) -> None:
    what, who, whom, detail = action
    calls = {
        "change": lambda: chat.administration.change(who, where, Changes(**detail)),
        "role": lambda: chat.administration.change_role(who, where, whom, detail),
        "add": lambda: chat.conversations.add(who, where, whom, role=detail),
        "join": lambda: chat.rooms.join(who, where),
        "remove": lambda: chat.conversations.remove(who, where, whom),
        "ban": lambda: chat.bans.ban(who, where, whom),
        "unban": lambda: chat.bans.lift(who, where, whom),
        "leave": lambda: chat.conversations.remove(who, where, who),
        "delete": lambda: chat.administration.delete(who, where),
    }
    with contextlib.suppress(ChatError):
        await calls[what]()


async def fresh(chat: Chat, where: ConversationId) -> View | None:
    """What Cat sees, who knows the conversation only while she is in."""
    try:
        about = await chat.conversations.get(CAT, where)
        members = await chat.conversations.members(CAT, where)
    except ChatError:
        return None
    view: View = {name: getattr(about, name) for name in ("head", *Changes.__struct_fields__)}
    view["members"] = {member.user_id: member.role for member in members.items}
    view["banned"] = sorted((await chat.world.journal.state(where)).banned)  # as an admin sees it
    return json.loads(msgspec.json.encode(view))


def take(view: View, entry: View) -> bool:
    """Apply a pushed entry as a front end would; whether Cat is still in."""
    assert entry["seq"] == view["head"] + 1, "a gap"
    view["head"] = entry["seq"]
    members = view["members"]
    match entry["type"]:
        case "member.joined":
            members[entry["user_id"]] = entry["role"]
        case "member.left":
            del members[entry["user_id"]]
            if "owner_id" in entry:
                members[entry["owner_id"]] = "owner"
        case "member.changed" if "role" in entry:
            if entry["role"] == "owner":
                members[entry["actor_id"]] = "admin"
            members[entry["user_id"]] = entry["role"]
        case "conversation.changed":
            view |= entry["changes"]
        case "conversation.deleted":
            members.clear()
    take_ban(view["banned"], entry)
    return CAT in members


def take_ban(banned: list[str], entry: View) -> None:
    if entry.get("banned", entry.get("reason") == "banned"):
        banned.append(entry["user_id"])
    elif "banned" in entry:
        banned.remove(entry["user_id"])


async def scenario(kind: str, before: list[Action], after: list[Action]) -> None:
    chat = await a_chat()
    node = node_of(chat.world)
    await chat.room(BEN, name="Taken")
    where = await (chat.room(ANN, BEN, CAT) if kind == "room" else chat.group(BEN, CAT))
    for action in before:
        await act(chat, where, action)
    wire = await node.connect(CAT)
    view = await fresh(chat, where)
    for action in after:
        await act(chat, where, action)
    node.flush()
    for _, entry in wire.events:
        # Who comes in, or back in, fetches afresh: here that is the next scenario's beginning.
        if view is None or not take(view, entry):
            return
    if view is not None:
        view["banned"].sort()
    assert view == await fresh(chat, where)


def begun(entry: View) -> View:
    """The view of a conversation of which one hears from its beginning."""
    assert (entry["type"], entry["seq"]) == ("conversation.created", 1)
    return {
        "head": 1,
        **{name: entry.get(name) for name in Changes.__struct_fields__},
        "members": {member["user_id"]: member["role"] for member in entry["members"]},
        "banned": [],
    }


async def from_the_beginning(after: list[Action]) -> None:
    chat = await a_chat()
    node = node_of(chat.world)
    wire = await node.connect(CAT)
    made = NewGroup(name="Home", members=[BEN, CAT], topic="tea", data={"a": 1})
    group = await chat.conversations.create_group(ANN, made)
    where = group.entry.conversation_id
    for action in after:
        await act(chat, where, action)
    node.flush()
    (_, first), *others = wire.events
    view = begun(first)
    for _, entry in others:
        if not take(view, entry):
            return
    view["banned"].sort()
    assert view == await fresh(chat, where)


@settings(max_examples=60)
@given(st.lists(actions, max_size=12))
def test_who_hears_of_a_new_conversation_needs_no_reading_at_all(after: list[Action]) -> None:
    asyncio.run(from_the_beginning(after))


@settings(max_examples=150)
@given(
    st.sampled_from(["room", "group"]),
    st.lists(actions, max_size=10),
    st.lists(actions, max_size=12),
)
def test_pushes_lead_to_the_name_the_members_and_the_roles_of_a_fresh_reading(
    kind: str, before: list[Action], after: list[Action]
) -> None:
    asyncio.run(scenario(kind, before, after))
