"""What a use case asks of the stores and tells the bus, counted."""

import functools
import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from parley.ports.bus import Bus, Signal
from parley.ports.log import Record


class Costs:
    """`stores` by `store.method`; `entries` and `signals` by their types."""

    def __init__(self) -> None:
        self.stores: Counter[str] = Counter()
        self.entries: list[str] = []
        self.signals: list[str] = []
        self._counting = False

    def watch(self, name: str, store: object) -> None:
        """Count every call of what this store's port asks of it, while counting."""
        port = next(base for base in type(store).__mro__[1:] if inspect.isabstract(base))
        for method in port.__abstractmethods__:
            call = self._counted(f"{name}.{method}", getattr(store, method))
            setattr(store, method, call)

    def listen(self, bus: Bus) -> None:
        bus.subscribe(on_record=self._record, on_signal=self._signal)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """What happens in this block, and nothing before it."""
        self.stores.clear()
        self.entries.clear()
        self.signals.clear()
        self._counting = True
        yield
        self._counting = False

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def counting(*args: object, **options: object) -> Any:
            if self._counting:
                self.stores[name] += 1
            return call(*args, **options)

        return counting

    def _record(self, record: Record) -> None:
        if self._counting:
            self.entries.append(record.entry.type)

    def _signal(self, signal: Signal) -> None:
        if self._counting:
            self.signals.append(type(signal).__name__)
