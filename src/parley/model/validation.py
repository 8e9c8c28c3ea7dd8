"""Validation: could a command have led to this entry, where it stands? The rules that judge commands judge it again."""

import sys
from collections.abc import Callable
from typing import Any, Final

import msgspec

from parley.model.administration import (
    change_conversation,
    change_role,
    check_changes,
    delete_conversation,
)
from parley.model.bans import ban, lift_ban
from parley.model.conversations import State
from parley.model.entries import (
    AnyEntry,
    ConversationChanged,
    ConversationCreated,
    ConversationDeleted,
    Entry,
    FirstMember,
    MemberChanged,
    MemberJoined,
    MemberLeft,
    MessageAnnotated,
    MessageDeleted,
    MessageEdited,
    MessageNew,
    MessagePinned,
    MessageUnpinned,
    ReactionAdded,
    ReactionRemoved,
)
from parley.model.errors import ChatError, NotFound
from parley.model.ids import SERVER_MADE, ConversationId, direct_id
from parley.model.instants import Timestamp, milliseconds, timestamp
from parley.model.messages import check_body, check_emoji
from parley.model.permissions import (
    add_member,
    add_reaction,
    among_members,
    delete_message,
    edit_message,
    erase_member,
    open_direct,
    pin_message,
    remove_member,
    remove_reaction,
    require_writer,
    unpin_message,
)
from parley.model.rooms import join_room
from parley.model.texts import NAME_CHARS, TOPIC_CHARS, check_data, check_text

MOST: Final = sys.maxsize
"""How many there may be of something is a setting, and may have been another one then."""

_ENCODE: Final = msgspec.json.Encoder().encode
_DECODE: Final = msgspec.json.Decoder(AnyEntry).decode

Command = tuple[object, ...]


class Misshapen(Exception):
    """A field of an entry is what such a field never is; the message says which, and not what stands there."""


def require_shape(entry: Entry) -> None:
    """Pass an entry each field of which is of its type.

    Raises:
        Misshapen: One isn't.
    """
    try:
        _DECODE(_ENCODE(entry))
        if timestamp(milliseconds(entry.at)) != entry.at:
            raise Misshapen("`at` is no instant as they are kept here")
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError) as error:
        raise Misshapen(str(error)) from error


def refusal(state: State, entry: Entry) -> str | None:
    """Why no command could have led to this entry at this state; None where one could.

    The state must hold the facts of every message. What settings bound is not looked at.
    """
    try:
        judged = _JUDGES[type(entry)](state, entry)
    except ChatError as error:
        return error.message
    if judged is None:
        return "It changes nothing."
    if judged is entry:
        return None
    judged, made = _unstamped(judged), _unstamped(entry)
    differ = [
        one for one in made.__struct_fields__ if getattr(judged, one, None) != getattr(made, one)
    ]
    return f"The rules have it otherwise: {', '.join(differ)}." if differ else None


def command(entry: Entry) -> Command | None:
    """The command that led to an entry, as services put it for its digest; None where the entry doesn't tell."""
    tell = _COMMANDS.get(type(entry))
    return None if tell is None else tell(entry)


def _creating(entry: ConversationCreated) -> Command | None:
    if entry.kind == "direct":
        return None
    if entry.kind == "room":
        return "room", entry.name, entry.topic, entry.data
    others = sorted(one.user_id for one in entry.members if one.user_id != entry.actor_id)
    return "group", entry.name, entry.topic, others, entry.data


def _coming(entry: MemberJoined) -> Command:
    if entry.actor_id == entry.user_id:
        return ("conversation.join",)
    return "member.add", entry.user_id, entry.role


def _changing(entry: MemberChanged) -> Command:
    if entry.role is not None:
        return "member.change", entry.user_id, entry.role
    return "member.ban" if entry.banned else "member.unban", entry.user_id


_COMMANDS: Final[dict[type[Entry], Callable[[Any], Command | None]]] = {
    MessageNew: lambda entry: ("message.send", entry.body, entry.reply_to, entry.data),
    MessageEdited: lambda entry: ("message.edit", entry.message_seq, entry.body),
    MessageDeleted: lambda entry: ("message.delete", entry.message_seq),
    ReactionAdded: lambda entry: ("reaction.add", entry.message_seq, entry.emoji),
    ReactionRemoved: lambda entry: ("reaction.remove", entry.message_seq, entry.emoji),
    MessagePinned: lambda entry: ("message.pin", entry.message_seq),
    MessageUnpinned: lambda entry: ("message.unpin", entry.message_seq),
    MemberJoined: _coming,
    MemberLeft: lambda entry: (
        "member.ban" if entry.reason == "banned" else "member.remove",
        entry.user_id,
    ),
    MemberChanged: _changing,
    ConversationCreated: _creating,
}
"""Of a change of a conversation the entry names only what differed."""


