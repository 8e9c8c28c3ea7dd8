"""Whose pages may act for a browser."""

import pytest

from parley.model.origins import Origins

ORIGINS = Origins(["https://App.example.org/"])


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("https://app.example.org", "chat.example.org", True),
        ("HTTPS://APP.EXAMPLE.ORG", None, True),
        ("https://chat.example.org", "chat.example.org", True),
        ("http://localhost:8000", "localhost:8000", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://localhost:3000", "localhost:8000", False),
        ("http://app.example.org", "chat.example.org", False),
        ("https://evil.example", "chat.example.org", False),
        ("https://app.example.org.evil.example", "chat.example.org", False),
        ("null", "chat.example.org", False),
        ("null", "", False),
        ("", "", False),
        ("http://[", "[", False),
        (None, "chat.example.org", False),
        ("https://chat.example.org", None, False),
    ],
)
def test_own_pages_and_allowed_sites_only(origin, host, allowed):
    assert ORIGINS.allows(origin, host) is allowed


@pytest.mark.parametrize(
    ("origin", "fetch_site", "allowed"),
    [
        (None, "same-origin", True),
        (None, "same-site", False),
        (None, "cross-site", False),
        (None, "none", False),
        ("https://evil.example", "same-origin", False),
    ],
)
def test_without_an_origin_the_browser_may_vouch_that_the_page_is_our_own(
    origin, fetch_site, allowed
):
    assert ORIGINS.allows(origin, "chat.example.org", fetch_site) is allowed
