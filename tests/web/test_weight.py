"""What a newcomer's browser loads first."""

import gzip
import re

import pytest

from parley.adapters.files.web_files import web_files

MOST_KB = 150


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    built = dict(web_files())
    if not built:
        pytest.skip("the web client is not built: run `make setup` with npm installed")
    return built


def test_the_first_load_is_light(files: dict[str, bytes]) -> None:
    page = files["index.html"].decode()
    loaded = re.findall(r'(?:src|href)="/([^"]+)"', page)
    assert any(name.endswith(".js") for name in loaded)
    weight = sum(len(gzip.compress(files[name], 9)) for name in ["index.html", *loaded])
    assert weight < MOST_KB * 1000, f"{weight} bytes compressed"


def test_the_page_asks_nobody_else_for_anything(files: dict[str, bytes]) -> None:
    page = files["index.html"].decode()
    assert re.findall(r'(?:src|href)="(?!/)', page) == []
    assert "<script>" not in page
    assert "style=" not in page


def test_every_asset_has_a_name_of_its_own(files: dict[str, bytes]) -> None:
    names = [name for name in files if name.startswith("assets/")]
    assert names
    assert [name for name in names if not re.search(r"-[\w-]{8,}\.\w+$", name)] == []
