"""The web client's page and files, as browsers get them."""

import pytest

from tests.api.conftest import app_of, client_of

PAGE = b"<!doctype html><title>Parley</title>" + b" " * 500
SCRIPT = b"console.log('hello');" * 40
FILES = {"index.html": PAGE, "assets/main-abc123.js": SCRIPT, "icon.svg": b"<svg/>"}


@pytest.fixture
async def browser(house):
    async with client_of(app_of(house, web=FILES)) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/", "/chat", "/chat/abc/def", "/reset-password", "/verify-email"]
)
async def test_every_place_of_the_client_is_its_page_which_is_asked_for_anew(browser, path):
    answer = await browser.get(path)
    assert answer.content == PAGE
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


async def test_the_page_may_be_asked_about(browser):
    answer = await browser.head("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


async def test_an_asset_is_kept_for_ever_since_its_name_changes_with_it(browser):
    answer = await browser.get("/assets/main-abc123.js")
    assert answer.content == SCRIPT
    assert "javascript" in answer.headers["content-type"]
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_a_file_with_a_name_for_ever_is_asked_for_anew(browser):
    answer = await browser.get("/icon.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["cache-control"] == "no-cache"


async def test_nothing_runs_on_the_page_but_its_own_scripts(browser):
    policy = (await browser.get("/")).headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"


async def test_a_page_that_has_not_changed_is_not_sent_again(browser):
    tag = (await browser.get("/")).headers["etag"]
    again = await browser.get("/", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


async def test_files_come_packed_for_those_who_unpack_them(browser):
    answer = await browser.get("/assets/main-abc123.js")
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(SCRIPT)
    assert answer.content == SCRIPT
    plain = await browser.get("/assets/main-abc123.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["/assets/other.js", "/assets/..%2findex.html", "/elsewhere"])
async def test_what_is_not_of_the_client_is_not_found(browser, path):
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


async def test_without_the_client_the_front_says_how_to_get_it_and_where_the_api_is(nobody):
    answer = await nobody.get("/")
    assert answer.status_code == 200
    assert "make run" in answer.text
    assert 'href="/docs"' in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_the_description_of_the_api_stays_where_it_was(browser):
    assert (await browser.get("/docs")).status_code == 200
