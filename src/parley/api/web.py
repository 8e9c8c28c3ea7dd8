"""The web client: its page at `/`, under `/chat/` and where mails link to, and the page's files."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from typing import Annotated, Final

from litestar import HttpMethod, MediaType, Response, route
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter
from litestar.types import AnyCallable
from msgspec import Struct

from parley.api.requests import JsonRequest
from parley.model.errors import NotFound

PAGE: Final = "index.html"
ASSETS: Final = "assets/"
PLACES: Final = ["/", "/chat", "/chat/{rest:path}", "/reset-password", "/verify-email"]

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; manifest-src 'self'; media-src 'self' blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
FOR_EVER: Final = "public, max-age=31536000, immutable"
"""Of assets: their names hold a hash of what is in them."""

ASK_FIRST: Final = "no-cache"

WITHOUT: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Parley</title>
<h1>Parley is running</h1>
<p>Its web client is not built. With npm and Node.js 20.19 or newer installed, <code>make run</code> builds it.</p>
<p>The API is described at <a href="/docs">/docs</a>.</p></html>
"""


class File(Struct, frozen=True):
    """A file as it is answered; `packed` is None where gzip gains nothing."""

    plain: bytes
    packed: bytes | None
    media_type: str
    tag: str


class WebRoutes:
    """Everything is in memory from the start: no request can name a file that is not of the client."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = {path: _file(path, content) for path, content in files.items()}

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            _hidden(PLACES, self.page),
            _hidden(["/assets/{name:str}"], self.asset),
            *(
                _hidden([f"/{path}"], self.file)
                for path in self._files
                if "/" not in path and path != PAGE
            ),
        ]

    def page(self, request: JsonRequest) -> Response[bytes]:
        """The page, whichever of its places is meant."""
        page = self._files.get(PAGE)
        if page is None:
            return _answer(request, _file(PAGE, WITHOUT.encode()), ASK_FIRST)
        return _answer(request, page, ASK_FIRST)

    def asset(self, request: JsonRequest, name: Annotated[str, PathParameter()]) -> Response[bytes]:
        """What the page loads."""
        return _answer(request, self._found(ASSETS + name), FOR_EVER)

    def file(self, request: JsonRequest) -> Response[bytes]:
        """What has a name for ever, such as the icon."""
        return _answer(request, self._found(request.url.path.lstrip("/")), ASK_FIRST)

    def _found(self, path: str) -> File:
        file = self._files.get(path)
        if file is None:
            raise NotFound("There is no such file.")
        return file


def _hidden(paths: list[str], handler: AnyCallable) -> HTTPRouteHandler:
    """A route that the API's description does not have."""
    methods = [HttpMethod.GET, HttpMethod.HEAD]
    made: HTTPRouteHandler = route(
        paths, http_method=methods, include_in_schema=False, sync_to_thread=False
    )(handler)
    return made


def _file(path: str, content: bytes) -> File:
    packed = gzip.compress(content, 9, mtime=0)
    return File(
        plain=content,
        packed=packed if len(packed) < len(content) else None,
        media_type=mimetypes.guess_type(path)[0] or "application/octet-stream",
        tag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
    )


def _answer(request: JsonRequest, file: File, caching: str) -> Response[bytes]:
    headers = {
        "Cache-Control": caching,
        "Content-Security-Policy": POLICY,
        "ETag": file.tag,
        "Vary": "Accept-Encoding",
    }
    if file.tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=MediaType.TEXT)
    content = file.plain
    if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["Content-Encoding"] = file.packed, "gzip"
    return Response(content, headers=headers, media_type=file.media_type)
