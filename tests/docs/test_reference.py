"""The reference pages are what the code says now."""

import pytest

from docs.generate import REFERENCE, pages


@pytest.mark.parametrize("name", pages())
def test_a_reference_page_is_as_make_docs_writes_it(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == pages()[name], "run `make docs`"


def test_there_are_no_other_reference_pages() -> None:
    assert {file.name for file in REFERENCE.iterdir()} == set(pages())
