"""What one says to a server to send a message, and how the answer is recognised.

In the templates the load generator puts $ROOM (the room's name), $N (the message's number), $RUN
(a text unique to the run) and $PAD (the filling).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    join: str
    """The event that enters a room, acked with "ok"; empty where membership needs none."""
    send: str
    push: str
    """How the packet that delivers a message begins; other events are passed over."""
    marker: str
    """What stands before the message's number in a push."""
    acked: str
    """How the arguments of a good ack begin."""

    def arguments(self) -> list[str]:
        """The options of the load generator."""
        names = ("join", "send", "push", "marker", "acked")
        return [f"--{name}={getattr(self, name)}" for name in names]


ROOMS = Dialect(
    join='["join","$ROOM"]',
    send='["message",{"n":$N,"room":"$ROOM","text":"$PAD"}]',
    push='42["message",',
    marker='"n":',
    acked='[{"ok":true',
)

CONVERSATIONS = Dialect(
    join="",
    send='["message.send",{"conversation_id":"$ROOM","client_id":"$RUN-$N","body":"$N $PAD"}]',
    push='42["message.new",',
    marker='"body":"',
    acked='[{"ok":true,',
)
