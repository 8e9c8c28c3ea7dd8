"""What commands that append are answered with."""

from typing import Any

from litestar import Response

from parley.journal.commands import Committed


def appended(committed: Committed, *, made: bool = False) -> Response[Any]:
    """The entry: 201 where it made something (`made`) just now, 200 else; 204 where all was so already."""
    if committed.entry is None:
        return Response(None, status_code=204)
    return Response(committed.entry, status_code=201 if made and not committed.duplicate else 200)
