"""`/v1/auth/verify-email`: showing that an address is one's own."""

from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from parley.api.authentication import Doorkeeper
from parley.api.cookies import REFRESH_PATH
from parley.api.requests import Body, JsonRequest, address
from parley.api.routes import OPEN, route
from parley.model.errors import Kind
from parley.services.emails import Emails


class VerifyEmail(Body, frozen=True, kw_only=True):
    """`code` is what the mail says. Left out, by whoever is signed in, it is mailed again."""

    code: str | None = None


class EmailRoutes:
    def __init__(self, *, emails: Emails, door: Doorkeeper) -> None:
        self._emails = emails
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            route(
                "POST",
                f"{REFRESH_PATH}/verify-email",
                self.verify_email,
                tag="auth",
                door=None,
                refusals=(*OPEN, Kind.UNAUTHENTICATED, Kind.FORBIDDEN, Kind.CONFLICT),
                status=204,
            )
        ]

    async def verify_email(
        self, request: JsonRequest, data: JSONBody[VerifyEmail | None] = None
    ) -> None:
        """Show that an address is one's own by the code that was mailed there. Without a code: have it mailed again.

        The code is enough: it may be shown where one is not signed in.
        """
        if data is not None and data.code is not None:
            await self._emails.verify(data.code, address(request))
        else:
            await self._emails.ask(await self._door.identity(request), address(request))
