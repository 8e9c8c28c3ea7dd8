"""The Postman collection, from the OpenAPI document: every operation with and without a token, and its answers."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from docs.steps import FOLDERS, USUAL_IDS, Step
from parley.api.app import Services, create_app
from parley.api.cookies import Cookies
from parley.api.errors import STATUS
from parley.model.errors import Kind, Unauthenticated
from parley.model.origins import Origins

COLLECTION = Path(__file__).parent / "parley.postman_collection.json"

Json = dict[str, Any]

ABOUT = """Three people talk; every route is asked, in an order that works: run the collection as a whole ("Run", or
`npx newman run parley.postman_collection.json --env-var server=http://localhost:8000`). Each run makes people of its
own, so it can be repeated. Requests without a token show how those are refused.

Written by `make docs` from the OpenAPI document of the server (`/openapi.json`)."""

ALWAYS = [
    'pm.test("it has a request id", () => pm.response.to.have.header("X-Request-ID"));',
]
DEEP = 3
"""So many levels of an answer are checked: more would repeat the whole document in each request."""


def collection() -> str:
    """The collection, as its file has it."""
    document = openapi()
    operations = {
        operation["operationId"]: (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    asked: set[str] = set()
    folders = [
        {"name": name, "item": [*_items(steps, operations, document, asked)]}
        for name, steps in FOLDERS.items()
    ]
    schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    made = {
        "info": {"name": "Parley", "description": ABOUT, "schema": schema},
        # Newman and Postman would keep the cookies of who signs in, and show them where there is to be no token.
        "protocolProfileBehavior": {"disableCookies": True},
        "event": [_script("test", ALWAYS)],
        "variable": [{"key": "server", "value": "http://localhost:8000"}],
        "item": folders,
    }
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def openapi() -> Json:
    """The OpenAPI document, of an application that nobody calls."""
    nowhere = cast("Any", None)
    services = Services(**dict.fromkeys(Services.__struct_fields__, nowhere))
    app = create_app(
        services,
        not_ready=lambda: None,
        draining=lambda: False,
        epoch="",
        version="",
        cookies=Cookies(secure=False, session_lifetime_s=0),
        origins=Origins([]),
        tls=False,
    )
    return app.openapi_schema.to_schema()


def _items(
    steps: list[Step], operations: Mapping[str, Any], document: Json, asked: set[str]
) -> Iterator[Json]:
    """Each step; and where it is the first one of a protected operation, the same without a token before it."""
    for step in steps:
        method, path, operation = operations[step.operation]
        if step.operation not in asked and "security" not in operation:
            bare = Step(
                operation=step.operation,
                status=STATUS[Kind.UNAUTHENTICATED],
                title=f"{step.title or operation['summary']}, without a token",
                code=Unauthenticated.code,
                body=step.body,
                query=step.query,
                ids=step.ids,
            )
            yield _item(bare, method, path, operation, document)
        yield _item(step, method, path, operation, document, first=not asked)
        asked.add(step.operation)


def _item(
    step: Step, method: str, path: str, operation: Json, document: Json, *, first: bool = False
) -> Json:
    events = [_script("test", [*_checks(step, operation, document)])]
    if first:
        events.insert(0, _script("prerequest", [_set("run", "Date.now().toString(36)")]))
    return {
        "name": step.title or operation["summary"],
        "event": events,
        "request": {
            "method": method,
            "description": operation["description"],
            "auth": _auth(step.who),
            "header": [],
            "url": _url(step, path),
            **_body(step),
        },
    }


def _auth(who: str) -> Json:
    if not who:
        return {"type": "noauth"}
    token = {"key": "token", "value": f"{{{{{who}_token}}}}", "type": "string"}
    return {"type": "bearer", "bearer": [token]}


def _url(step: Step, path: str) -> Json:
    ids = {name: step.ids.get(name, USUAL_IDS[name]) for name in re.findall(r"\{(\w+)\}", path)}
    parts = [re.sub(r"\{(\w+)\}", r":\1", part) for part in path.strip("/").split("/")]
    query = "&".join(f"{name}={value}" for name, value in step.query.items())
    url: Json = {
        "raw": f"{{{{server}}}}/{'/'.join(parts)}{'?' if query else ''}{query}",
        "host": ["{{server}}"],
        "path": parts,
    }
    if ids:
        url["variable"] = [
            {"key": name, "value": quote(value, safe="{}")} for name, value in ids.items()
        ]
    if query:
        url["query"] = [{"key": name, "value": value} for name, value in step.query.items()]
    return url


def _body(step: Step) -> Json:
    if step.body is None:
        return {}
    text = json.dumps(step.body, ensure_ascii=False, indent=2)
    numbers = re.sub(r'"(\{\{\w*seq\}\})"', r"\1", text)
    return {"body": {"mode": "raw", "raw": numbers, "options": {"raw": {"language": "json"}}}}


def _checks(step: Step, operation: Json, document: Json) -> Iterator[str]:
    """What a client may rely on, as Postman's tests."""
    yield f'pm.test("{step.status}", () => pm.response.to.have.status({step.status}));'
    answer = operation["responses"][str(step.status)]
    if "content" not in answer:
        yield 'pm.test("nothing more", () => pm.expect(pm.response.text()).to.eql(""));'
        return
    ((media_type, content),) = answer["content"].items()
    yield (
        f'pm.test("{media_type}", () =>'
        f' pm.expect(pm.response.headers.get("Content-Type")).to.include("{media_type}"));'
    )
    if media_type != "application/json":
        return
    name = content["schema"].get("$ref", "").rpartition("/")[2] or "one of its kinds"
    shape = json.dumps(_shape(content["schema"], document, DEEP))
    yield f'pm.test("{name}", () => pm.response.to.have.jsonSchema({shape}));'
    if step.code:
        yield (
            f'pm.test("{step.code}", () =>'
            f' pm.expect(pm.response.json().error.code).to.eql("{step.code}"));'
        )
    for variable, where in step.keep.items():
        found = re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", where)
        yield _set(variable, f"pm.response.json().{found}")


def _shape(schema: Json, document: Json, depth: int) -> Json:
    """A schema without references and prose, so many levels deep."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kept = {key: schema[key] for key in ("type", "enum", "const") if key in schema}
    if not depth:
        return kept
    if "properties" in schema:
        kept["required"] = schema["required"]
        kept["properties"] = {
            name: _shape(part, document, depth - 1) for name, part in schema["properties"].items()
        }
    if "items" in schema:
        kept["items"] = _shape(schema["items"], document, depth - 1)
    if "oneOf" in schema:
        kept["anyOf"] = [_shape(part, document, depth) for part in schema["oneOf"]]
    return kept


def _set(variable: str, value: str) -> str:
    return f'pm.collectionVariables.set("{variable}", {value});'


def _script(when: str, lines: list[str]) -> Json:
    return {"listen": when, "script": {"type": "text/javascript", "exec": lines}}
