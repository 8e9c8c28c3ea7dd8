"""`/v1/auth/password…`: changing one's own, and getting a new one by mail."""

from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from parley.api.authentication import Doorkeeper
from parley.api.cookies import REFRESH_PATH
from parley.api.requests import Body, JsonRequest, address
from parley.api.routes import OPEN, TOLD, route
from parley.services.passwords import Passwords


class ChangePassword(Body, frozen=True, kw_only=True):
    current_password: str
    password: str


class ForgotPassword(Body, frozen=True, kw_only=True):
    email: str


class ResetPassword(Body, frozen=True, kw_only=True):
    """`code` is what the mail says."""

    code: str
    password: str


class PasswordRoutes:
    def __init__(self, *, passwords: Passwords, door: Doorkeeper) -> None:
        self._passwords = passwords
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        reset = f"{REFRESH_PATH}/password-reset"
        return [
            route(
                "POST",
                f"{REFRESH_PATH}/password",
                self.change_password,
                tag="auth",
                door=self._door,
                refusals=TOLD,
                status=204,
            ),
            route(
                "POST",
                reset,
                self.forgot_password,
                tag="auth",
                door=None,
                refusals=OPEN,
                status=204,
            ),
            route(
                "POST",
                f"{reset}/confirm",
                self.reset_password,
                tag="auth",
                door=None,
                refusals=OPEN,
                status=204,
            ),
        ]

    async def change_password(self, request: JsonRequest, data: JSONBody[ChangePassword]) -> None:
        """Set another password. This session goes on, all others are signed out."""
        await self._passwords.change(request.user, data.current_password, data.password)

    async def forgot_password(self, request: JsonRequest, data: JSONBody[ForgotPassword]) -> None:
        """Have a code for a new password mailed. The answer is the same whether somebody has this address or not."""
        self._passwords.forgot(data.email, address(request))

    async def reset_password(self, request: JsonRequest, data: JSONBody[ResetPassword]) -> None:
        """Set another password by the code that was mailed. All devices are signed out; sign in with it."""
        await self._passwords.reset(data.code, data.password, address(request))
