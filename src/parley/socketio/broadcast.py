"""A broadcast under construction: to whom, except whom."""

from typing import TYPE_CHECKING, Self

from parley.socketio.encoding import Encoded
from parley.socketio.members import Member

if TYPE_CHECKING:
    from parley.socketio.namespace import Namespace


class Broadcast:
    """Collects rooms and exceptions, each a room's name or a socket's id; then emits."""

    __slots__ = ("_excluded", "_namespace", "_rooms")

    def __init__(
        self, namespace: "Namespace", rooms: tuple[str, ...] = (), excluded: tuple[str, ...] = ()
    ) -> None:
        self._namespace = namespace
        self._rooms = rooms
        self._excluded = excluded

    def to(self, *rooms: str) -> Self:
        """Adds rooms; whoever is in several gets the event once."""
        return type(self)(self._namespace, self._rooms + rooms, self._excluded)

    def except_(self, *rooms: str) -> Self:
        """Leaves out whoever is in one of these."""
        return type(self)(self._namespace, self._rooms, self._excluded + rooms)

    def emit(self, event: str, *args: object) -> None:
        """Sends the event; raises what encoding it raises, before anything is sent."""
        self.push(self._namespace.encode_event(event, args))

    def push(self, encoded: Encoded) -> None:
        """Sends what `Namespace.encode` made."""
        namespace = self._namespace
        if len(self._rooms) == 1 and not self._excluded:
            namespace.push(self._rooms[0], encoded)
            return
        encoded = namespace.positioned(encoded, self._rooms, self._excluded)
        members: set[Member]
        members = namespace.members(self._rooms) if self._rooms else set(namespace.sockets.values())
        if self._excluded:
            members -= namespace.members(self._excluded)
        namespace.fanout.push_each(members, encoded)
