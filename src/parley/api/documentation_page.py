"""The page that shows the API to people: one file that loads nothing from anywhere."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 56rem; margin: 2rem auto; padding: 0 1rem }
summary { cursor: pointer; padding: .3rem 0 }
details { border-bottom: 1px solid #8885 }
details > :not(summary) { margin-left: 1.5rem }
code, pre { font: 14px/1.4 ui-monospace, monospace }
pre { overflow-x: auto; background: #8881; padding: .6rem }
b { display: inline-block; min-width: 4.5rem }
"""
POLICY = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)
"""This one style sheet, and nothing else."""

_CODE = re.compile(r"`([^`]+)`")


class DocumentationPage(OpenAPIRenderPlugin):
    """Every operation with what it takes and answers, and every schema, from the OpenAPI document."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, _request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return "\n".join(_page(openapi_schema)).encode()


def _page(document: dict[str, Any]) -> Iterator[str]:
    about = document["info"]
    title = escape(f"{about['title']} {about['version']}")
    yield f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
    yield f'<meta name=viewport content="width=device-width"><style>{STYLE}</style>'
    yield f"<h1>{title}</h1><p>{_prose(about['description'])}</p>"
    yield '<p>For programs: <a href="/openapi.json">openapi.json</a></p>'
    tags: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            shown = "".join(_operation(path, method, operation))
            tags.setdefault(operation["tags"][0], []).append(shown)
    for tag, operations in tags.items():
        yield f"<h2>{escape(tag)}</h2>"
        yield from operations
    yield "<h2>schemas</h2>"
    for name, schema in document["components"]["schemas"].items():
        yield f"<details id={_anchor(name)}><summary><code>{escape(name)}</code></summary>"
        yield f"{_json(schema)}</details>"


def _operation(path: str, method: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"<details><summary><b>{method.upper()}</b> <code>{escape(path)}</code>"
    yield f" {escape(operation['summary'])}</summary>"
    yield f"<p>{_prose(operation['description'])}</p>"
    for parameter in operation.get("parameters", ()):
        where, name = escape(parameter["in"]), escape(parameter["name"])
        yield f"<p><code>{name}</code> in {where}</p>{_json(parameter['schema'])}"
    if "requestBody" in operation:
        yield f"<p>Body: {_schema(operation['requestBody'])}</p>"
    yield "<ul>"
    for status, answer in operation["responses"].items():
        yield f"<li><b>{status}</b> {escape(answer['description'])} {_schema(answer)}</li>"
    yield "</ul></details>"


def _schema(holder: dict[str, Any]) -> str:
    """What a body is: a link to its schema, or the schema itself where it has no name."""
    for content in holder.get("content", {}).values():
        schema = content["schema"]
        name = schema.get("$ref", "").rpartition("/")[2]
        return f"<a href=#{_anchor(name)}>{escape(name)}</a>" if name else _json(schema)
    return ""


def _prose(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _anchor(name: str) -> str:
    return escape(name.replace(" ", "-"))


def _json(value: object) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"
