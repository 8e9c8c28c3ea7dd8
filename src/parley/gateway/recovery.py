"""Connection state recovery for stock clients: their private ids, and what they are sent when they return."""

import base64
import binascii
import hmac
import logging
from collections.abc import Collection
from typing import Final

import msgspec

from parley.gateway.connection import Connection
from parley.gateway.offsets import Offsets
from parley.gateway.pushes import MarksPush
from parley.journal.rollbacks import Rollbacks
from parley.model.ids import RandomBytes
from parley.ports.recovery import Placed
from parley.services.recovery import Missed, Recovery
from parley.socketio.encoding import Encoded
from parley.socketio.namespace import Namespace
from parley.socketio.recovery import Recovery as RecoveryPort
from parley.socketio.recovery import Replay
from parley.socketio.socket import Socket

logger = logging.getLogger(__name__)

NONCE_BYTES: Final = 16
MAC_BYTES: Final = 16


class PrivateIds:
    """128 random bits, the bus epoch, and a MAC over both, person and session: kept nowhere, checked anywhere."""

    def __init__(self, *, key: bytes, bus_epoch: str, random: RandomBytes) -> None:
        self._key = key
        self._bus_epoch = bus_epoch
        self._random = random

    def issue(self, connection: Connection) -> str:
        """A new one."""
        nonce = self._random(NONCE_BYTES)
        return f"{_text(nonce)}.{self._bus_epoch}.{_text(self._mac(nonce, connection))}"

    def fits(self, pid: str, connection: Connection) -> bool:
        """Whether it was issued to this person and session, under this bus epoch."""
        nonce, _, rest = pid.partition(".")
        bus_epoch, _, mac = rest.rpartition(".")
        if bus_epoch != self._bus_epoch:
            return False
        try:
            given, expected = _bytes(mac), self._mac(_bytes(nonce), connection)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(given, expected)

    def _mac(self, nonce: bytes, connection: Connection) -> bytes:
        said = (nonce.hex(), self._bus_epoch, connection.user_id, connection.session_id)
        return hmac.digest(self._key, msgspec.json.encode(said), "sha256")[:MAC_BYTES]


class Recoveries(RecoveryPort):
    """The hub gives entries their offsets; other pushes have none, since they are state, not told again."""

    def __init__(
        self,
        *,
        namespace: Namespace,
        offsets: Offsets,
        recovery: Recovery,
        pids: PrivateIds,
        rollbacks: Rollbacks,
    ) -> None:
        self._namespace = namespace
        self._offsets = offsets
        self._recovery = recovery
        self._pids = pids
        self._rollbacks = rollbacks
        self._encode = msgspec.json.Encoder().encode

    def issue(self, socket: Socket) -> str:
        return self._pids.issue(socket.data)

    def position(
        self,
        namespace: str,
        encoded: Encoded,
        rooms: Collection[str],
        excluded: Collection[str],
    ) -> str | None:
        return None

    def ended(self, socket: Socket, *, final: bool) -> None:
        """Nothing is kept of it, so there is nothing to forget."""

    async def resume(self, socket: Socket, pid: str, offset: str) -> Replay | None:
        """Everything up to what has been delivered by now; what follows is held for this socket already."""
        connection: Connection = socket.data
        after, until = self._offsets.position(offset), self._offsets.tail
        if after is None or until is None or not self._pids.fits(pid, connection):
            return None
        if after > until:
            self._rollbacks.offset(connection.user_id, after, until)
            return None
        inside = connection.conversations.copy()
        try:
            missed = await self._recovery.missed(connection.user_id, after, until, inside)
        except Exception:  # whatever it is, the client can still catch up by its cursors
            logger.exception("a recovery failed")
            return None
        return None if missed is None else self._replay(missed, until)

    def _replay(self, missed: Missed, until: int) -> Replay:
        packets = [self._packet(placed) for placed in missed.entries]
        if missed.marks:
            marks = self._encode(MarksPush(missed.marks))
            packets.append(self._namespace.encode("marks", marks))
        return Replay(packets, covers=lambda offset: self._offsets.within(offset, until))

    def _packet(self, placed: Placed) -> Encoded:
        encoded = self._namespace.encode(placed.entry.type, self._encode(placed.entry))
        return encoded.at(self._offsets.at(placed.position))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
