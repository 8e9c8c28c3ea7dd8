"""The rules of the house that no linter knows."""

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "parley"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
IMPORT_NAMES = {"pyjwt": "jwt", "python-dotenv": "dotenv"}


def named(requirements: list[str]) -> list[str]:
    return [re.split(r"[^\w.-]", requirement, maxsplit=1)[0] for requirement in requirements]


RUNTIME = named(PROJECT["project"]["dependencies"])
DEVELOPMENT = named(PROJECT["project"]["optional-dependencies"]["dev"])
LOCKED = [ROOT, ROOT / "tests" / "js", ROOT / "bench"]
JAVASCRIPT = [*LOCKED, ROOT / "clients" / "js", ROOT / "web"]
PACKAGES = sorted(SOURCE.rglob("__init__.py"))


def imported() -> set[str]:
    modules = set()
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules.add((node.module or "").partition(".")[0])
    return modules


@pytest.mark.parametrize("file", PACKAGES, ids=lambda file: file.parent.name)
def test_a_package_says_its_rule_and_holds_nothing_else(file: Path) -> None:
    body = ast.parse(file.read_text()).body
    assert len(body) == 1
    assert ast.get_docstring(ast.parse(file.read_text()))


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {file.parent for file in SOURCE.rglob("*.py")}
    assert folders == {file.parent for file in PACKAGES}


@pytest.mark.parametrize("name", RUNTIME + DEVELOPMENT)
def test_every_dependency_has_its_reason_in_the_architecture_page(name: str) -> None:
    table = (ROOT / "docs" / "architecture.md").read_text().partition("## Parts, and why")[2]
    assert f"`{name}`" in table


@pytest.mark.parametrize("name", RUNTIME)
def test_every_dependency_of_the_product_is_used_by_it(name: str) -> None:
    if name != "httptools":  # uvicorn loads it, by name
        assert IMPORT_NAMES.get(name, name.replace("-", "_")) in imported()


@pytest.mark.parametrize("name", RUNTIME + DEVELOPMENT)
def test_every_dependency_is_pinned(name: str) -> None:
    pins = {line.partition("==")[0].lower().replace("_", "-") for line in pinned()}
    assert name.lower() in pins


def pinned() -> list[str]:
    return (ROOT / "constraints.txt").read_text().split()


def test_constraints_are_pins_and_nothing_else() -> None:
    assert [line for line in pinned() if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


@pytest.mark.parametrize("folder", JAVASCRIPT, ids=lambda folder: folder.name)
def test_every_javascript_package_has_its_reason_in_the_architecture_page(folder: Path) -> None:
    package = json.loads((folder / "package.json").read_text())
    wanted = [*package.get("dependencies", {}).items(), *package.get("devDependencies", {}).items()]
    packages = {
        version.removeprefix("npm:").rpartition("@")[0] if version.startswith("npm:") else name
        for name, version in wanted
    }
    page = (ROOT / "docs" / "architecture.md").read_text()
    ours = {"parley-client"}
    types = {name for name in packages if name.startswith("@types/")}
    assert [name for name in sorted(packages - ours - types) if f"`{name}`" not in page] == []


@pytest.mark.parametrize("folder", LOCKED, ids=lambda folder: folder.name)
def test_no_lock_file_names_a_registry(folder: Path) -> None:
    packages = json.loads((folder / "package-lock.json").read_text())["packages"].values()
    addresses = [package["resolved"] for package in packages if "resolved" in package]
    assert [one for one in addresses if not (folder / one).is_dir()] == []  # the workspace's own
    assert "omit-lockfile-registry-resolved=true" in (folder / ".npmrc").read_text()


def test_the_readme_names_only_targets_that_the_makefile_has() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = page.read_text()
        blocks = "".join(re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL))
        wanted = {
            *re.findall(r"^make ([a-z]+)", blocks, re.MULTILINE),
            *re.findall(r"`make ([a-z]+)", text),
        }
        assert wanted <= targets, page.name


def test_links_between_pages_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_setting_is_used() -> None:
    modules = (*SOURCE.glob("bootstrap/*.py"), SOURCE / "stores.py", SOURCE / "node.py")
    used = "".join(module.read_text() for module in modules)
    settings = re.findall(
        r"^    (\w+): ",
        (SOURCE / "settings.py").read_text().partition("class Source")[0],
        re.MULTILINE,
    )
    assert [name for name in settings if f"settings.{name}" not in used] == []
