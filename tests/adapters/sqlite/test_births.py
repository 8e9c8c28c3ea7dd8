"""When a file was made."""

from pathlib import Path

from parley.adapters.sqlite.births import born


def test_it_stays_whatever_is_written_and_whatever_the_file_is_called(tmp_path: Path) -> None:
    file = tmp_path / "one"
    file.write_text("one")
    made = born(file)
    file.write_text("two")
    assert born(file) == made
    assert born(file.rename(tmp_path / "two")) == made


def test_another_file_in_its_place_is_younger(tmp_path: Path) -> None:
    file = tmp_path / "one"
    file.write_text("one")
    made = born(file)
    while born(file) == made != "":
        file.unlink()
        file.write_text("one")
    assert made == "" or born(file) > made
