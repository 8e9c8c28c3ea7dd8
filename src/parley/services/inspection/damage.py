"""What is said of what is wrong."""

from msgspec import DecodeError

from parley.model.errors import Unavailable
from parley.model.ids import ConversationId
from parley.model.inspection import Fault, FaultKind


def damage(error: Exception) -> str:
    """What is wrong with what could not be read.

    Raises:
        Unavailable: Nothing is wrong with it: the store doesn't answer.
    """
    reason = error.__cause__ if isinstance(error, Unavailable) else error
    if isinstance(reason, DecodeError):
        return str(reason)
    if isinstance(error, Unavailable):
        raise error
    return f"{type(reason).__name__}: {reason}"


def fault_of(kind: FaultKind, message: str, conversation_id: ConversationId) -> Fault:
    return Fault(kind=kind, message=message, conversation_id=conversation_id)
