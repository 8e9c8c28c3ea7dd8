"""The files of the web client, as they lie in the package."""

from parley.adapters.files.web_files import web_files


def test_files_are_known_by_their_path_below_the_folder(tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(b"page")
    (tmp_path / "assets" / "main.js").write_bytes(b"script")
    (tmp_path / ".hidden").write_bytes(b"no")
    assert web_files(tmp_path) == {"index.html": b"page", "assets/main.js": b"script"}


def test_where_the_client_was_not_built_there_are_none(tmp_path):
    assert web_files(tmp_path / "nowhere") == {}
