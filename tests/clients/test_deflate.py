"""Real clients with permessage-deflate, which Node's and browsers' offer by default."""

from pathlib import Path
from urllib.parse import quote

import pytest
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.sync.client import ClientConnection, connect

from tests.clients.conftest import HEARTBEATS
from tests.clients.javascript import Results, run_scenarios, titles
from tests.clients.test_chromium import PAGE_SECONDS, chromium, page_server
from tests.conformance.servers import Pool, Server, require_node

FILE = "scenarios.mjs"
TEXT = "much the same " * 500


@pytest.fixture(scope="module")
def deflating(meetings: Pool) -> Server:
    """It compresses nearly everything, and takes no WebSocket that does not offer it."""
    return meetings.get("ours", **HEARTBEATS, DEFLATE="1")


@pytest.fixture(scope="module", params=["websocket", "upgrade"])
def javascript(request: pytest.FixtureRequest, deflating: Server) -> Results:
    require_node()
    return run_scenarios("socket.io-client", request.param, deflating, FILE)


@pytest.mark.parametrize("title", titles(FILE))
def test_the_official_client(javascript: Results, title: str) -> None:
    assert javascript[title] == "ok", javascript[title]


@pytest.fixture(scope="module")
def browser(deflating: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Results]:
    require_node()
    profile: Path = tmp_path_factory.mktemp("chromium")
    with page_server() as pages:
        page = f"http://127.0.0.1:{pages.server_port}/page.html?server={quote(deflating.http)}"
        with chromium(page, profile):
            return pages.results.get(timeout=PAGE_SECONDS)


@pytest.mark.parametrize("title", titles(FILE))
def test_a_browser(browser: dict[str, Results], title: str) -> None:
    assert browser["websocket"][title] == "ok", browser["websocket"][title]


FACTORIES = {
    "by default": ClientPerMessageDeflateFactory(),
    "without contexts": ClientPerMessageDeflateFactory(
        server_no_context_takeover=True, client_no_context_takeover=True
    ),
    "in small windows": ClientPerMessageDeflateFactory(
        server_max_window_bits=9, client_max_window_bits=9
    ),
}


@pytest.mark.parametrize("factory", FACTORIES.values(), ids=FACTORIES)
def test_the_websockets_library(deflating: Server, factory: ClientPerMessageDeflateFactory) -> None:
    url = f"{deflating.ws}/socket.io/?EIO=4&transport=websocket"
    with connect(url, compression=None, extensions=[factory]) as client:
        assert [each.name for each in client.protocol.extensions] == ["permessage-deflate"]
        client.send("40")
        for number in range(3):
            client.send(f'42{number}["give","{TEXT}{number}"]')
            assert answer(client, f"43{number}") == f'43{number}["{TEXT}{number}"]'


def answer(client: ClientConnection, beginning: str) -> str:
    """The next packet that begins so; heartbeats in between are answered."""
    while not (packet := str(client.recv(timeout=30))).startswith(beginning):
        if packet == "2":
            client.send("3")
    return packet
