"""An event loop whose time is virtual and whose chances come from a seed, and processes on it that pause and die."""

import asyncio
import contextlib
import contextvars
import gc
import warnings
from collections import deque
from collections.abc import Callable, Coroutine
from heapq import heappop
from random import Random
from typing import Any

STEP_SECONDS = 0.001
"""A round of the loop takes up to this long, so that what travels can arrive between two awaits."""


class Stuck(Exception):
    """Nothing will ever happen any more, though somebody waits for it."""


class Process:
    """Whatever was begun in its context runs only while it lives, and not while it is paused."""

    def __init__(self, loop: "SimulatedLoop", name: str) -> None:
        self.name = name
        self.alive = True
        self.paused = False
        self.stopping = False
        """Whether it was told to end in order."""
        self.steps = 0
        self.on_step: Callable[[], None] | None = None
        """Called before each step that it makes; it may pause or kill."""
        self._loop = loop
        self._later: deque[asyncio.Handle] = deque()
        self.context = contextvars.copy_context()
        self.context.run(_PROCESS.set, self)

    def run(self, call: Callable[..., Any], *args: object) -> Any:
        """Call something as this process; once it is dead, nothing is called."""
        return self.context.run(call, *args) if self.alive else None

    def spawn(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """A task of this process."""
        return self._loop.create_task(work, context=self.context)

    def kill(self) -> None:
        """It makes no further step: what it has in hand is lost, as by `kill -9`."""
        self.alive = False
        self._later.clear()

    def pause(self) -> None:
        """It stands still, as by SIGSTOP or a long collection of garbage."""
        self.paused = True

    def resume(self) -> None:
        """It goes on where it stood."""
        self.paused = False
        self._loop.put_back(self._later)
        self._later.clear()

    def step(self, handle: asyncio.Handle) -> bool:
        """Whether this handle may run now; one of a paused process is kept for later."""
        if self.alive and not self.paused:
            self.steps += 1
            if self.on_step is not None:
                self.on_step()
        if self.alive and self.paused:
            self._later.append(handle)
        return self.alive and not self.paused


_PROCESS: contextvars.ContextVar[Process | None] = contextvars.ContextVar("process", default=None)


class SimulatedLoop(asyncio.BaseEventLoop):
    """Runs what is ready in its order; time passes a little with each round, and jumps where nothing is ready."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = Random(f"loop {seed}")
        self._time = 1_000.0
        self._clock_resolution = 0.0
        self.failures: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _loop, context: self.failures.append(context))
        self._tasks: list[asyncio.Task[Any]] = []
        self.set_task_factory(self._keep)

    def time(self) -> float:
        return self._time

    def put_back(self, handles: "deque[asyncio.Handle]") -> None:
        """Make these ready again."""
        self._ready.extend(handles)

    def run_to_end(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run until this is done; then end without a word to whatever else was under way."""
        asyncio.set_event_loop(self)
        collecting = gc.isenabled()
        gc.disable()  # a collected coroutine runs its `finally`, and when it is collected is no matter of the seed
        try:
            return self.run_until_complete(work)
        finally:
            self._abandon()
            asyncio.set_event_loop(None)
            self.close()
            if collecting:
                gc.enable()

    def _keep(
        self,
        _loop: asyncio.AbstractEventLoop,
        work: Any,
        context: contextvars.Context | None = None,
    ) -> "asyncio.Task[Any]":
        """Tasks are kept to the end, or one of a dead process would be collected at a moment of its own."""
        task: asyncio.Task[Any] = asyncio.Task(work, loop=self, context=context)
        self._tasks.append(task)
        return task

    def _abandon(self) -> None:
        """Let go of what dead processes and the end of the run left unfinished, or never begun."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            for task in self._tasks:
                if not task.done():
                    task._log_destroy_pending = False
                    with contextlib.suppress(RuntimeError):  # it awaits once more at its end
                        task.get_coro().close()

    def _run_once(self) -> None:
        self._pass_time()
        scheduled = self._scheduled
        while scheduled and scheduled[0]._when <= self._time:
            timer = heappop(scheduled)
            timer._scheduled = False
            if not timer._cancelled:
                self._ready.append(timer)
        for _ in range(len(self._ready)):
            handle = self._ready.popleft()
            if handle._cancelled:
                continue
            process = handle._context.get(_PROCESS)
            if process is None or process.step(handle):
                handle._run()
            if self._stopping:
                return

    def _pass_time(self) -> None:
        if self._ready or self._stopping:
            self._time += self._random.random() * STEP_SECONDS
            return
        while self._scheduled and self._scheduled[0]._cancelled:
            heappop(self._scheduled)._scheduled = False
        if not self._scheduled:
            raise Stuck
        self._time = max(self._time, self._scheduled[0]._when)

    def _timer_handle_cancelled(self, _handle: asyncio.TimerHandle) -> None:
        """Cancelled ones are passed over."""

    def _process_events(self, _events: object) -> None:
        """There are none: nothing here waits for the world."""

    def _write_to_self(self) -> None:
        """Nobody calls from another thread."""
