"""`parley verify`: hold a server to the promises of delivery, from outside."""

import asyncio
import contextlib
import errno
import importlib
import os
import random
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from parley.cli.console import FAILED, WRONG_USAGE, give_up, say

if TYPE_CHECKING:
    from parley.verify.ports import Chat
    from parley.verify.report import Verdict
    from parley.verify.run import Options, Progress, Tell
    from parley.verify.server import Server

ADAPTERS: Final = {
    "parley": "parley.verify.adapters.parley.chat:ParleyChat",
    "plain": "parley.verify.adapters.plain:PlainChat",
}
ENDINGS: Final = (signal.SIGTERM, signal.SIGHUP)
DRAIN_SECONDS: Final = "4"
"""Of a server that is ours, so that a run has time for more than its endings; `PARLEY_DRAIN_SECONDS` says otherwise."""


def verify(
    *,
    seconds: Annotated[float, typer.Option(min=1, help="How long there is trouble.")] = 60,
    people: Annotated[int, typer.Option(min=2, help="How many take part.")] = 8,
    devices: Annotated[int, typer.Option(min=1, help="How many each has at first.")] = 2,
    conversations: Annotated[int, typer.Option(min=1, help="How many there are at first.")] = 8,
    per_second: Annotated[float, typer.Option(min=0.1, help="Commands wanted, of all.")] = 300,
    kill_every: Annotated[
        float, typer.Option(min=0, help="Mean seconds between kills, stops, pauses; 0 for none.")
    ] = 4,
    cut_every: Annotated[
        float, typer.Option(min=0, help="Mean seconds between cuts of the network; 0 for none.")
    ] = 0.7,
    settle: Annotated[
        float,
        typer.Option(
            min=1, help="The longest wait, in seconds, for what is open after the trouble."
        ),
    ] = 180,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Makes the same choices again.", show_default="any")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="A server that runs, instead of one of our own.")
    ] = None,
    restart_command: Annotated[
        str | None, typer.Option(help="With --url: what kills that server and starts it again.")
    ] = None,
    serve: Annotated[
        str | None,
        typer.Option(help="What to run instead of Parley; {port} and {data} stand in it."),
    ] = None,
    adapter: Annotated[
        str, typer.Option(help="The server's language: parley, plain, or MODULE:CLASS.")
    ] = "parley",
    as_json: Annotated[bool, typer.Option("--json", help="The verdict as JSON.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the server's folder.")] = False,
) -> None:
    """Run clients against a server that is killed and a network that is cut, and check what was promised.

    Without --url it starts a server of its own in a temporary folder, on loopback, with the settings of this
    environment. Exit code 0 says that every promise held, 1 that one was broken, or that nothing could be proved.
    """
    if restart_command is not None and url is None:
        give_up("--restart-command goes with --url.", code=WRONG_USAGE)
    if url is not None and (serve is not None or keep):
        give_up("--url goes without --serve and --keep: it is your server.", code=WRONG_USAGE)
    from parley.verify.run import Options  # noqa: PLC0415  # what this command alone needs

    options = Options(
        seed=secrets.randbelow(2**32) if seed is None else seed,
        seconds=seconds,
        people=people,
        devices=devices,
        conversations=conversations,
        per_second=per_second,
        kill_every=kill_every,
        cut_every=cut_every,
        settle=settle,
    )
    name = serve or url or "parley serve"
    try:
        with _place(keep=keep) as folder:
            server = _server(options, folder, url, restart_command, serve)
            verdict = _prove(options, _chat(adapter), server, name)
        _print(verdict, as_json=as_json)
    except (NothingProved, KeyboardInterrupt) as error:
        again = f"Interrupted. Again with the same choices: --seed {options.seed}"
        problem = str(error) if isinstance(error, NothingProved) else again
        if as_json:
            _print_problem(name, options, problem)
        give_up(problem)
    if not verdict.holds:
        raise SystemExit(FAILED)


class NothingProved(Exception):
    """There is no verdict; the message says why."""


