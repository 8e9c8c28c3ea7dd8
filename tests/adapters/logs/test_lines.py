"""Log lines: everybody's, in one shape, with what is bound to them, and without secrets."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from parley.adapters.logs import lines


class Log:
    """What was logged, as JSON."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    def last(self) -> dict[str, Any]:
        return json.loads(self.text.splitlines()[-1])


def fail(message: str) -> None:
    """Log an error as a handler does that caught it."""
    try:
        raise ValueError(message)  # noqa: TRY301  # the traceback is what is tested
    except ValueError:
        structlog.get_logger("parley.test").exception("failed")


@pytest.fixture
def log() -> Iterator[Log]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    lines.configure("info", "json", stream)
    yield Log(stream)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


def test_a_line_says_when_how_severe_who_and_what(log: Log) -> None:
    structlog.get_logger("parley.test").info("started", port=8000)
    line = log.last()
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "started", "level": "info", "logger": "parley.test", "port": 8000}


def test_what_libraries_say_has_the_same_shape(log: Log) -> None:
    logging.getLogger("asyncio").warning("slow: %d ms", 5)
    assert (log.last()["event"], log.last()["level"], log.last()["logger"]) == (
        "slow: 5 ms",
        "warning",
        "asyncio",
    )


def test_what_is_less_severe_than_asked_for_is_left_out(log: Log) -> None:
    structlog.get_logger("parley.test").debug("detail")
    logging.getLogger("parley.test").debug("detail")
    assert log.text == ""


def test_a_bound_request_id_is_on_lines_of_both_kinds(log: Log) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger("parley.test").info("ours")
        assert log.last()["request_id"] == "r1"
        logging.getLogger("library").warning("theirs")
        assert log.last()["request_id"] == "r1"


@pytest.mark.parametrize(
    "name",
    ["password", "token", "refresh_token", "Authorization", "cookie", "Set-Cookie", "secret"],
)
def test_a_secret_is_hidden_by_its_name_at_any_depth(log: Log, name: str) -> None:
    structlog.get_logger("parley.test").info("odd", request={"headers": [{name: "hunter2"}]})
    assert "hunter2" not in log.text
    assert log.last()["request"] == {"headers": [{name: "(hidden)"}]}


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hunter2.x",
        "GET /socket.io/?EIO=4&token=hunter2 HTTP/1.1",
        "eyJhbGciOiJIUzI1NiJ9.hunter2.c2ln",
    ],
)
def test_a_token_is_hidden_by_its_looks_in_what_anyone_says(log: Log, text: str) -> None:
    logging.getLogger("library").warning("refused %s", text)
    assert "hunter2" not in log.text
    assert log.last()["event"].startswith("refused ")


def test_a_token_in_a_traceback_is_hidden(log: Log) -> None:
    fail("Bearer hunter2")
    assert "hunter2" not in log.text
    assert "ValueError" in log.last()["exception"]


def test_a_line_for_people_has_a_traceback_too(log: Log) -> None:
    stream = io.StringIO()
    lines.configure("info", "console", stream)
    fail("what went wrong")
    assert "ValueError: what went wrong" in stream.getvalue()
    assert log.text == ""
