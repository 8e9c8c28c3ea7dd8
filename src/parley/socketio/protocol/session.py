"""The life of an Engine.IO session: a table of states, and the heartbeat as a deadline."""

from enum import Enum, IntEnum, auto

from parley.socketio.protocol.errors import PacketError


class State(IntEnum):
    """Which transport a session is on, or how far it has ended."""

    POLLING = auto()
    UPGRADING = auto()
    WEBSOCKET = auto()
    CLOSING = auto()
    CLOSED = auto()


class Event(IntEnum):
    """What happens to a session."""

    MESSAGE = auto()
    PONG = auto()
    CANDIDATE = auto()  # a WebSocket was opened with the session's id
    PROBE = auto()  # `2probe` on the candidate
    UPGRADE = auto()  # `5` on the candidate
    CANDIDATE_LOST = auto()
    CLOSE_ASKED = auto()  # by our side
    CUT_ASKED = auto()  # by our side, with packets that no poll has taken yet
    LOST = auto()  # transport gone, heartbeat missed, rule broken, or `1` from the client


class Action(Enum):
    """What the session's owner has to do about it."""

    DELIVER = auto()
    BEAT = auto()
    ATTACH_CANDIDATE = auto()
    REFUSE_CANDIDATE = auto()
    ANSWER_PROBE = auto()
    SWITCH = auto()
    LEAVE = auto()
    DROP_CANDIDATE = auto()
    SAY_CLOSE = auto()
    FINISH = auto()
    IGNORE = auto()


# Integers, since a plain enumeration's hash is computed in Python at each look-up in this table.
_S, _E, _A = State, Event, Action

# Polling can't be closed at once: the packet that says so waits for the next poll (CLOSING), and so does what was
# sent before a cut. A client that changes to its WebSocket just then is given what waits there.
TRANSITIONS: dict[tuple[State, Event], tuple[State, Action]] = {
    (_S.POLLING, _E.MESSAGE): (_S.POLLING, _A.DELIVER),
    (_S.POLLING, _E.PONG): (_S.POLLING, _A.BEAT),
    (_S.POLLING, _E.CANDIDATE): (_S.UPGRADING, _A.ATTACH_CANDIDATE),
    (_S.POLLING, _E.CLOSE_ASKED): (_S.CLOSING, _A.SAY_CLOSE),
    (_S.POLLING, _E.CUT_ASKED): (_S.CLOSING, _A.IGNORE),
    (_S.POLLING, _E.LOST): (_S.CLOSED, _A.FINISH),
    (_S.UPGRADING, _E.MESSAGE): (_S.UPGRADING, _A.DELIVER),
    (_S.UPGRADING, _E.PONG): (_S.UPGRADING, _A.BEAT),
    (_S.UPGRADING, _E.CANDIDATE): (_S.UPGRADING, _A.REFUSE_CANDIDATE),
    (_S.UPGRADING, _E.PROBE): (_S.UPGRADING, _A.ANSWER_PROBE),
    (_S.UPGRADING, _E.UPGRADE): (_S.WEBSOCKET, _A.SWITCH),
    (_S.UPGRADING, _E.CANDIDATE_LOST): (_S.POLLING, _A.DROP_CANDIDATE),
    (_S.UPGRADING, _E.CLOSE_ASKED): (_S.CLOSING, _A.SAY_CLOSE),
    (_S.UPGRADING, _E.CUT_ASKED): (_S.CLOSING, _A.IGNORE),
    (_S.UPGRADING, _E.LOST): (_S.CLOSED, _A.FINISH),
    (_S.WEBSOCKET, _E.MESSAGE): (_S.WEBSOCKET, _A.DELIVER),
    (_S.WEBSOCKET, _E.PONG): (_S.WEBSOCKET, _A.BEAT),
    (_S.WEBSOCKET, _E.CANDIDATE): (_S.WEBSOCKET, _A.REFUSE_CANDIDATE),
    (_S.WEBSOCKET, _E.CLOSE_ASKED): (_S.CLOSED, _A.FINISH),
    (_S.WEBSOCKET, _E.LOST): (_S.CLOSED, _A.FINISH),
    (_S.CLOSING, _E.MESSAGE): (_S.CLOSING, _A.IGNORE),
    (_S.CLOSING, _E.PONG): (_S.CLOSING, _A.IGNORE),
    (_S.CLOSING, _E.CANDIDATE): (_S.CLOSING, _A.REFUSE_CANDIDATE),
    (_S.CLOSING, _E.PROBE): (_S.CLOSING, _A.ANSWER_PROBE),
    (_S.CLOSING, _E.UPGRADE): (_S.CLOSED, _A.LEAVE),
    (_S.CLOSING, _E.CANDIDATE_LOST): (_S.CLOSING, _A.IGNORE),
    (_S.CLOSING, _E.CLOSE_ASKED): (_S.CLOSING, _A.IGNORE),
    (_S.CLOSING, _E.LOST): (_S.CLOSED, _A.FINISH),
    **{(_S.CLOSED, event): (_S.CLOSED, _A.IGNORE) for event in Event},
    (_S.CLOSED, _E.CANDIDATE): (_S.CLOSED, _A.REFUSE_CANDIDATE),
}


def step(state: State, event: Event) -> tuple[State, Action]:
    """Returns the state that follows and what to do; raises PacketError where nothing may."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise PacketError(f"{event.name} in state {state.name}") from None


class Beat(Enum):
    """What a heartbeat's deadline calls for."""

    WAIT = auto()
    PING = auto()
    EXPIRED = auto()


class Heartbeat:
    """The server pings, the client answers (Engine.IO protocol, "Heartbeat"); in seconds."""

    __slots__ = ("_pinged", "deadline")

    def __init__(self, now: float, interval: float) -> None:
        self._pinged = False
        self.deadline = now + interval

    def due(self, now: float, timeout: float) -> Beat:
        """Says what to do at `now`, and sets the next deadline if that is to ping."""
        if now < self.deadline:
            return Beat.WAIT
        if self._pinged:
            return Beat.EXPIRED
        self._pinged = True
        self.deadline = now + timeout
        return Beat.PING

    def pong(self, now: float, interval: float) -> None:
        """Takes the client's answer; one that nobody asked for changes nothing."""
        if self._pinged:
            self._pinged = False
            self.deadline = now + interval
