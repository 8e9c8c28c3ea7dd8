"""Where settings come from, what they may be, and what is said when they can't be used."""

import os
from pathlib import Path

import pytest

from parley.settings import Settings, SettingsError, Source, fields, read

GOOD_SECRET = "k3Jm9Qw7Zx1Vb5Nc8Lt2Rf6Hd4Gs0PyA"


def problems(**environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read({}, environ, Path("/nonexistent"))
    return caught.value.problems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".env").write_text(
        "PARLEY_HOST=from-dotenv\nPARLEY_PORT=1\nPARLEY_LOG_LEVEL=debug\n"
    )
    return tmp_path


def test_with_nothing_given_every_setting_has_its_default(tmp_path: Path) -> None:
    reading = read({}, {}, tmp_path)
    assert reading.settings == Settings()
    assert set(reading.sources.values()) == {Source.DEFAULT}


def test_flags_come_before_the_environment_that_before_dotenv_that_before_defaults(
    folder: Path,
) -> None:
    reading = read(
        {"host": "from-flag"}, {"PARLEY_HOST": "from-environment", "PARLEY_PORT": "2"}, folder
    )
    assert (reading.settings.host, reading.settings.port) == ("from-flag", 2)
    assert (reading.settings.log_level, reading.settings.log_format) == ("debug", "console")
    assert [reading.sources[name] for name in ("host", "port", "log_level", "log_format")] == [
        Source.FLAG,
        Source.ENVIRONMENT,
        Source.DOTENV,
        Source.DEFAULT,
    ]


def test_a_flag_that_was_not_given_counts_for_nothing(folder: Path) -> None:
    assert read({"host": None}, {}, folder).settings.host == "from-dotenv"


def test_an_empty_variable_counts_as_not_given(tmp_path: Path) -> None:
    assert read({}, {"PARLEY_PORT": ""}, tmp_path).settings.port == 8000


def test_reading_leaves_the_environment_alone(folder: Path) -> None:
    before = dict(os.environ)
    read({}, os.environ, folder)
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("variable", "given", "allowed"),
    [
        ("PARLEY_PORT", "http", "a whole number from 0 to 65535"),
        ("PARLEY_PORT", "65536", "a whole number from 0 to 65535"),
        ("PARLEY_DRAIN_SECONDS", "nan", "a number from 0 to 3600"),
        ("PARLEY_PING_INTERVAL_SECONDS", "0", "a number above 0 to 3600"),
        ("PARLEY_MAX_BODY_BYTES", "1", "a whole number from 1024 on"),
        ("PARLEY_ACCESS_LOG", "maybe", "true or false"),
        ("PARLEY_SYNCHRONOUS", "OFF", "FULL or NORMAL"),
        ("PARLEY_STORE", "mysql://db", "sqlite, or an address such as mongodb://host/database"),
        (
            "PARLEY_CORS_ORIGINS",
            "*",
            "origins such as https://chat.example.org, separated by commas",
        ),
        (
            "PARLEY_CORS_ORIGINS",
            "https://a.org/path",
            "origins such as https://chat.example.org, separated by commas",
        ),
    ],
)
def test_a_wrong_value_is_answered_with_its_variable_itself_and_what_is_allowed(
    variable: str, given: str, allowed: str
) -> None:
    assert problems(**{variable: given}) == [f"{variable} can't be '{given}': give {allowed}."]


def test_all_problems_are_said_at_once() -> None:
    assert (
        len(problems(PARLEY_PORT="x", PARLEY_DRAIN_SECONDS="y", PARLEY_ENVIRONMENT="production"))
        == 3
    )


def test_a_wrong_value_in_dotenv_is_said_to_be_there(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PARLEY_PORT=x\n")
    with pytest.raises(SettingsError, match=r"PARLEY_PORT in \.env can't be 'x'"):
        read({}, {}, tmp_path)


def test_credentials_in_an_address_are_not_repeated() -> None:
    assert "hunter2" not in problems(PARLEY_STORE="mysql://ada:hunter2@db/parley")[0]
    settings = read({}, {"PARLEY_STORE": "mongodb://ada:hunter2@db/parley"}, Path()).settings
    assert "hunter2" not in repr(settings)


def test_lists_are_separated_by_commas(tmp_path: Path) -> None:
    environ = {"PARLEY_CORS_ORIGINS": "https://a.org, http://localhost:3000,"}
    assert read({}, environ, tmp_path).settings.cors_origins == (
        "https://a.org",
        "http://localhost:3000",
    )


@pytest.mark.parametrize(
    "secret", ["", "short", "change-me-change-me-change-me-change-me", "your-secret-key-" * 3]
)
def test_production_refuses_a_placeholder_for_a_secret(secret: str) -> None:
    (problem,) = problems(PARLEY_ENVIRONMENT="production", PARLEY_SECRET=secret)
    assert problem.startswith(
        "PARLEY_SECRET must be a random text of at least 32 characters in production"
    )


def test_production_takes_a_random_secret(tmp_path: Path) -> None:
    environ = {"PARLEY_ENVIRONMENT": "production", "PARLEY_SECRET": GOOD_SECRET}
    assert read({}, environ, tmp_path).settings.secret == GOOD_SECRET


def test_development_needs_no_secret(tmp_path: Path) -> None:
    assert read({}, {}, tmp_path).settings.secret is None


def test_a_secret_is_hidden_where_settings_are_printed(tmp_path: Path) -> None:
    settings = read({}, {"PARLEY_SECRET": GOOD_SECRET}, tmp_path).settings
    assert GOOD_SECRET not in repr(settings)
    assert "secret=(hidden)" in repr(settings)


def test_unknown_variables_of_ours_are_warned_of_and_others_are_not(tmp_path: Path) -> None:
    reading = read({}, {"PARLEY_PROT": "1", "PARLEY_WHATEVER": "1", "PATH": "/bin"}, tmp_path)
    assert reading.warnings == (
        "PARLEY_PROT is no setting of Parley and is ignored. Did you mean PARLEY_PORT?",
        "PARLEY_WHATEVER is no setting of Parley and is ignored.",
    )


@pytest.mark.parametrize("field", fields(), ids=lambda field: field.name)
def test_every_setting_has_a_meaning_and_reads_its_own_default(field) -> None:
    assert field.meaning.endswith(".")
    if field.default not in (None, ()):
        assert field.parse(field.display(field.default)) == field.default


@pytest.mark.parametrize("field", fields(), ids=lambda field: field.name)
@pytest.mark.parametrize("text", ["nonsense", "-1", "https://example.org", "\N{SNOWMAN}"])
def test_whatever_is_given_to_a_setting_is_taken_or_refused(field, text: str) -> None:
    try:
        field.parse(text)
    except ValueError:
        assert field.allowed


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("smtp_url", "smtps://ada:hunter2@mail.example.org:465", "mail.example.org"),
        ("public_url", "https://chat.example.org/app", "chat.example.org"),
        ("metrics_token", "x" * 16, "x" * 15),
    ],
)
def test_a_setting_that_may_be_missing_has_a_form_where_it_is_given(
    name: str, good: str, bad: str
) -> None:
    variable = f"PARLEY_{name.upper()}"
    assert getattr(read({}, {variable: good}, Path()).settings, name) == good
    assert problems(**{variable: bad})[0].startswith(f"{variable} can't be ")
