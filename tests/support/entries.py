"""Strategies: entries of every type, as unlikely as the types allow."""

from collections.abc import Iterable

from hypothesis import strategies as st

from parley.model.conversations import State, apply
from parley.model.entries import (
    Attachment,
    Changes,
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
from parley.model.ids import ConversationId, UserId

people = st.sampled_from([UserId(name) for name in ("ann", "ben", "cat", "dot")])
roles = st.sampled_from(["owner", "admin", "member", "guest"])
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
seqs = st.integers(1, 9)
mentions = st.lists(people, max_size=2).map(tuple)

_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
data = st.none() | st.dictionaries(texts, _values, max_size=3)
attachments = st.lists(
    st.builds(
        Attachment,
        media_id=texts,
        name=texts,
        type=texts,
        size=st.integers(0, 2**53),
        width=st.none() | st.integers(1, 10_000),
        duration=st.none() | st.floats(0, 1e6),
    ),
    max_size=2,
).map(tuple)

_acts = {"actor_id": people}
_aims = {**_acts, "message_seq": seqs}
_optional = st.none() | texts
creations = st.builds(
    ConversationCreated,
    **_acts,
    kind=st.sampled_from(["direct", "group", "room"]),
    members=st.lists(
        st.builds(FirstMember, people, roles),
        min_size=1,
        max_size=4,
        unique_by=lambda first: first.user_id,
    ).map(tuple),
    name=_optional,
    topic=_optional,
    data=data,
)
messages = st.builds(
    MessageNew,
    **_acts,
    body=texts,
    attachments=attachments,
    reply_to=st.none() | seqs,
    mentions=mentions,
    data=data,
)
_changes = st.fixed_dictionaries(
    {}, optional={"name": _optional, "topic": _optional, "avatar": _optional, "data": data}
).map(lambda fields: Changes(**fields))
later: st.SearchStrategy[Entry] = st.one_of(
    messages,
    st.builds(MessageEdited, **_aims, body=texts, mentions=mentions),
    st.builds(MessageDeleted, **_aims),
    st.builds(MessageAnnotated, **_aims, attachments=attachments),
    st.builds(ReactionAdded, **_aims, emoji=texts),
    st.builds(ReactionRemoved, **_aims, emoji=texts),
    st.builds(MessagePinned, **_aims),
    st.builds(MessageUnpinned, **_aims),
    st.builds(MemberJoined, **_acts, user_id=people, role=roles),
    st.builds(
        MemberLeft,
        **_acts,
        user_id=people,
        reason=st.sampled_from(["left", "removed", "banned", "erased"]),
        owner_id=st.none() | people,
    ),
    st.builds(MemberChanged, **_acts, user_id=people, role=roles),
    st.builds(MemberChanged, **_acts, user_id=people, banned=st.booleans()),
    st.builds(ConversationChanged, **_acts, changes=_changes),
    st.builds(ConversationDeleted, **_acts),
)


def _possible(entries: Iterable[Entry]) -> list[Entry]:
    """Without what can't happen: joining twice, leaving or a new role where one is not in, anything after the end."""
    state, kept = State(ConversationId("")), []
    for entry in entries:
        is_in = getattr(entry, "user_id", None) in state.members
        if (
            state.deleted
            or (isinstance(entry, MemberJoined) and is_in)
            or (isinstance(entry, MemberLeft) and not is_in)
            or (isinstance(entry, MemberChanged) and entry.role is not None and not is_in)
        ):
            continue
        apply(state, entry)
        kept.append(entry)
    return kept


def _log(drawn: tuple[Entry, list[Entry]]) -> list[Entry]:
    """In their order; an entry aimed at one that does not come before it is left out."""
    log = [drawn[0]]
    for entry in drawn[1]:
        if getattr(entry, "message_seq", 0) <= len(log):
            log.append(entry)
    return _possible(log)


logs = st.tuples(creations, st.lists(later, min_size=5, max_size=24)).map(_log)
"""The entries of a conversation, from its creation on; of other rules only those of membership were asked."""
