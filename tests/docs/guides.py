"""The guides, read as programs: their blocks of code run one after another, and what each printed."""

import json
import re
import subprocess
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from typing import Any

from tests.conformance.servers import JS

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
SERVER = "http://localhost:8000"
SECONDS = 300

_BLOCK = re.compile(r"```(sh|js|json)\n(.*?)```", re.DOTALL)
_LINK = re.compile(r"^\d+\. \[[^\]]+\]\((\w+\.md)\)", re.MULTILINE)
_MARK = "\x1e"

_ID = re.compile(r"[a-z2-7]{26}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ANYTHING = "…"


@dataclass
class Block:
    """A block of code, what the page shows of its output, and what it printed."""

    page: str
    language: str
    code: str
    shown: list[Any] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)


def pages() -> list[str]:
    """Their names, in the order in which they are read."""
    return ["README.md", *_LINK.findall((GUIDES / "README.md").read_text(encoding="utf-8"))]


def blocks() -> list[Block]:
    """All code, in order."""
    found: list[Block] = []
    for page in pages():
        for language, text in _BLOCK.findall((GUIDES / page).read_text(encoding="utf-8")):
            if language == "json":
                assert found[-1].page == page, f"{page} shows an answer before it asks"
                found[-1].shown = values(text)
            else:
                found.append(Block(page, language, text))
    return found


def values(text: str) -> list[Any]:
    """The JSON values in a text, one behind the other."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        value, at = decoder.raw_decode(text, at)
        found.append(value)
    return found


def run(url: str) -> list[Block]:
    """Run it all against a server on which nobody is: the shell's code first, then JavaScript's."""
    found = blocks()
    shell = [block for block in found if block.language == "sh"]
    _run(["bash", "-eu"], shell, f"printf '{_MARK}\\n'\n", url)
    script = [block for block in found if block.language == "js"]
    _run(["node", "--input-type=module"], script, f'console.log("{_MARK}");\n', url)
    return found


def _run(command: list[str], parts: list[Block], mark: str, url: str) -> None:
    code = mark.join(part.code for part in parts).replace(SERVER, url)
    done = subprocess.run(
        command, input=code, cwd=JS, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, f"{done.stderr}\n{done.stdout}"
    for part, printed in zip(parts, done.stdout.split(f"{_MARK}\n"), strict=True):
        part.printed = [line for line in printed.splitlines() if line.strip()]


def differences(shown: Any, answer: Any, where: str = "$") -> list[str]:
    """Where an answer is not what is shown.

    Ids and times that are shown stand for any, `…` for anything: in a text for a part of it, as the last item of a
    list for more of them.
    """
    match shown:
        case dict() if isinstance(answer, dict):
            found = [f"{where}: {name}" for name in sorted(shown.keys() ^ answer.keys())]
            for name in shown.keys() & answer.keys():
                found += differences(shown[name], answer[name], f"{where}.{name}")
            return found
        case list() if isinstance(answer, list):
            return _in_any_order(shown, answer, where)
        case str() if isinstance(answer, str):
            return [] if _alike(shown, answer) else [f"{where}: {answer}"]
        case _:
            same = type(shown) is type(answer) and shown == answer
            return [] if same else [f"{where}: {answer}"]


def _in_any_order(shown: list[Any], answers: list[Any], where: str) -> list[str]:
    """Those who came in at the same moment are listed by their ids, which are random: so no order is compared."""
    more = shown[-1:] == [ANYTHING]
    known = shown[: len(shown) - more]
    if len(known) > len(answers) or (len(known) < len(answers) and not more):
        return [f"{where}: {len(answers)} items"]
    orders = (
        [
            one
            for at, pair in enumerate(zip(known, order, strict=True))
            for one in differences(*pair, f"{where}[{at}]")
        ]
        for order in permutations(answers, len(known))
    )
    return min(orders, key=len)


def _alike(shown: str, answer: str) -> bool:
    if ANYTHING in shown:
        parts = ".*".join(re.escape(part) for part in shown.split(ANYTHING))
        return re.fullmatch(parts, answer, re.DOTALL) is not None
    for kind in (_ID, _TIME):
        if kind.fullmatch(shown):
            return kind.fullmatch(answer) is not None
    return shown == answer
