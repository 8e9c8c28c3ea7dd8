"""What browsers need of both doors."""

from msgspec import Struct

from parley.api.cookies import Cookies
from parley.bootstrap.core import session_lifetime_s
from parley.model.origins import Origins
from parley.settings import Settings


class Browsers(Struct, frozen=True):
    """How they stay signed in, and for whose pages."""

    cookies: Cookies
    origins: Origins


def wire_browsers(settings: Settings) -> Browsers:
    """Cookies that only a development server sends without TLS."""
    secure = settings.environment == "production"
    return Browsers(
        Cookies(secure=secure, session_lifetime_s=session_lifetime_s(settings)),
        Origins(settings.cors_origins),
    )
