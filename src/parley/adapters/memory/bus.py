"""The bus of a single node: a function call."""

import logging
from collections.abc import Callable, Sequence

from parley.ports.bus import Bus, Signal
from parley.ports.log import Record

logger = logging.getLogger(__name__)


class MemoryBus(Bus):
    """Readers have been called when `publish` and `signal` return."""

    def __init__(self) -> None:
        self._record_readers: list[Callable[[Record], None]] = []
        self._signal_readers: list[Callable[[Signal], None]] = []

    def publish(self, records: Sequence[Record]) -> None:
        for record in records:
            for reader in self._record_readers:
                try:
                    reader(record)
                except Exception:
                    logger.exception("a reader of the bus failed on %s", record.entry.type)

    def signal(self, signal: Signal) -> None:
        for reader in self._signal_readers:
            try:
                reader(signal)
            except Exception:
                logger.exception("a reader of the bus failed on %s", type(signal).__name__)

    def subscribe(
        self,
        *,
        on_record: Callable[[Record], None] | None = None,
        on_signal: Callable[[Signal], None] | None = None,
    ) -> None:
        if on_record is not None:
            self._record_readers.append(on_record)
        if on_signal is not None:
            self._signal_readers.append(on_signal)
