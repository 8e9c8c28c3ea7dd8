"""Cookies that keep a browser signed in."""

from litestar.datastructures import Cookie

from parley.model.sessions import Grant

REFRESH_PATH = "/v1/auth"


class Cookies:
    """The names and terms of both cookies: never for scripts, never sent along by other sites' unsafe requests.

    Outside development they are `Secure`, and the access cookie is `__Host-`: no sibling domain can plant one. The
    refresh cookie can't be, as it is for one path only; it outlives the browser.
    """

    def __init__(self, *, secure: bool, session_lifetime_s: int) -> None:
        self._secure = secure
        self._session_lifetime_s = session_lifetime_s
        self.access_name = "__Host-parley_access" if secure else "parley_access"
        self.refresh_name = "__Secure-parley_refresh" if secure else "parley_refresh"

    def of(self, grant: Grant) -> list[Cookie]:
        """What a browser is to keep."""
        return [
            self._cookie(self.access_name, grant.access_token, "/", grant.expires_in),
            self._cookie(
                self.refresh_name, grant.refresh_token, REFRESH_PATH, self._session_lifetime_s
            ),
        ]

    def cleared(self) -> list[Cookie]:
        """What makes a browser forget them."""
        return [
            self._cookie(self.access_name, "", "/", 0),
            self._cookie(self.refresh_name, "", REFRESH_PATH, 0),
        ]

    def _cookie(self, name: str, value: str, path: str, max_age: int) -> Cookie:
        return Cookie(
            key=name,
            value=value,
            path=path,
            max_age=max_age,
            httponly=True,
            secure=self._secure,
            samesite="lax",
        )
