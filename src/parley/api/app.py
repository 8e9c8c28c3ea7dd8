"""The REST application: every route behind the same errors, headers and limits."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from parley.api import health
from parley.api.administration import AdministrationRoutes
from parley.api.auth import AuthRoutes
from parley.api.authentication import Doorkeeper
from parley.api.bans import BanRoutes
from parley.api.blocks import BlockRoutes
from parley.api.contacts import ContactRoutes
from parley.api.conversations import ConversationRoutes
from parley.api.cookies import Cookies
from parley.api.documentation import description, openapi
from parley.api.emails import EmailRoutes
from parley.api.erasures import ErasureRoutes
from parley.api.errors import HANDLERS
from parley.api.happenings import HappeningRoutes
from parley.api.headers import Headers
from parley.api.marks import MarkRoutes
from parley.api.messages import MessageRoutes
from parley.api.metrics import Readings, metrics
from parley.api.passwords import PasswordRoutes
from parley.api.pins import PinRoutes
from parley.api.preferences import PreferenceRoutes
from parley.api.presence import PresenceRoutes
from parley.api.profiles import ProfileRoutes
from parley.api.reactions import ReactionRoutes
from parley.api.requests import JsonRequest
from parley.api.rooms import RoomRoutes
from parley.api.schemas import AnyEntrySchema, BodySchema
from parley.api.sessions import SessionRoutes
from parley.api.sync import SyncRoutes
from parley.api.users import UserRoutes
from parley.api.web import WebRoutes
from parley.model.origins import Origins
from parley.model.rates import Rate, unlimited
from parley.services.accounts import Accounts
from parley.services.administration import Administration
from parley.services.bans import Bans
from parley.services.blocks import Blocks
from parley.services.contacts import Contacts
from parley.services.conversations import Conversations
from parley.services.emails import Emails
from parley.services.erasures import Erasures
from parley.services.happenings import Happenings
from parley.services.marks import Marks
from parley.services.messages import Messages
from parley.services.passwords import Passwords
from parley.services.pins import Pins
from parley.services.preferences import Preferences
from parley.services.presence import Presences
from parley.services.profiles import Profiles
from parley.services.reactions import Reactions
from parley.services.rooms import Rooms
from parley.services.sessions import Sessions
from parley.services.sync import Sync
from parley.services.typing import Typing
from parley.services.users import Users

MOST_BODY_BYTES = 1_000_000


class Services(Struct, frozen=True, kw_only=True):
    """What the doors call."""

    accounts: Accounts
    sessions: Sessions
    passwords: Passwords
    emails: Emails
    profiles: Profiles
    erasures: Erasures
    users: Users
    contacts: Contacts
    blocks: Blocks
    bans: Bans
    conversations: Conversations
    rooms: Rooms
    administration: Administration
    preferences: Preferences
    messages: Messages
    reactions: Reactions
    pins: Pins
    happenings: Happenings
    marks: Marks
    presence: Presences
    typing: Typing
    sync: Sync


def create_app(
    services: Services,
    *,
    not_ready: Callable[[], str | None],
    draining: Callable[[], bool] = lambda: False,
    epoch: str,
    version: str,
    cookies: Cookies,
    origins: Origins,
    tls: bool,
    web: Mapping[str, bytes] = MappingProxyType({}),
    most_body_bytes: int = MOST_BODY_BYTES,
    readings: Readings | None = None,
    asking: Rate = unlimited,
) -> Litestar:
    """The application.

    Args:
        services: What the routes call.
        not_ready: The reason against sending requests here, if there is one.
        draining: Whether this server is stopping, so that nothing new is begun.
        epoch: The store's.
        version: Parley's, for the description of the API.
        cookies: What browsers keep.
        origins: Whose pages may act for them.
        tls: Whether clients reach this by TLS, so that browsers may be told to insist on it.
        web: The web client's files by path; none where it is not built.
        most_body_bytes: Larger bodies are refused while they are read.
        readings: What `/metrics` shows, and to whom; nothing where it is None.
        asking: How often anybody may ask anything.
    """
    door = Doorkeeper(sessions=services.sessions, cookies=cookies, origins=origins, asking=asking)
    return Litestar(
        [
            health.alive,
            health.ready(not_ready),
            metrics(readings),
            openapi,
            *WebRoutes(web).routes(),
            *_routes(services, door, cookies, epoch),
        ],
        guards=[health.open_until(draining)],
        request_class=JsonRequest,
        request_max_body_size=most_body_bytes,
        exception_handlers=HANDLERS,
        before_send=[Headers(tls=tls)],
        cors_config=_cors(origins.allowed),
        openapi_config=description(version),
        plugins=[AnyEntrySchema(), BodySchema()],
        logging_config=None,
    )


def _routes(
    services: Services, door: Doorkeeper, cookies: Cookies, epoch: str
) -> list[HTTPRouteHandler]:
    accounts, sessions = services.accounts, services.sessions
    return [
        *AuthRoutes(accounts=accounts, sessions=sessions, door=door, cookies=cookies).routes(),
        *SessionRoutes(sessions=sessions, door=door, cookies=cookies).routes(),
        *PasswordRoutes(passwords=services.passwords, door=door).routes(),
        *EmailRoutes(emails=services.emails, door=door).routes(),
        *UserRoutes(users=services.users, door=door).routes(),
        *ProfileRoutes(profiles=services.profiles, door=door).routes(),
        *ErasureRoutes(erasures=services.erasures, door=door, cookies=cookies).routes(),
        *ContactRoutes(contacts=services.contacts, door=door).routes(),
        *BlockRoutes(blocks=services.blocks, door=door).routes(),
        *ConversationRoutes(
            conversations=services.conversations, rooms=services.rooms, door=door, epoch=epoch
        ).routes(),
        *RoomRoutes(rooms=services.rooms, door=door).routes(),
        *AdministrationRoutes(administration=services.administration, door=door).routes(),
        *BanRoutes(bans=services.bans, door=door).routes(),
        *PreferenceRoutes(preferences=services.preferences, door=door).routes(),
        *MessageRoutes(messages=services.messages, door=door).routes(),
        *ReactionRoutes(reactions=services.reactions, door=door).routes(),
        *PinRoutes(pins=services.pins, door=door).routes(),
        *HappeningRoutes(happenings=services.happenings, door=door).routes(),
        *MarkRoutes(marks=services.marks, door=door).routes(),
        *PresenceRoutes(presence=services.presence, door=door).routes(),
        *SyncRoutes(sync=services.sync, door=door).routes(),
    ]


def _cors(origins: Iterable[str]) -> CORSConfig | None:
    allowed = sorted(origins)
    if not allowed:
        return None
    return CORSConfig(
        allow_origins=allowed,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
        allow_credentials=True,
        expose_headers=["X-Request-ID", "Retry-After"],
        max_age=86_400,
    )
