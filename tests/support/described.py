"""Whether answers are as the OpenAPI document says, and what was asked of it."""

import os
import re
from collections import defaultdict
from functools import cache
from typing import Any

import httpx
import jsonschema_rs

Json = dict[str, Any]

UNDESCRIBED = {405, 500}
"""What no operation lists: a method that a path has not, and what should not have happened."""


class Operation:
    """One of the document, by its method and path; `name` is both."""

    def __init__(self, method: str, path: str, described: Json, components: Json) -> None:
        self.method = method.upper()
        self.path = path
        self.name = f"{self.method} {path}"
        self.described = described
        self._components = components
        parts = (re.escape(part) for part in re.split(r"\{\w+\}", path))
        self._path = re.compile("[^/]+".join(parts))

    @property
    def public(self) -> bool:
        """Whether it may be asked without a token."""
        return "security" in self.described

    def statuses(self) -> set[int]:
        """Every documented one."""
        return {int(status) for status in self.described["responses"]}

    def fields(self) -> list[str]:
        """The names in its body."""
        content = self.described.get("requestBody", {"content": {}})["content"]
        names: dict[str, None] = {}
        for part in content.values():
            for schema in part["schema"].get("oneOf", [part["schema"]]):
                name = schema.get("$ref", "").rpartition("/")[2]
                names |= dict.fromkeys(
                    self._components["schemas"].get(name, {}).get("properties", {})
                )
        return [*names]

    def queries(self) -> list[str]:
        """The names that its query may have."""
        parameters = self.described.get("parameters", [])
        return [one["name"] for one in parameters if one["in"] == "query"]

    def matches(self, method: str, path: str) -> bool:
        return method == self.method and self._path.fullmatch(path) is not None

    def check(self, answer: httpx.Response) -> None:
        """Pass an answer whose status, type and shape are documented.

        Raises:
            AssertionError: They are not.
        """
        said = self.described["responses"].get(str(answer.status_code))
        assert said is not None, f"{self.name} does not say that it answers {answer.status_code}"
        if "content" not in said:
            assert answer.content == b"", self.name
            return
        ((media_type, _),) = said["content"].items()
        assert answer.headers["content-type"].partition(";")[0] == media_type, self.name
        if media_type == "application/json":
            wrong = [
                f"{'/'.join(map(str, error.instance_path))}: {error.message}"
                for error in self._validator(answer.status_code).iter_errors(answer.json())
            ]
            assert not wrong, f"{self.name} answers {answer.status_code} with {wrong}"

    @cache  # noqa: B019 - as long as the document
    def _validator(self, status: int) -> Any:
        ((_, content),) = self.described["responses"][str(status)]["content"].items()
        schema = {**content["schema"], "components": self._components}
        return jsonschema_rs.Draft202012Validator(schema)


class Description:
    """The OpenAPI document, with every answer that was held against it: its operation, status and test."""

    def __init__(self, document: Json) -> None:
        self.operations = [
            Operation(method, path, described, document["components"])
            for path, methods in document["paths"].items()
            for method, described in methods.items()
        ]
        self.seen: defaultdict[str, set[tuple[int, str]]] = defaultdict(set)

    def operation(self, method: str, path: str) -> Operation | None:
        """Which one a request asks for."""
        for operation in self.operations:
            if operation.matches(method, path):
                return operation
        return None

    def hold(self, request: httpx.Request, answer: httpx.Response) -> None:
        """Check an answer, and remember it; one that no operation gave is nobody's business here."""
        operation = self.operation(request.method, request.url.raw_path.decode().partition("?")[0])
        if operation is None or answer.status_code in UNDESCRIBED:
            return
        operation.check(answer)
        test = os.environ.get("PYTEST_CURRENT_TEST", "").partition("::")[0]
        self.seen[operation.name].add((answer.status_code, test))


class Watched(httpx.AsyncBaseTransport):
    """A transport all of whose answers are held against a description."""

    def __init__(self, transport: httpx.AsyncBaseTransport, description: Description) -> None:
        self._transport = transport
        self._description = description

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        await answer.aread()
        self._description.hold(request, answer)
        return answer

    async def aclose(self) -> None:
        await self._transport.aclose()
