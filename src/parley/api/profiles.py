"""What people say of themselves: changing it, and the picture that stands for those who have none."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType

from parley.api.authentication import Doorkeeper
from parley.api.requests import Body, Id, JsonRequest, address
from parley.api.routes import TOLD, route
from parley.model.accounts import Me
from parley.model.entries import Json
from parley.model.errors import Kind
from parley.model.ids import UserId
from parley.model.profiles import ProfileChanges
from parley.services.profiles import Profiles, WantedEmail

SVG = "image/svg+xml"
SVG_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "public, max-age=300",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""A picture, wherever it is shown: it runs nothing and loads nothing even where somebody opens it as a page."""


class ChangeMe(Body, frozen=True, kw_only=True):
    """What is absent stays; null takes it away. Changing `email` needs the `password`."""

    username: str | UnsetType = UNSET
    display_name: str | UnsetType = UNSET
    bio: str | UnsetType | None = UNSET
    avatar: str | UnsetType | None = UNSET
    status: str | UnsetType | None = UNSET
    data: Json | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    password: str | None = None


class ProfileRoutes:
    def __init__(self, *, profiles: Profiles, door: Doorkeeper) -> None:
        self._profiles = profiles
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            route("PATCH", "/v1/me", self.change_me, tag="people", door=self._door, refusals=TOLD),
            route(
                "GET",
                "/v1/users/{user_id:str}/avatar",
                self.avatar,
                tag="people",
                door=None,
                refusals=(Kind.INVALID, Kind.NOT_FOUND, Kind.UNAVAILABLE),
                media_type=SVG,
            ),
        ]

    async def change_me(self, request: JsonRequest, data: JSONBody[ChangeMe]) -> Me:
        """Change one's profile. Another e-mail address is one's own once the code that is mailed there was shown."""
        changes = ProfileChanges(
            username=data.username,
            display_name=data.display_name,
            bio=data.bio,
            avatar=data.avatar,
            status=data.status,
            data=data.data,
        )
        wanted = None
        if data.email is not UNSET:
            wanted = WantedEmail(email=data.email, password=data.password, address=address(request))
        return await self._profiles.change(request.user, changes, wanted)

    async def avatar(self, user_id: Id) -> Response[str]:
        """A picture of somebody's initials, for those who have set none. Shown without a token, as pictures are."""
        picture = await self._profiles.avatar(UserId(user_id))
        return Response(picture, media_type=SVG, headers=SVG_HEADERS)
