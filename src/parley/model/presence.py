"""Presence: what others see of whether somebody is there."""

from typing import Literal

from msgspec import Struct

from parley.model.ids import UserId
from parley.model.instants import Timestamp, timestamp

Chosen = Literal["online", "away", "busy", "invisible"]
"""How a person wants to appear while one of their sockets is connected."""

Status = Literal["online", "away", "busy", "invisible", "offline"]
"""How somebody appears; `invisible` to themselves alone."""


class Presence(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a person appears; `last_seen_at` is when they last ceased to, and absent while they do."""

    user_id: UserId
    status: Status
    last_seen_at: Timestamp | None = None


class Kept(Struct, frozen=True):
    """What is kept of a person: what they chose, and when they were last seen (milliseconds since 1970)."""

    chosen: Chosen = "online"
    last_seen_ms: int | None = None


def appearance(user_id: UserId, kept: Kept, *, here: bool) -> Presence:
    """How others see this person; `here` says whether one of their sockets counts as connected."""
    if here and kept.chosen != "invisible":
        return Presence(user_id=user_id, status=kept.chosen)
    last = timestamp(kept.last_seen_ms) if kept.last_seen_ms is not None else None
    return Presence(user_id=user_id, status="offline", last_seen_at=last)


def seen(kept: Kept, at_ms: int | None) -> Kept:
    """What is kept after somebody was seen at this instant, or None: which only ever moves it forwards."""
    if at_ms is None or (kept.last_seen_ms is not None and kept.last_seen_ms >= at_ms):
        return kept
    return Kept(kept.chosen, at_ms)


def unknown(user_id: UserId) -> Presence:
    """What is said of somebody whose presence is none of the asker's business, whether they exist or not."""
    return Presence(user_id=user_id, status="offline")
