"""A socket of somebody who is signed in."""

from parley.model.ids import ConversationId, SessionId, UserId
from parley.ports.answers import Answer
from parley.ports.timers import Timer
from parley.socketio.socket import Socket


class Connection:
    """What the gateway keeps of a socket. `user_id` is who speaks, whatever a payload says.

    `seen`: while its memberships are being read, the joinings and leavings of its person that the bus brought, as
    (conversation_id, seq, joined); None from then on. `conversations`: those of which it hears, each with the seq
    before which it is sent nothing. `expiry`: what waits for its access token to expire.
    `leaving`: set once nothing new is begun for this socket, resolved when nothing is in flight any more.
    """

    __slots__ = (
        "catching_up",
        "conversations",
        "expiry",
        "in_flight",
        "leaving",
        "seen",
        "session_id",
        "socket",
        "user_id",
    )

    def __init__(self, socket: Socket, user_id: UserId, session_id: SessionId) -> None:
        self.socket = socket
        self.user_id = user_id
        self.session_id = session_id
        self.conversations: dict[ConversationId, int] = {}
        self.seen: list[tuple[ConversationId, int, bool]] | None = []
        self.expiry: Timer | None = None
        self.in_flight = 0
        self.leaving: Answer[None] | None = None
        self.catching_up = False
