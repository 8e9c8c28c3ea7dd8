"""`parley admin`: the accounts, as whoever runs the server sees and changes them."""

import sys
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from msgspec import Struct
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from parley.cli.asking import asked, print_json
from parley.control import protocol
from parley.control.protocol import Ask

T = TypeVar("T", bound=Struct)

app = typer.Typer(
    help="Create, find and change accounts, through the running server where there is one.",
    no_args_is_help=True,
)

Who = Annotated[str, typer.Argument(help="A username, an e-mail address or an id.")]
Data = Annotated[
    Path | None, typer.Option("--data", help="Data folder.", show_default="./data", metavar="PATH")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]
FromStdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from stdin instead of making one."),
]


@app.command()
def create(
    username: Annotated[str | None, typer.Argument(help="May be left out with --email.")] = None,
    *,
    email: Annotated[str | None, typer.Option(help="Their e-mail address.")] = None,
    display_name: Annotated[str | None, typer.Option(help="How others see them.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Make them an admin.")] = False,
    password_stdin: FromStdin = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Make an account, with a new password that is shown once."""
    ask = protocol.CreateAccount(
        username=username,
        email=email,
        display_name=display_name,
        password=_password(password_stdin),
        admin=admin,
    )
    done = _asked(ask, data, as_json=as_json)
    if done is not None:
        _print_password("Created", done)


@app.command(name="list")
def show_all(
    query: Annotated[
        str, typer.Argument(help="How a username or display name begins; all where left out.")
    ] = "",
    limit: Annotated[int, typer.Option(help="The most accounts of a page.")] = 50,
    after: Annotated[str, typer.Option(help="Go on after what the page before said.")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List accounts, a page at a time."""
    page = _asked(
        protocol.ListAccounts(query=query, after=after, limit=limit), data, as_json=as_json
    )
    if page is not None:
        table = _table("username", "display name", "e-mail", "role", "", "id")
        for one in page.items:
            disabled = "disabled" if one.disabled_at else ""
            cells = (one.username, one.display_name, one.email, one.role, disabled, one.user_id)
            table.add_row(*(escape(cell or "") for cell in cells))
        if page.next is not None:
            table.caption = f"More: --after {escape(page.next)}"
            table.caption_justify = "left"
        Console().print(table)


@app.command()
def show(who: Who, data: Data = None, as_json: AsJson = False) -> None:
    """Show an account, and where it is signed in."""
    account = _asked(protocol.ShowAccount(who=who), data, as_json=as_json)
    if account is not None:
        about = Table(box=None, show_header=False)
        for name in protocol.Account.__struct_fields__:
            value = getattr(account, name)
            about.add_row(name.replace("_", " "), escape("" if value is None else str(value)))
        Console().print(about)
        sessions = _table("session", "device", "address", "since", "last used")
        for one in account.sessions:
            cells = (one.session_id, one.device, one.address, one.created_at, one.used_at)
            sessions.add_row(*map(escape, cells))
        Console().print(sessions)


@app.command()
def reset_password(
    who: Who, password_stdin: FromStdin = False, data: Data = None, as_json: AsJson = False
) -> None:
    """Set another password, which is shown once, and end all sessions."""
    ask = protocol.ResetPassword(who=who, password=_password(password_stdin))
    done = _asked(ask, data, as_json=as_json)
    if done is not None:
        _print_password("Another password is set for", done)


@app.command()
def revoke_sessions(who: Who, data: Data = None, as_json: AsJson = False) -> None:
    """End all sessions and close their sockets."""
    done = _asked(protocol.RevokeSessions(who=who), data, as_json=as_json)
    if done is not None:
        typer.echo(f"Ended {_sessions(done.ended)} of {_named(done.account)}.")


@app.command()
def promote(who: Who, data: Data = None, as_json: AsJson = False) -> None:
    """Make somebody an admin."""
    account = _asked(protocol.SetRole(who=who, admin=True), data, as_json=as_json)
    if account is not None:
        typer.echo(f"{_named(account)} is an admin.")


@app.command()
def demote(who: Who, data: Data = None, as_json: AsJson = False) -> None:
    """Make an admin an ordinary person again."""
    account = _asked(protocol.SetRole(who=who, admin=False), data, as_json=as_json)
    if account is not None:
        typer.echo(f"{_named(account)} is no admin.")


@app.command()
def disable(who: Who, data: Data = None, as_json: AsJson = False) -> None:
    """Let nobody sign in with this account, and end its sessions. What it wrote stays."""
    done = _asked(protocol.SetDisabled(who=who, disabled=True), data, as_json=as_json)
    if done is not None:
        typer.echo(f"{_named(done.account)} is disabled; ended {_sessions(done.ended)}.")


@app.command()
def enable(who: Who, data: Data = None, as_json: AsJson = False) -> None:
    """Let a disabled account sign in again."""
    done = _asked(protocol.SetDisabled(who=who, disabled=False), data, as_json=as_json)
    if done is not None:
        typer.echo(f"{_named(done.account)} is enabled.")


def _asked(ask: Ask[T], data: Path | None, *, as_json: bool) -> T | None:
    """The answer, to be printed in words; None where it was printed as JSON. Ends the program where there is none."""
    answer = asked(ask, data)
    if not as_json:
        return answer
    print_json(answer)
    return None


def _password(from_stdin: bool) -> str | None:
    """Never a flag: other people of this machine could read it in the list of processes."""
    return sys.stdin.readline().rstrip("\r\n") if from_stdin else None


def _print_password(what: str, done: protocol.PasswordSet) -> None:
    ended = f"; ended {_sessions(done.ended)}" if done.ended else ""
    typer.echo(f"{what} {_named(done.account)}{ended}.")
    if done.password is not None:
        typer.echo(f"Password, shown this once: {done.password}")


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _named(account: protocol.Account) -> str:
    return account.username or account.email or account.user_id


def _sessions(count: int) -> str:
    return f"{count} session" if count == 1 else f"{count} sessions"
