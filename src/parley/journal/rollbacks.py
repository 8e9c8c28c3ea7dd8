"""Signs that the store was rolled back without being able to know it: clients have what its logs do not."""

import logging

from parley.model.ids import ConversationId, UserId

logger = logging.getLogger(__name__)

_ADVICE = (
    "Unless the client made it up, the store was put back to an older state under the same epoch, and other clients "
    "may show entries that are no more. Stop the server and give the store a new epoch (docs/operations.md, Restoring)"
)


class Rollbacks:
    """Counts them by what the client came with; no proof, because clients can say anything.

    So nothing follows from one but the answer to its client; and of many, only each that doubles their number is in
    the log.
    """

    def __init__(self) -> None:
        self.signs = {"cursor": 0, "offset": 0}

    def cursor(
        self, user_id: UserId, conversation_id: ConversationId, cursor: int, head: int
    ) -> None:
        """Somebody named this store's epoch, and a cursor beyond the head that a reading begun later found."""
        if self._counted("cursor"):
            logger.error(
                "a client of %s has entries up to %d of conversation %s, which ends at %d. %s",
                user_id,
                cursor,
                conversation_id,
                head,
                _ADVICE,
            )

    def offset(self, user_id: UserId, offset: int, tail: int) -> None:
        """Somebody came with an offset of this store and bus beyond all that is written."""
        if self._counted("offset"):
            logger.error(
                "a client of %s was told of everything up to position %d, and all ends at %d. %s",
                user_id,
                offset,
                tail,
                _ADVICE,
            )

    def _counted(self, kind: str) -> bool:
        """Whether it is to be logged: the first, second, fourth, eighth and so on."""
        self.signs[kind] += 1
        number = self.signs[kind]
        return number & (number - 1) == 0
