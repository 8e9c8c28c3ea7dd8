"""The page of promises names tests that there are, for each of them."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DELIVERY = (ROOT / "docs/delivery.md").read_text(encoding="utf-8")
TABLE = DELIVERY.partition("### Where each of these is tested\n")[2].partition("\n## ")[0]
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TABLE)
PROMISES = re.findall(r"^\d\. \*\*(.+?)\.\*\*", DELIVERY, re.MULTILINE)


@cache
def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, functions)}


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_it_names_is_there(path: str, name: str) -> None:
    assert name in functions_of(path)


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_has_tests_and_one_that_is_named_after_it(promise: str) -> None:
    (row,) = re.findall(rf"^\| {promise.lower()} \| (.+) \|$", TABLE, re.MULTILINE)
    name = "test_" + promise.lower().replace(" ", "_")
    assert ("tests/delivery/test_promises.py", name) in re.findall(r"`([^`]+)::(\w+)`", row)


def test_all_promises_are_found_here() -> None:
    assert len(PROMISES) == 6
    assert "`tests/" not in re.sub(r"`tests/[\w/]+\.py::\w+`", "", TABLE)
