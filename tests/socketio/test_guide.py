"""The guide's example runs, its limits are those of the settings, and its names exist."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

from parley.socketio.config import Config
from tests.socketio.links import Link, until

GUIDE = (Path(__file__).parents[2] / "docs" / "socketio.md").read_text()


async def test_the_example_does_what_it_says() -> None:
    source = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)[0]
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(source, "docs/socketio.md", "exec"), names)
    ann, ben = Link(names["server"]), Link(names["server"])
    ann_id = (await ann.connect())["sid"]
    ben_id = (await ben.connect())["sid"]
    ann.emit("join", "room", ack=1)
    await until(lambda: '431["ok"]' in ann.texts())
    ben.emit("join", "room", ack=1)
    await until(lambda: ["joined", ben_id] in ann.events())
    ann.emit("message", "room", "hello", ack=2)
    await until(lambda: '432[{"ok":true}]' in ann.texts())
    for link in (ann, ben):
        assert ["message", {"from": ann_id, "text": "hello"}] in link.events()


def test_the_table_of_limits_has_every_limit_with_its_default() -> None:
    section = GUIDE.partition("## Limits")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?`) \| (.*?) \|", section, re.MULTILINE)
    told: dict[str, str] = {}
    for names, values in rows:
        keys = re.findall(r"`(\w+)`", names)
        parts = values.split(", ") if len(keys) > 1 else [values]
        told |= dict(zip(keys, parts, strict=True))
    limits = {
        field.name: f"{field.default:,}" if isinstance(field.default, int) else field.default
        for field in fields(Config)
        if field.name.startswith("max_") or field.name.endswith(("_timeout", "_interval"))
    }
    shown = {name: str(value).removesuffix(".0") for name, value in limits.items()}
    assert shown == {name: told.get(name) for name in shown}
