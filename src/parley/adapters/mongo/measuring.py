"""What is measured of the database: how commands go, connections, and looks for a server that found none."""

from typing import Any, Final

from pymongo import AsyncMongoClient
from pymongo.errors import ServerSelectionTimeoutError
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
    ConnectionCheckedInEvent,
    ConnectionCheckedOutEvent,
    ConnectionCheckOutFailedEvent,
    ConnectionCheckOutFailedReason,
    ConnectionCheckOutStartedEvent,
    ConnectionClosedEvent,
    ConnectionCreatedEvent,
    ConnectionPoolListener,
    ConnectionReadyEvent,
    PoolClearedEvent,
    PoolClosedEvent,
    PoolCreatedEvent,
    PoolReadyEvent,
)

from parley.ports.measures import SECONDS, Family, Histogram

MICROSECONDS: Final = 1e-6
REASONS: Final = {
    ConnectionCheckOutFailedReason.TIMEOUT: "timeout",
    ConnectionCheckOutFailedReason.CONN_ERROR: "connection",
    ConnectionCheckOutFailedReason.POOL_CLOSED: "closed",
}


class Commands(CommandListener):
    """How long commands took, by what became of them, the driver's own repetitions included.

    The driver makes two events of each, and three of its connection: 25 us together, of 250 that a command costs it.
    `answered` are those that the server carried out (that a document exists already is an answer), `refused` those that
    it did not, `broken` those whose answer never came: they may have been carried out.
    """

    def __init__(self) -> None:
        self.seconds = {name: Histogram(SECONDS) for name in ("answered", "refused", "broken")}
        self._answered = self.seconds["answered"].observe

    def started(self, event: CommandStartedEvent) -> None:
        """Nothing: the end says how long it took."""

    def succeeded(self, event: CommandSucceededEvent) -> None:
        self._answered(event.duration_micros * MICROSECONDS)

    def failed(self, event: CommandFailedEvent) -> None:
        # The driver makes up such a document of its own exception; the server's have no type.
        outcome = "broken" if "errtype" in event.failure else "refused"
        self.seconds[outcome].observe(event.duration_micros * MICROSECONDS)


class Connections(ConnectionPoolListener):
    """Connections for commands, to all servers; those by which the driver watches servers are not among them."""

    def __init__(self) -> None:
        self.open = 0
        self.in_use = 0
        self.refused = dict.fromkeys(REASONS.values(), 0)

    def connection_created(self, event: ConnectionCreatedEvent) -> None:
        self.open += 1

    def connection_closed(self, event: ConnectionClosedEvent) -> None:
        self.open -= 1

    def connection_checked_out(self, event: ConnectionCheckedOutEvent) -> None:
        self.in_use += 1

    def connection_checked_in(self, event: ConnectionCheckedInEvent) -> None:
        self.in_use -= 1

    def connection_check_out_failed(self, event: ConnectionCheckOutFailedEvent) -> None:
        self.refused[REASONS[event.reason]] += 1

    def connection_check_out_started(self, event: ConnectionCheckOutStartedEvent) -> None: ...

    def connection_ready(self, event: ConnectionReadyEvent) -> None: ...

    def pool_created(self, event: PoolCreatedEvent) -> None: ...

    def pool_ready(self, event: PoolReadyEvent) -> None: ...

    def pool_cleared(self, event: PoolClearedEvent) -> None: ...

    def pool_closed(self, event: PoolClosedEvent) -> None: ...


class Client(AsyncMongoClient[dict[str, Any]]):
    """The driver's client; counts how often no server was found in time, of which no listener is told."""

    unfound = 0

    async def _select_server(self, *asked: Any, **how: Any) -> Any:  # noqa: ANN401 - the driver's own
        try:
            return await super()._select_server(*asked, **how)
        except ServerSelectionTimeoutError:
            self.unfound += 1
            raise


def measured(commands: Commands, connections: Connections, client: Client) -> list[Family]:
    """How it all stands now."""
    in_use = connections.in_use
    return [
        Family(
            name="parley_mongodb_command_seconds",
            kind="histogram",
            meaning="Commands to MongoDB, by what became of them.",
            values=[({"outcome": name}, seconds) for name, seconds in commands.seconds.items()],
        ),
        Family(
            name="parley_mongodb_connections",
            kind="gauge",
            meaning="Connections to MongoDB, in use by a command or idle.",
            values=[({"state": "in_use"}, in_use), ({"state": "idle"}, connections.open - in_use)],
        ),
        Family(
            name="parley_mongodb_connections_refused",
            kind="counter",
            meaning="Commands that got no connection, by why.",
            values=[({"why": why}, count) for why, count in connections.refused.items()],
        ),
        Family(
            name="parley_mongodb_servers_unfound",
            kind="counter",
            meaning="Looks for a server to ask that found none in time.",
            values=[({}, client.unfound)],
        ),
    ]
