"""What commands that append are answered with."""

from typing import Any

from litestar import Response
from litestar.openapi.datastructures import ResponseSpec

from parley.journal.commands import Committed
from parley.model.entries import Entry


def before(entry: type[Entry]) -> ResponseSpec:
    """The description of what a retried command is answered with."""
    return ResponseSpec(
        entry, generate_examples=False, description="The first, where this is a retry"
    )


UNCHANGED = ResponseSpec(None, generate_examples=False, description="All was so already")


def appended(committed: Committed, *, made: bool = False) -> Response[Any]:
    """The entry: 201 where it made something (`made`) just now, 200 else; 204 where all was so already."""
    if committed.entry is None:
        return Response(None, status_code=204)
    return Response(committed.entry, status_code=201 if made and not committed.duplicate else 200)
