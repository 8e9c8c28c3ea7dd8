"""Whose pages may act in the name of a signed-in browser."""

from collections.abc import Iterable
from urllib.parse import urlsplit


class Origins:
    """The server's own pages, and those of the sites that its operator allows."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self.allowed = frozenset(origin.rstrip("/").lower() for origin in allowed)

    def allows(self, origin: str | None, host: str | None, fetch_site: str | None = None) -> bool:
        """Whether a request with these `Origin`, `Host` and `Sec-Fetch-Site` headers comes from such a page.

        One's own is told by its host alone: behind a proxy that ends TLS the scheme is not known here. No page can
        choose any of these headers. Browsers leave `Origin` out where one's own page gets something, as polling does.
        """
        if origin is None:
            return fetch_site == "same-origin"
        origin = origin.lower()
        if origin in self.allowed:
            return True
        try:
            own = urlsplit(origin).netloc
        except ValueError:
            return False
        return bool(own) and host is not None and own == host.lower()
