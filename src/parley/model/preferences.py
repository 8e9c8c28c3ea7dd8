"""Preferences: how a person keeps a conversation, which is nobody else's business."""

from msgspec import Struct


class Preference(Struct, frozen=True):
    """`muted`: no notifications wanted; `archived`: out of sight. Neither changes what is delivered."""

    muted: bool = False
    archived: bool = False
