"""Every setting, once: its name, type, limits, default and meaning; and the only reader of where they come from."""

import difflib
import re
import typing
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from dotenv import dotenv_values
from msgspec import Meta, Struct

PREFIX: Final = "PARLEY_"
PLACEHOLDER: Final = re.compile(
    r"change.?me|placeholder|example|your.?secret|secret.?key", re.IGNORECASE
)
SECRET_CHARACTERS: Final = 32

# A pattern is of a text; of a text or nothing it would be of no type.
Origin = Annotated[str, Meta(pattern=r"^https?://[^/\s]+$")]
Address = Annotated[str, Meta(pattern=r"^https?://[^\s?#]+$")]
MailServer = Annotated[str, Meta(pattern=r"^smtps?://(?:[^/@\s]*@)?[^/@\s]+/?$")]
Token = Annotated[str, Meta(pattern=r"^[!-~]{16,}$")]


class Settings(Struct, frozen=True, kw_only=True):
    """How this process is to run. The variable of `max_body_bytes` is PARLEY_MAX_BODY_BYTES, and so on."""

    host: Annotated[
        str, Meta(description="Address to listen on; 0.0.0.0 for all of IPv4, :: for all.")
    ] = "127.0.0.1"
    port: Annotated[
        int, Meta(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    ] = 8000
    data: Annotated[
        Path,
        Meta(
            description="Folder with everything that is kept: database, secret. One process owns it."
        ),
    ] = Path("data")
    allow_network_data: Annotated[
        bool,
        Meta(
            description="Use the data folder even on a network file system, where SQLite can lose data."
        ),
    ] = False
    environment: Annotated[
        Literal["development", "production"],
        Meta(description="Production demands a real secret and marks cookies Secure."),
    ] = "development"
    secret: Annotated[
        str | None,
        Meta(
            description="Signs what the server hands out, at least 32 characters. "
            "Not set: development makes one and keeps it in the data folder.",
            extra={"secret": True},
        ),
    ] = None
    store: Annotated[
        str,
        Meta(
            pattern=r"^(sqlite|mongodb(\+srv)?://\S+)$",
            description="Where conversations and accounts are kept: `sqlite`, in the data folder, or a MongoDB.",
            extra={"allowed": "sqlite, or an address such as mongodb://host/database"},
        ),
    ] = "sqlite"
    mongodb_timeout_seconds: Annotated[
        float,
        Meta(gt=0, le=300, description="How long one call to MongoDB may take, with its retries."),
    ] = 5.0
    mongodb_connections: Annotated[
        int, Meta(ge=2, description="Most connections that this node opens to MongoDB.")
    ] = 50
    allow_several_nodes: Annotated[
        bool,
        Meta(
            description="Start though another node lives on the same MongoDB and the bus is in-process: neither hears "
            "of what happens on the other. For tests."
        ),
    ] = False
    synchronous: Annotated[
        Literal["FULL", "NORMAL"],
        Meta(
            description="SQLite's commits: FULL survives a power cut, NORMAL only a crash of the process."
        ),
    ] = "FULL"
    bus: Annotated[
        Literal["in-process"], Meta(description="How nodes hear of each other's entries.")
    ] = "in-process"
    cors_origins: Annotated[
        tuple[Origin, ...],
        Meta(
            description="Other sites whose pages may call this server, separated by commas.",
            extra={"allowed": "origins such as https://chat.example.org, separated by commas"},
        ),
    ] = ()
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="Proxies whose X-Forwarded-For and -Proto are believed, separated by commas.",
            extra={"allowed": "addresses or networks, separated by commas"},
        ),
    ] = ("127.0.0.1", "::1")
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="The least severe lines that are logged."),
    ] = "info"
    log_format: Annotated[
        Literal["console", "json"],
        Meta(description="Log lines for people, or one JSON object a line."),
    ] = "console"
    access_log: Annotated[bool, Meta(description="Log a line per HTTP request.")] = False
    metrics_token: Annotated[
        Token | None,
        Meta(
            description="Whoever shows this as a bearer token reads `/metrics`. Not set: it is not on the port that "
            "people use.",
            extra={"secret": True, "allowed": "16 or more letters, digits and signs"},
        ),
    ] = None
    metrics_port: Annotated[
        int,
        Meta(
            ge=0,
            le=65535,
            description="A port of its own for `/metrics`, without a token: whoever reaches it reads. 0 is for none.",
        ),
    ] = 0
    metrics_host: Annotated[
        str, Meta(description="Address of that port; keep it off the internet.")
    ] = "127.0.0.1"
    max_body_bytes: Annotated[int, Meta(ge=1024, description="Largest body of a REST request.")] = (
        1_048_576
    )
    max_packet_bytes: Annotated[
        int,
        Meta(
            ge=1024,
            description="Largest WebSocket frame, message and Engine.IO payload from a client.",
        ),
    ] = 1_048_576
    ping_interval_seconds: Annotated[
        float, Meta(gt=0, le=3600, description="How often the server pings a socket.")
    ] = 25.0
    ping_timeout_seconds: Annotated[
        float, Meta(gt=0, le=3600, description="How long a socket may take to answer a ping.")
    ] = 20.0
    connect_timeout_seconds: Annotated[
        float, Meta(gt=0, le=3600, description="How long a new connection may take to sign in.")
    ] = 45.0
    access_token_minutes: Annotated[
        int, Meta(ge=1, le=1440, description="How long an access token is good.")
    ] = 15
    refresh_days: Annotated[
        int, Meta(ge=1, le=3650, description="How long an unused session stays signed in.")
    ] = 30
    max_sessions_per_person: Annotated[
        int,
        Meta(
            ge=1,
            description="How many devices a person may be signed in on; the one longest unused is signed out.",
        ),
    ] = 50
    registration: Annotated[
        Literal["open", "closed"],
        Meta(description="Whether people may make accounts by themselves."),
    ] = "open"
    registrations_per_minute: Annotated[
        int, Meta(ge=0, description="Most accounts made from one address; 0 for no limit.")
    ] = 30
    tries_per_minute: Annotated[
        int,
        Meta(
            ge=1,
            description="How often a password may be tried, by name and address; twice as often at once.",
        ),
    ] = 5
    smtp_url: Annotated[
        MailServer | None,
        Meta(
            description="How mail is sent: by smtp:// (with STARTTLS where there is a password) or smtps://. "
            "Not set: it is printed to the log.",
            extra={"allowed": "an address such as smtps://name:password@mail.example.org"},
        ),
    ] = None
    mail_from: Annotated[
        str,
        Meta(
            pattern=r"^[^\r\n]+@[^\s@>]+>?$",
            description="The sender of mail.",
            extra={"allowed": "an address such as chat@example.org or Chat <chat@example.org>"},
        ),
    ] = "Parley <parley@localhost>"
    public_url: Annotated[
        Address | None,
        Meta(
            description="Where people's client is, for links in mails. Not set: mails carry codes alone.",
            extra={"allowed": "an address such as https://chat.example.org"},
        ),
    ] = None
    max_members_at_creation: Annotated[
        int, Meta(ge=1, description="Most people whom a conversation can be created with.")
    ] = 200
    max_group_members: Annotated[int, Meta(ge=2, description="Most members of a group.")] = 5_000
    max_typing_members: Annotated[
        int,
        Meta(
            ge=0,
            description="Most members of a conversation in which they are told who is typing; 0 for never.",
        ),
    ] = 200
    presence_grace_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=3600,
            description="How long somebody whose last connection went is still shown as online.",
        ),
    ] = 10.0
    contacts: Annotated[
        Literal["open", "by-request"],
        Meta(description="Whether anyone can be put on one's list of contacts, or is asked first."),
    ] = "open"
    contacts_by_email: Annotated[
        bool,
        Meta(
            description="Whether people can be added by an e-mail address; who adds one learns whether it is anyone's."
        ),
    ] = True
    max_contacts: Annotated[
        int, Meta(ge=1, description="Most contacts of a person, and most requests each way.")
    ] = 5_000
    max_blocks: Annotated[
        int, Meta(ge=1, description="Most people whom a person may have blocked.")
    ] = 1_000
    max_conversations: Annotated[
        int, Meta(ge=1, le=20_000, description="Most conversations that a person may be in.")
    ] = 10_000
    max_sockets: Annotated[
        int, Meta(ge=1, description="Most sockets of a person at a time, on one node.")
    ] = 50
    max_emoji: Annotated[int, Meta(ge=1, description="Most different reactions to a message.")] = 50
    max_pins: Annotated[
        int, Meta(ge=0, description="Most messages that a conversation may have pinned.")
    ] = 100
    commands_per_second: Annotated[
        float,
        Meta(
            ge=0,
            description="Most commands of a person over their sockets; of every rate, ten seconds' worth may come at "
            "once, and 0 is for no bound.",
        ),
    ] = 200.0
    requests_per_second: Annotated[
        float,
        Meta(
            ge=0,
            description="Most REST requests of a person, and of an address those that don't show who asks.",
        ),
    ] = 100.0
    messages_per_second: Annotated[
        float, Meta(ge=0, description="Most messages that a conversation takes.")
    ] = 500.0
    reactions_per_second: Annotated[
        float, Meta(ge=0, description="How often a person may react.")
    ] = 5.0
    max_bans: Annotated[
        int, Meta(ge=1, description="Most people who may be banned from a group or room.")
    ] = 1_000
    max_room_members: Annotated[int, Meta(ge=2, description="Most members of a room.")] = 100_000
    awake_conversations: Annotated[
        int, Meta(ge=1, description="How many conversations' states are kept in memory.")
    ] = 10_000
    recovery: Annotated[
        Literal["on-request", "always", "never"],
        Meta(
            description="Whether Socket.IO clients get back what they missed by themselves: those that ask with "
            "`auth: {recover: true}`, or all, of which handlers of fixed arity fail at one more argument."
        ),
    ] = "on-request"
    max_recovery_entries: Annotated[
        int,
        Meta(
            ge=1,
            description="Most entries given back to a recovered connection; who missed more catches up by `sync`.",
        ),
    ] = 500
    max_recovery_bytes: Annotated[
        int,
        Meta(ge=1024, description="Most bytes of entries given back to a recovered connection."),
    ] = 512_000
    max_outbox_bytes: Annotated[
        int,
        Meta(
            ge=65536,
            description="What may wait for a socket that does not read, before it is cut to come back.",
        ),
    ] = 2_097_152
    drain_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=3600,
            description="How long stopping may take before what is left is cut off; sockets go over a quarter of it.",
        ),
    ] = 10.0

    def __repr__(self) -> str:
        shown = (f"{field.name}={field.display(getattr(self, field.name))}" for field in fields())
        return f"Settings({', '.join(shown)})"


