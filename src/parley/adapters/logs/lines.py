"""One way out for log lines: stderr, for people or as JSON, whoever wrote them."""

import logging
import sys
from typing import Literal, TextIO

import structlog
from structlog.typing import Processor

from parley.adapters.logs.redaction import redact

Format = Literal["console", "json"]


def configure(level: str, form: Format, stream: TextIO = sys.stderr) -> None:
    """From now on, what structlog and the standard `logging` (uvicorn, Litestar, asyncio) say goes to `stream`.

    Lines carry what is bound in this context (`bound_contextvars(request_id=…)`) and what was handed over with them
    (`extra={"sid": …}`). Replaces an earlier call's effect.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(), processors=_endings(form, stream)
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    # What they say at `info` ("Started server process") the bootstrap says better, and once.
    logging.getLogger("uvicorn.error").setLevel(max(root.level, logging.WARNING))


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _endings(form: Format, stream: TextIO) -> list[Processor]:
    """Redaction comes after tracebacks are text, so that it sees what they quote."""
    ending: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if form == "json":
        renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        return [*ending, structlog.processors.format_exc_info, redact, renderer]
    plain = structlog.dev.plain_traceback
    console = structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain)
    return [*ending, structlog.processors.format_exc_info, redact, console]
