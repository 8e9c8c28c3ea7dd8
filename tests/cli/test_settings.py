"""`parley settings`: every setting, none of its secrets."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from parley.cli.main import app
from parley.settings import fields

SECRET = "k3Jm9Qw7Zx1Vb5Nc8Lt2Rf6Hd4Gs0PyA"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for field in fields():
        monkeypatch.delenv(field.variable, raising=False)


def show(*arguments: str, **environ: str) -> str:
    result = CliRunner().invoke(app, ["settings", *arguments], env=environ)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.usefixtures("elsewhere")
def test_the_table_has_every_setting_with_its_default_and_meaning() -> None:
    table = show()
    for field in fields():
        assert field.variable in table
        assert field.display(field.default) in table
        assert field.meaning.split()[0] in table


@pytest.mark.usefixtures("elsewhere")
def test_a_value_that_was_given_is_shown_with_where_it_came_from() -> None:
    assert "9000 (environment)" in show(PARLEY_PORT="9000")


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_a_secret_is_never_shown(arguments: tuple[str, ...]) -> None:
    shown = show(*arguments, PARLEY_SECRET=SECRET)
    assert SECRET not in shown
    assert "(hidden)" in shown


@pytest.mark.usefixtures("elsewhere")
def test_json_has_one_object_a_setting() -> None:
    listed = json.loads(show("--json", PARLEY_PORT="9000"))
    assert [item["variable"] for item in listed] == [field.variable for field in fields()]
    assert listed[1] == {
        "variable": "PARLEY_PORT",
        "default": "8000",
        "value": "9000",
        "source": "environment",
        "allowed": "a whole number from 0 to 65535",
        "meaning": "Port to listen on; 0 takes a free one.",
        "secret": False,
    }