class Source(StrEnum):
    """Where a value came from; the first one that has a value wins."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    DOTENV = ".env"
    DEFAULT = "default"


class Reading(Struct, frozen=True):
    """The settings in force, where each came from, and what was odd."""

    settings: Settings
    sources: Mapping[str, Source]
    warnings: tuple[str, ...]


class SettingsError(Exception):
    """Settings that can't be used; one sentence a problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class Field(Struct, frozen=True):
    """What is known of one setting; `allowed` says in words what may be given."""

    name: str
    annotation: object
    default: object
    meaning: str
    allowed: str
    secret: bool

    @property
    def variable(self) -> str:
        return PREFIX + self.name.upper()

    def parse(self, text: str) -> object:
        """The value written as `text`.

        Raises:
            ValueError: It is not what `allowed` says.
        """
        raw = [part.strip() for part in text.split(",") if part.strip()] if self._is_list else text
        return msgspec.convert(raw, self.annotation, strict=False, dec_hook=_build)

    def display(self, value: object) -> str:
        """The value as it is written in a variable, or that it is hidden."""
        if self.secret and value is not None:
            return "(hidden)"
        if isinstance(value, tuple):
            return ",".join(value)
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str):
            return without_credentials(value)
        return "" if value is None else str(value)

    @property
    def _is_list(self) -> bool:
        return isinstance(self.default, tuple)