def _unstamped(entry: Entry) -> Entry:
    """As its judge made it, before the journal stamped it."""
    return msgspec.structs.replace(
        entry,
        conversation_id=ConversationId(""),
        seq=0,
        at=Timestamp(""),
        client_id="",
        messages=-1,
    )


def _message(state: State, entry: MessageNew) -> Entry:
    require_writer(state, entry.actor_id)
    if entry.deleted_at is not None:
        return entry  # what it was is gone
    if entry.body or not entry.attachments:
        check_body(entry.body)
    if entry.data is not None:
        check_data(entry.data)
    if entry.reply_to is not None and state.message(entry.reply_to) is None:
        raise NotFound("The message replied to is not here.")
    if entry.edited_at is None and among_members(state, entry.mentions) != entry.mentions:
        raise NotFound("It mentions somebody who is not in.")
    return entry


def _edit(state: State, entry: MessageEdited) -> Entry:
    if entry.body:  # it is taken away with its message
        check_body(entry.body)
    return edit_message(state, entry.actor_id, entry.message_seq, entry.body, entry.mentions)


def _annotation(state: State, entry: MessageAnnotated) -> Entry:
    if state.message(entry.message_seq) is None:
        raise NotFound("There is no such message.")
    return entry


def _reaction(state: State, entry: ReactionAdded) -> Entry | None:
    check_emoji(entry.emoji)
    return add_reaction(state, entry.actor_id, entry.message_seq, entry.emoji, most=MOST)


def _unpinning(state: State, entry: MessageUnpinned) -> Entry | None:
    facts = state.message(entry.message_seq)
    if entry.client_id.startswith(SERVER_MADE) and facts and facts.sender_id == entry.actor_id:
        return entry if entry.message_seq in state.pins else None  # before its sender is erased
    return unpin_message(state, entry.actor_id, entry.message_seq)


def _joining(state: State, entry: MemberJoined) -> Entry | None:
    if entry.actor_id == entry.user_id:
        return join_room(state, entry.user_id, most=MOST)
    return add_member(state, entry.actor_id, entry.user_id, role=entry.role, most=MOST)


def _leaving(state: State, entry: MemberLeft) -> Entry | None:
    match entry.reason:
        case "erased":
            return erase_member(state, entry.user_id)
        case "banned":
            return ban(state, entry.actor_id, entry.user_id, most=MOST)
        case _:
            return remove_member(state, entry.actor_id, entry.user_id)


def _member_change(state: State, entry: MemberChanged) -> Entry | None:
    if entry.role is not None:
        return change_role(state, entry.actor_id, entry.user_id, entry.role)
    if entry.banned:
        return ban(state, entry.actor_id, entry.user_id, most=MOST)
    return lift_ban(state, entry.actor_id, entry.user_id)


def _creation(state: State, entry: ConversationCreated) -> Entry | None:
    people = [one.user_id for one in entry.members]
    if entry.kind == "direct":
        if not people or state.conversation_id != direct_id(people[0], people[-1]):
            raise NotFound("It is not the direct conversation of its members.")
        return open_direct(state, entry.actor_id, *({*people} - {entry.actor_id} or {*people}))
    if entry.name is not None:
        check_text(entry.name, "name", most_chars=NAME_CHARS)
    if entry.topic is not None:
        check_text(entry.topic, "topic", most_chars=TOPIC_CHARS)
    if entry.data is not None:
        check_data(entry.data)
    others = [one for one in people if one != entry.actor_id]
    first = FirstMember(entry.actor_id, "owner")
    members = (first, *(FirstMember(one, "member") for one in dict.fromkeys(others)))
    return msgspec.structs.replace(entry, members=members)


def _change(state: State, entry: ConversationChanged) -> Entry | None:
    check_changes(entry.changes)
    return change_conversation(state, entry.actor_id, entry.changes)


def _end(state: State, entry: ConversationDeleted) -> Entry:
    return delete_conversation(state, entry.actor_id) if state.head else entry


_JUDGES: Final[dict[type[Entry], Callable[[State, Any], Entry | None]]] = {
    MessageNew: _message,
    MessageEdited: _edit,
    MessageDeleted: lambda state, entry: delete_message(state, entry.actor_id, entry.message_seq),
    MessageAnnotated: _annotation,
    ReactionAdded: _reaction,
    ReactionRemoved: lambda state, entry: remove_reaction(
        state, entry.actor_id, entry.message_seq, entry.emoji
    ),
    MessagePinned: lambda state, entry: pin_message(
        state, entry.actor_id, entry.message_seq, most=MOST
    ),
    MessageUnpinned: _unpinning,
    MemberJoined: _joining,
    MemberLeft: _leaving,
    MemberChanged: _member_change,
    ConversationCreated: _creation,
    ConversationChanged: _change,
    ConversationDeleted: _end,
}
