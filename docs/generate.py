"""Writes the reference pages and the Postman collection from the code, so that both say what it does: `make docs`."""

import typing
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from docs.postman import COLLECTION, collection
from docs.shapes import described, names
from parley.api.errors import FAILED, INTERNAL, METHOD_NOT_ALLOWED, NOT_ALLOWED, status_of
from parley.gateway.commands import Commands
from parley.gateway.pushes import PUSHES
from parley.gateway.socket_commands import SocketCommands
from parley.model.entries import AnyEntry, Entry
from parley.model.errors import every_error
from parley.settings import fields

REFERENCE = Path(__file__).parent / "reference"
NOTE = "<!-- Written by `make docs` from the code; change it there. -->"


def pages() -> dict[str, str]:
    """Every reference page, by its file's name."""
    return {"settings.md": settings_page(), "errors.md": errors_page(), "events.md": events_page()}


def settings_page() -> str:
    rows = (
        (f"`{field.variable}`", code(field.display(field.default)), field.allowed, field.meaning)
        for field in fields()
    )
    return page(
        "Settings",
        "From flags, the environment, or a file `.env` in the folder where it is started, in that precedence; an empty "
        "value counts as not given. `parley settings` shows those in force.",
        table(("variable", "default", "may be", "meaning"), rows),
    )


def errors_page() -> str:
    rows = (
        (code(error.code), error.kind.value, str(status_of(error())), error.message)
        for error in every_error()
        if "code" in vars(error)
    )
    return page(
        "Errors",
        'Everywhere the same: `{"error": {"code", "message", "details"}}` over REST, '
        '`{"ok": false, "error": {…}}` in an ack. The code is stable, the message is for people. An error of any kind '
        "but `unavailable` and `rate_limited` says that this attempt is not in the log; after those two, send the same "
        "`client_id` again.",
        table(("code", "kind", "status", "message"), rows),
        f"By REST alone there are also {code(METHOD_NOT_ALLOWED.code)} ({NOT_ALLOWED}) and {code(INTERNAL.code)} "
        f"({FAILED}): of the latter, the log knows more under the answer's `X-Request-ID`.",
    )


def events_page() -> str:
    nowhere = cast("Any", None)
    commands = Commands(
        messages=nowhere,
        reactions=nowhere,
        pins=nowhere,
        marks=nowhere,
        conversations=nowhere,
        presence=nowhere,
        rooms=nowhere,
        sync=nowhere,
    ).table()
    of_sockets = SocketCommands(typing=nowhere, presence=nowhere, expiry=nowhere).table()
    payloads = [
        (event, payload) for event, (payload, _) in (*commands.items(), *of_sockets.items())
    ]
    common = names(Entry)
    return page(
        "Events",
        "Over Socket.IO, namespace `/`. A field marked `?` may be absent; `=` gives what an absent one means.",
        '## Commands\n\nFrom clients, each with one object, each acknowledged: `{"ok": true, …}` with the answer, or '
        '`{"ok": false, "error": {…}}` (see [errors](errors.md)).',
        table(
            ("event", "fields", "note"),
            ((code(event), described(payload), note(payload)) for event, payload in payloads),
        ),
        "## Entries\n\nTo clients, and in history, log and `sync` alike: the event's name is the entry's type. All "
        f"have {', '.join(map(code, common))}; fields that are at their default are left out.",
        table(
            ("type", "more fields", "note"),
            (
                (code(tag(entry)), described(entry, without=common), note(entry))
                for entry in typing.get_args(AnyEntry)
            ),
        ),
        "## State\n\nTo clients: how something is now that no log keeps. There is no seq, and what was missed is not "
        "repeated: ask.",
        table(
            ("event", "fields", "note"),
            ((code(event), described(push), note(push)) for event, push in PUSHES.items()),
        ),
    )


def tag(entry: type[Entry]) -> str:
    return str(entry.__struct_config__.tag)


def note(struct: type[Struct]) -> str:
    """The first sentence of its own docstring."""
    return " ".join((vars(struct).get("__doc__") or "").split("\n\n")[0].split())


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )


def page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", NOTE, *parts)) + "\n"


if __name__ == "__main__":
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
    COLLECTION.write_text(collection(), encoding="utf-8")
