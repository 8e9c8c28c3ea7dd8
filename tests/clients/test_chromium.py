"""The official client's browser bundle on a page in headless Chromium."""

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.clients.javascript import TRANSPORTS, Results, titles
from tests.conformance.servers import JS, Server, require_node

PAGE_SECONDS = 90
FILES = {
    "/page.html": (JS / "page.html", "text/html"),
    "/run.mjs": (JS / "run.mjs", "text/javascript"),
    "/scenarios.mjs": (JS / "scenarios.mjs", "text/javascript"),
    "/socket.io.js": (JS / "node_modules/socket.io-client/dist/socket.io.js", "text/javascript"),
}
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class PageServer(ThreadingHTTPServer):
    """Serves the page and its scripts, and keeps what the page posts back."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), PageHandler)
        self.results: queue.Queue[dict[str, Results]] = queue.Queue()


class PageHandler(BaseHTTPRequestHandler):
    server: PageServer

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path not in FILES:
            self.send_error(404)
            return
        file, kind = FILES[path]
        self._answer(file.read_bytes(), kind)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self._answer(b"", "text/plain")
        self.server.results.put(json.loads(body))

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", f"{kind}; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Requests are of no interest here."""


@contextmanager
def page_server() -> Iterator[PageServer]:
    with PageServer() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def chromium(url: str, profile: Path) -> Iterator[None]:
    command = shutil.which("chromium") or shutil.which("chromium-browser")
    if command is None:
        pytest.skip("chromium is not installed")
    browser = subprocess.Popen(
        [command, *FLAGS, f"--user-data-dir={profile}", url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        browser.terminate()
        browser.wait()


@pytest.fixture(scope="module")
def results(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Results]:
    require_node()  # for the bundle, which npm installs
    profile = tmp_path_factory.mktemp("chromium")
    with page_server() as pages:
        page = f"http://127.0.0.1:{pages.server_port}/page.html?server={quote(server.http)}"
        with chromium(page, profile):
            return pages.results.get(timeout=PAGE_SECONDS)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("title", titles("scenarios.mjs"))
def test_a_browser(results: dict[str, Results], transport: str, title: str) -> None:
    assert results[transport][title] == "ok", results[transport][title]