def fields() -> tuple[Field, ...]:
    """Every setting, in the order of `Settings`."""
    hints = typing.get_type_hints(Settings, include_extras=True)
    defaults = {field.name: field.default for field in msgspec.structs.fields(Settings)}
    return tuple(_field(name, hint, defaults[name]) for name, hint in hints.items())


def read(flags: Mapping[str, object], environ: Mapping[str, str], folder: Path) -> Reading:
    """Settings by precedence: flags (None: not given), the environment, `.env` in `folder`, defaults.

    An empty value counts as not given. Nothing in the environment is changed.

    Raises:
        SettingsError: With every problem, not only the first.
    """
    dotenv = {
        key: value for key, value in dotenv_values(folder / ".env").items() if value is not None
    }
    values: dict[str, object] = {}
    sources: dict[str, Source] = {}
    problems: list[str] = []
    for field in fields():
        source, where, text = _find(field, flags, environ, dotenv)
        sources[field.name] = source
        if source is Source.DEFAULT:
            continue
        try:
            values[field.name] = field.parse(text)
        except ValueError:
            given = "what was given" if field.secret else f"'{without_credentials(text)}'"
            problems.append(f"{where} can't be {given}: give {field.allowed}.")
    settings = Settings(**values)  # type: ignore[arg-type]  # each value was converted to its field's own type
    problems += _contradictions(settings)
    if problems:
        raise SettingsError(problems)
    return Reading(settings, sources, tuple(_unknown({**dotenv, **environ})))


