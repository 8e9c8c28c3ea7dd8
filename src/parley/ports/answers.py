"""An answer that comes later, without the event loop's help.

The hot path makes several of these a message. An `asyncio.Future` schedules each of its callbacks on the loop
and a task costs more still; an `Answer` calls back at once. Coroutines may await one like a future.
"""

import asyncio
import logging
from collections.abc import Callable, Generator
from typing import Generic, TypeVar, cast

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Answer(Generic[T]):
    """Resolved or failed once; whoever asked with `then` is called at that moment, in order of asking.

    Someone who stops awaiting it takes nothing back: what was asked for still happens.
    """

    __slots__ = ("_callbacks", "_error", "_value", "done")

    def __init__(self) -> None:
        self.done = False
        self._value: T | None = None
        self._error: Exception | None = None
        self._callbacks: list[Callable[[Answer[T]], None]] | None = None

    @classmethod
    def of(cls, value: T) -> "Answer[T]":
        """An answer that is there already."""
        answer = cls()
        answer.resolve(value)
        return answer

    @classmethod
    def failed(cls, error: Exception) -> "Answer[T]":
        """A failure that is there already."""
        answer = cls()
        answer.fail(error)
        return answer

    def resolve(self, value: T) -> None:
        """Give the answer; it must not have been given before."""
        self._value = value
        self._settle()

    def fail(self, error: Exception) -> None:
        """Give a failure instead, which `result` raises."""
        self._error = error
        self._settle()

    def then(self, callback: "Callable[[Answer[T]], None]") -> None:
        """Call back with this answer once it is there; at once where it is."""
        if self.done:
            callback(self)
        elif self._callbacks is None:
            self._callbacks = [callback]
        else:
            self._callbacks.append(callback)

    def pass_on(self, other: "Answer[T]") -> None:
        """Give this answer to `other` too, once it is there."""

        def give(_answer: Answer[T]) -> None:
            if self._error is not None:
                other.fail(self._error)
            else:
                other.resolve(self.result())

        self.then(give)

    def result(self) -> T:
        """The value, or the failure raised; only once `done`."""
        if self._error is not None:
            raise self._error
        return cast("T", self._value)

    def __await__(self) -> Generator[object, None, T]:
        if not self.done:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

            def wake(_answer: "Answer[T]") -> None:
                if not future.done():
                    future.set_result(None)

            self.then(wake)
            yield from future
        return self.result()

    def _settle(self) -> None:
        if self.done:
            message = "this answer was given before"
            raise RuntimeError(message)
        self.done = True
        callbacks, self._callbacks = self._callbacks, None
        for callback in callbacks or ():
            try:
                callback(self)
            except Exception:  # who fails at hearing it must not keep the others from theirs
                logger.exception("an answer was received with an error")
