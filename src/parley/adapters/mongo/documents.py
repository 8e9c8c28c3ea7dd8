"""Entries as documents: their own fields under their own names, so that an operator can read and ask them.

What clients send as free JSON is kept as JSON text: it may hold keys and numbers that a document can't.
"""

from typing import Any

import msgspec

from parley.adapters.mongo.client import Document
from parley.model.entries import AnyEntry, Entry
from parley.model.ids import ConversationId
from parley.ports.log import Record

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def document_of(record: Record) -> Document:
    """A record as it is inserted; the driver adds the `_id`."""
    document: Document = msgspec.to_builtins(record.entry)
    for holder in (document, document.get("changes")):
        if holder is not None and "data" in holder:
            holder["data"] = free(holder["data"])
    if record.digest is not None:
        document["digest"] = record.digest
    return document


def record_of(document: Document) -> Record:
    """The record of a document; leaves the document changed."""
    for holder in (document, document.get("changes")):
        if holder is not None and "data" in holder:
            holder["data"] = thawed(holder["data"])
    entry: Entry = msgspec.convert(document, AnyEntry)
    return Record(entry, document.get("digest"))


def free(data: object) -> str:
    """Free JSON as text."""
    return _encode(data).decode()


def thawed(text: str) -> Any:  # noqa: ANN401  # free JSON is anything
    """The inverse of `free`."""
    return _decode(text)


def conversation_of(document: Document) -> ConversationId:
    return ConversationId(document["conversation_id"])
