"""`/v1/contacts`: one's list of people, and asking to be on somebody's."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody
from litestar.types import AsyncAnyCallable
from msgspec import UNSET, Struct, UnsetType

from parley.api import cursors
from parley.api.authentication import Doorkeeper
from parley.api.requests import Body, Cursor, Id, JsonRequest, Limit, address
from parley.api.routes import ASKED, TOLD, Method, route
from parley.model.contacts import ContactChanges, ContactStatus, ListedContact
from parley.model.entries import Json
from parley.model.ids import AnyId, UserId
from parley.services.contacts import Contacts, Whom

SO_ALREADY = ResponseSpec(ListedContact, generate_examples=False, description="It was so already")


class AddContact(Body, frozen=True, kw_only=True):
    """Exactly one of these."""

    user_id: AnyId | None = None
    username: str | None = None
    email: str | None = None


class ChangeContact(Body, frozen=True, kw_only=True):
    """What is absent stays; null takes it away."""

    name: str | UnsetType | None = UNSET
    notes: str | UnsetType | None = UNSET
    data: Json | UnsetType | None = UNSET


class ContactPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of one's list, in no order that means anything."""

    items: Sequence[ListedContact]
    next: str | None = None


class ContactRoutes:
    def __init__(self, *, contacts: Contacts, door: Doorkeeper) -> None:
        self._contacts = contacts
        self._door = door

    def routes(self) -> list[HTTPRouteHandler]:
        all_of_them, one = "/v1/contacts", "/v1/contacts/{user_id:str}"
        return [
            route("GET", all_of_them, self.page, tag="contacts", door=self._door, refusals=ASKED),
            self._tells("POST", all_of_them, self.add, status=201, besides={200: SO_ALREADY}),
            self._tells("PATCH", one, self.change),
            self._tells("DELETE", one, self.remove, status=204),
            self._tells("POST", f"{one}/accept", self.accept),
            self._tells("POST", f"{one}/decline", self.decline, status=204),
        ]

    def _tells(
        self,
        method: Method,
        path: str,
        handler: AsyncAnyCallable,
        *,
        status: int = 200,
        besides: Mapping[int, ResponseSpec] = MappingProxyType({}),
    ) -> HTTPRouteHandler:
        return route(
            method,
            path,
            handler,
            tag="contacts",
            door=self._door,
            refusals=TOLD,
            status=status,
            besides=besides,
        )

    async def page(
        self,
        request: JsonRequest,
        status: FromQuery[ContactStatus] = "accepted",
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> ContactPage:
        """My contacts; or whom I asked (`outgoing`), or who asks me (`incoming`)."""
        page = await self._contacts.page(
            request.user.user_id, status, after=cursors.text(cursor), limit=limit
        )
        return ContactPage(items=page.items, next=cursors.seal(page.next))

    async def add(
        self, request: JsonRequest, data: JSONBody[AddContact]
    ) -> Response[ListedContact]:
        """Put somebody on my list, or ask them, as this server has it. Whoever asked me is thereby accepted.

        An e-mail address that is nobody's, and one whose owner has blocked me, are both `not_found`; how often one
        may ask is bounded closely.
        """
        whom = Whom(
            user_id=UserId(data.user_id) if data.user_id is not None else None,
            username=data.username,
            email=data.email,
        )
        added = await self._contacts.add(request.user.user_id, whom, address(request))
        return Response(added.contact, status_code=201 if added.new else 200)

    async def change(
        self, request: JsonRequest, user_id: Id, data: JSONBody[ChangeContact]
    ) -> ListedContact:
        """Keep a name, notes or data of my own with somebody; nobody else sees them."""
        changes = ContactChanges(name=data.name, notes=data.notes, data=data.data)
        return await self._contacts.change(request.user.user_id, UserId(user_id), changes)

    async def remove(self, request: JsonRequest, user_id: Id) -> None:
        """Take somebody off my list, or take a request back."""
        await self._contacts.remove(request.user.user_id, UserId(user_id))

    async def accept(self, request: JsonRequest, user_id: Id) -> ListedContact:
        """Say yes to somebody who asked me."""
        return await self._contacts.accept(request.user.user_id, UserId(user_id))

    async def decline(self, request: JsonRequest, user_id: Id) -> None:
        """Say no to somebody who asked me."""
        await self._contacts.decline(request.user.user_id, UserId(user_id))
