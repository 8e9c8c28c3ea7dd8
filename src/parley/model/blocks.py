"""Blocks: whom people want nothing to do with."""

from msgspec import Struct

from parley.model.accounts import User
from parley.model.ids import UserId
from parley.model.instants import Timestamp


class Block(Struct, frozen=True, kw_only=True):
    """Somebody whom a person has blocked, since an instant."""

    user_id: UserId
    since: Timestamp


class ListedBlock(Block, frozen=True, kw_only=True):
    """A block, with what anyone may see of whom it concerns."""

    user: User