@contextlib.contextmanager
def _place(*, keep: bool) -> Iterator[Path]:
    """A folder for the server, gone in the end however that comes; SIGTERM and SIGHUP are as Ctrl-C."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *ENDINGS)}
    folder: Path | None = None
    try:
        _heed()
        folder = Path(tempfile.mkdtemp(prefix="parley-verify-"))
        yield folder
    except OSError as error:
        if folder is not None:
            raise
        raise NothingProved(f"There is no place for a server: {error}") from error
    finally:
        for number in before:
            signal.signal(number, signal.SIG_IGN)  # this takes a moment, and is to be whole
        if folder is not None and keep:
            say(f"The server's folder is {folder}")
        elif folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        for number, handler in before.items():
            signal.signal(number, handler)


def _heed() -> None:
    """Each unless it is ignored, as `nohup` has it."""
    for number in ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _server(
    options: "Options",
    folder: Path,
    url: str | None,
    restart_command: str | None,
    serve: str | None,
) -> "Server":
    from parley.verify.server import (  # noqa: PLC0415  # what this command alone needs
        GivenServer,
        OwnServer,
        address,
        parley_command,
        words,
    )

    if url is not None:
        try:
            return GivenServer(address(url), restart_command, folder)
        except ValueError as error:
            give_up(f"--url can't be {url!r}. {error}", code=WRONG_USAGE)
    try:
        command = parley_command() if serve is None else words(serve)
    except ValueError as error:
        give_up(f"--serve can't be {serve!r}. {error}", code=WRONG_USAGE)
    settings = {"PARLEY_DRAIN_SECONDS": os.environ.get("PARLEY_DRAIN_SECONDS", DRAIN_SECONDS)}
    dice = random.Random(f"{options.seed} server")  # noqa: S311  # it is to be repeatable
    # Parley itself runs in the folder, so that no .env of here names a store which is in use.
    return OwnServer(command, folder, settings, dice, cwd=None if serve is None else Path.cwd())


def _chat(adapter: str) -> "Chat":
    from parley.verify.ports import Chat  # noqa: PLC0415  # what this command alone needs

    module, _, name = ADAPTERS.get(adapter, adapter).partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        if adapter in ADAPTERS and isinstance(error, ModuleNotFoundError):
            give_up(f"This needs its client library, {error.name}: install parley[verify].")
        give_up(f"There is no adapter {adapter}: {error}", code=WRONG_USAGE)
    if not (isinstance(found, type) and issubclass(found, Chat)):
        give_up(
            f"{adapter} is no adapter: it is no subclass of {Chat.__module__}.Chat",
            code=WRONG_USAGE,
        )
    chat: Chat = found()
    return chat


def _prove(options: "Options", chat: "Chat", server: "Server", name: str) -> "Verdict":
    from parley.verify.checker import examine  # noqa: PLC0415  # what this command alone needs
    from parley.verify.ports import NotNow, Unfit  # noqa: PLC0415  # what this command alone needs
    from parley.verify.report import Verdict  # noqa: PLC0415  # what this command alone needs
    from parley.verify.run import Run  # noqa: PLC0415  # what this command alone needs
    from parley.verify.server import Failed  # noqa: PLC0415  # what this command alone needs

    async def run(tell: "Tell") -> "Verdict":
        _heed_in_loop()
        proof = Run(options, chat, server, tell)
        history = await proof.history()
        return Verdict(name, options, proof.book.figures, examine(history))

    try:
        with _bar() as bar, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(run(_telling(bar)))
    except (Failed, NotNow, Unfit) as problem:
        raise NothingProved(f"Nothing could be proved: {problem}") from problem
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        _heed()  # the event loop has let go of them
        server.slay()


def _heed_in_loop() -> None:
    """There a signal can't raise: it cancels, as asyncio has it for Ctrl-C."""
    task = asyncio.current_task()
    for number in ENDINGS:
        if task is not None and signal.getsignal(number) is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)


def _bar() -> Bar:
    return Bar(
        TextColumn("{task.description:<30}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[seconds]}"),
        TextColumn("{task.fields[done]}"),
        console=Console(file=sys.stderr),
        disable=not sys.stderr.isatty(),
        transient=True,
    )


def _telling(bar: Bar) -> "Tell":
    task = bar.add_task("starting", seconds="", done="")

    def tell(now: "Progress") -> None:
        figures = now.figures
        done = f"{figures.messages:,} messages  {figures.kills()} kills  {figures.cuts} cuts  {figures.retries} retries"
        seconds = f"{now.seconds:.0f}/{now.of_seconds:.0f}"
        bar.update(
            task,
            description=now.phase,
            completed=now.seconds,
            total=now.of_seconds,
            seconds=seconds,
            done=done,
        )

    return tell


def _print(verdict: "Verdict", *, as_json: bool) -> None:
    from parley.verify import report  # noqa: PLC0415  # what this command alone needs

    _write(report.as_json(verdict).decode() if as_json else "\n".join(report.lines(verdict)))


def _print_problem(name: str, options: "Options", problem: str) -> None:
    from parley.verify import report  # noqa: PLC0415  # what this command alone needs

    _write(report.problem_as_json(name, options, problem).decode())


def _write(text: str) -> None:
    try:
        typer.echo(text)
        sys.stdout.flush()
    except OSError as error:
        if error.errno != errno.EPIPE:  # whoever stopped reading knows
            say(f"the verdict can't be written: {error.strerror}")
        with contextlib.suppress(OSError):
            sys.stdout.close()  # what is left in it would be tried again at the end
        raise SystemExit(FAILED) from error
