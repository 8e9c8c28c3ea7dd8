"""Whose conversations are which, latest activity first: the reading that lists and catching up begin with."""

import sqlite3
from collections.abc import Mapping
from typing import Final, NamedTuple

from parley.model.ids import ConversationId, UserId

_INSIDE: Final = """
    SELECT conversations.key, conversations.id, kind, activity
    FROM members JOIN conversations ON conversations.key = members.conversation
    WHERE person = (SELECT key FROM people WHERE id = ?)
"""


class Inside(NamedTuple):
    """A conversation that somebody is in."""

    activity: int
    key: int
    conversation_id: ConversationId
    kind: str


def conversations(
    connection: sqlite3.Connection, unwritten: Mapping[int, int], user_id: UserId
) -> list[Inside]:
    """All conversations of a person, latest activity first; `unwritten` is what `Activity.unwritten` said before."""
    found = [
        Inside(max(activity, unwritten.get(key, 0)), key, conversation_id, kind)
        for key, conversation_id, kind, activity in connection.execute(_INSIDE, (user_id,))
    ]
    found.sort(reverse=True)
    return found
