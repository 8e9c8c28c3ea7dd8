"""Erasures: accounts of which nothing is to be left."""

from msgspec import Struct

from parley.model.ids import UserId


class Erasure(Struct, frozen=True, kw_only=True):
    """An erasure under way, begun at this instant (milliseconds since 1970)."""

    user_id: UserId
    begun_ms: int
