"""What a client is told that may not come in."""

import msgspec

from parley.model.errors import ChatError, problem
from parley.socketio.errors import ConnectError


def turned_away(error: ChatError) -> ConnectError:
    """For good: a stock client does not try again by itself. Its `data` is the error in the one format."""
    return ConnectError(error.message, msgspec.to_builtins(problem(error)))
