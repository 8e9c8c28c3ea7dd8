"""The upgrade request and its answers, held to RFC 6455, section 4."""

import pytest

from parley.socketio.protocol.errors import UpgradeError
from parley.socketio.protocol.handshake import (
    accept,
    check_upgrade,
    read_headers,
    read_request,
    refuse,
)

PROPER = {
    "host": "server.example.com",
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
}


def test_the_example_of_the_specification_is_accepted() -> None:
    assert check_upgrade("GET", PROPER) == "dGhlIHNhbXBsZSBub25jZQ=="
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in accept(
        "dGhlIHNhbXBsZSBub25jZQ=="
    )


def test_tokens_are_compared_without_case_and_among_others() -> None:
    headers = PROPER | {"upgrade": "WebSocket", "connection": "keep-alive, UPGRADE"}
    assert check_upgrade("GET", headers)


@pytest.mark.parametrize(
    "change",
    [
        {"upgrade": "h2c"},
        {"upgrade": ""},
        {"connection": "keep-alive"},
        {"sec-websocket-key": "c2hvcnQ="},
        {"sec-websocket-key": "not base64 at all!"},
        {"sec-websocket-key": ""},
        {"sec-websocket-version": "8"},
        {"sec-websocket-version": ""},
    ],
)
def test_a_request_that_lacks_something_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(UpgradeError):
        check_upgrade("GET", PROPER | change)


def test_only_get_asks_for_an_upgrade() -> None:
    with pytest.raises(UpgradeError):
        check_upgrade("POST", PROPER)


def test_a_refused_version_is_told_the_right_one() -> None:
    with pytest.raises(UpgradeError) as caught:
        check_upgrade("GET", PROPER | {"sec-websocket-version": "8"})
    assert ("Sec-WebSocket-Version", "13") in caught.value.headers


def test_a_request_line_is_taken_apart() -> None:
    head = read_request(b"GET /socket.io/?EIO=4 HTTP/1.1\r\nhost: x")
    assert (head.method, head.target, head.lines) == ("GET", "/socket.io/?EIO=4", b"host: x")


@pytest.mark.parametrize("line", [b"", b"GET /", b"GET / HTTP/1.0", b"GET / a HTTP/1.1", b"\xff"])
def test_what_is_no_http_1_1_is_refused(line: bytes) -> None:
    with pytest.raises(UpgradeError):
        read_request(line + b"\r\nhost: x")


def test_repeated_headers_are_joined_and_names_are_lower_case() -> None:
    assert read_headers(b"X-A: 1\r\nx-a:2 \r\nB:  c:d\r\nnonsense") == {"x-a": "1, 2", "b": "c:d"}


def test_further_headers_go_with_the_answer() -> None:
    assert b"\r\nX-Node: 7\r\n" in accept("dGhlIHNhbXBsZSBub25jZQ==", [("X-Node", "7")])


def test_a_refusal_says_its_length_and_closes() -> None:
    answer = refuse(503, b'{"a":1}', extra=[("Retry-After", "3")])
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"Connection: close" in head
    assert b"Content-Length: 7" in head
    assert b"Retry-After: 3" in head
    assert body == b'{"a":1}'
