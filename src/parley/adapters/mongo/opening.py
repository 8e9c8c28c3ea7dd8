"""Opening a database: everything that can be wrong with it, said in words for an operator."""

from parley.adapters.mongo.client import BadAddress, Database, Limits
from parley.adapters.mongo.nodes import Nodes
from parley.adapters.mongo.schema import NewerSchema
from parley.adapters.mongo.store import MongoStore, Unfinished
from parley.model.errors import Unavailable
from parley.model.ids import RandomBytes, random_id
from parley.ports.clock import Clock
from parley.ports.log import StoreIdentity

__all__ = ["CannotOpen", "Limits", "open_store"]


class CannotOpen(Exception):
    """The database can't be used; the message says to an operator why, without credentials."""


async def open_store(
    uri: str,
    limits: Limits,
    *,
    clock: Clock,
    random: RandomBytes,
    alone: bool,
    taking_over: StoreIdentity | None = None,
) -> MongoStore:
    """Open the store at this address; with `alone`, only where no other node lives on it.

    `taking_over` is the identity of the store whose contents it is to get.

    Raises:
        CannotOpen: The address is none, nothing answers there, another program is at it or was, or a node is alive.
    """
    try:
        database = Database(uri, limits)
    except BadAddress as error:
        message = f"This is no address of a MongoDB: {error}."
        raise CannotOpen(message) from error
    nodes = Nodes(database, random_id(random))
    try:
        if taking_over is None:
            opened = MongoStore.open(database, nodes=nodes, clock=clock, random=random)
        else:
            opened = MongoStore.open_for(
                taking_over, database, nodes=nodes, clock=clock, random=random
            )
        store = await opened
        refused = alone and await nodes.others_alive()
    except (Unavailable, NewerSchema, Unfinished) as error:
        await database.close()
        reason = error.__cause__ or error
        message = f"The database at {database.address} can't be used: {_first_line(reason)}"
        raise CannotOpen(message) from error
    if refused:
        await store.close()
        message = (
            f"Another node is alive on the database at {database.address}, and without a common bus neither would "
            "hear of what happens on the other. Set PARLEY_ALLOW_SEVERAL_NODES=true for tests."
        )
        raise CannotOpen(message)
    return store


def _first_line(error: BaseException) -> str:
    """What the driver says, without the state of the whole topology behind it."""
    return str(error).partition(", Timeout:")[0].partition("\n")[0]