def _field(name: str, hint: object, default: object) -> Field:
    meta = next(part for part in typing.get_args(hint)[1:] if isinstance(part, Meta))
    extra = meta.extra or {}
    allowed = extra.get("allowed") or _allowed(typing.get_args(hint)[0], meta)
    return Field(name, hint, default, meta.description or "", allowed, bool(extra.get("secret")))


def _allowed(kind: object, meta: Meta) -> str:
    if typing.get_origin(kind) is Literal:
        return " or ".join(map(str, typing.get_args(kind)))
    if kind is bool:
        return "true or false"
    if kind not in {int, float}:
        return "a path" if kind is Path else "a text"
    number = "a whole number" if kind is int else "a number"
    least = f"above {meta.gt}" if meta.gt is not None else f"from {meta.ge}"
    return f"{number} {least} on" if meta.le is None else f"{number} {least} to {meta.le}"


def _build(kind: type, value: object) -> object:
    return kind(value)


def _find(
    field: Field, flags: Mapping[str, object], environ: Mapping[str, str], dotenv: Mapping[str, str]
) -> tuple[Source, str, str]:
    if (flag := flags.get(field.name)) is not None:
        return Source.FLAG, f"--{field.name.replace('_', '-')}", str(flag)
    if text := environ.get(field.variable):
        return Source.ENVIRONMENT, field.variable, text
    if text := dotenv.get(field.variable):
        return Source.DOTENV, f"{field.variable} in .env", text
    return Source.DEFAULT, "", ""


def without_credentials(text: str) -> str:
    return re.sub(r"//[^/@]*@", "//…@", text)


def _contradictions(settings: Settings) -> Iterator[str]:
    if settings.environment == "production":
        secret = settings.secret or ""
        if len(secret) < SECRET_CHARACTERS or PLACEHOLDER.search(secret):
            yield (
                f"{PREFIX}SECRET must be a random text of at least {SECRET_CHARACTERS} characters in production; "
                "`openssl rand -base64 32` makes one."
            )

    if settings.max_recovery_bytes > settings.max_outbox_bytes:
        yield (
            f"{PREFIX}MAX_RECOVERY_BYTES must not be above {PREFIX}MAX_OUTBOX_BYTES: "
            "who is given back more would be cut for it."
        )


def _unknown(given: Mapping[str, str]) -> Iterator[str]:
    known = [field.variable.removeprefix(PREFIX) for field in fields()]
    for variable in sorted(given):
        name = variable.removeprefix(PREFIX)
        if name != variable and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {PREFIX}{near[0]}?" if near else ""
            yield f"{variable} is no setting of Parley and is ignored.{hint}"
