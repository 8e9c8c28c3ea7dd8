"""What people say of themselves, and the picture that stands for them."""

import colorsys
import re
from xml.etree import ElementTree as ET

import pytest

from parley.model.accounts import Account
from parley.model.errors import Invalid, TooLarge
from parley.model.ids import UserId
from parley.model.instants import timestamp
from parley.model.profiles import (
    ProfileChanges,
    changed,
    check_profile,
    initials,
    placeholder,
    wanting,
)

ANNA = Account(
    user_id=UserId("1"),
    username="anna",
    email="anna@example.org",
    display_name="Anna",
    password_hash="",
    created_at=timestamp(0),
    email_verified=True,
    bio="Says much",
)


@pytest.mark.parametrize(
    "fields",
    [
        {"username": "an"},
        {"display_name": " "},
        {"bio": "\0"},
        {"bio": " "},
        {"status": "\ud800"},
        {"avatar": "javascript:alert(1)"},
        {"avatar": "data:image/svg+xml,<svg/>"},
        {"avatar": "//example.org/anna.png"},
        {"avatar": 'https://example.org/"onerror="alert(1)'},
        {"avatar": "https://example.org/an na.png"},
        {"data": {"deep": [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}},
    ],
)
def test_what_may_not_be_said_is_refused(fields):
    with pytest.raises(Invalid):
        check_profile(ProfileChanges(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"display_name": "x" * 81},
        {"bio": "x" * 501},
        {"status": "x" * 141},
        {"avatar": "https://example.org/" + "x" * 500},
        {"data": {"much": "x" * 4096}},
    ],
)
def test_what_is_too_long_is_refused(fields):
    with pytest.raises(TooLarge):
        check_profile(ProfileChanges(**fields))


def test_what_is_given_is_set_none_takes_away_and_the_rest_stays():
    after = changed(ANNA, ProfileChanges(display_name="Anna B.", bio=None, status="out"))
    assert (after.display_name, after.bio, after.status) == ("Anna B.", None, "out")
    assert (after.username, after.version) == (ANNA.username, ANNA.version)


def test_no_difference_is_an_equal_account():
    assert changed(ANNA, ProfileChanges(display_name="Anna", bio="Says much")) == ANNA


def test_another_address_is_wanted_until_it_is_shown_to_be_ones_own():
    after = wanting(ANNA, "anna@example.com")
    assert (after.email, after.email_verified, after.new_email) == (
        "anna@example.org",
        True,
        "anna@example.com",
    )
    assert wanting(after, "anna@example.org") == ANNA


def test_an_address_is_given_up_where_a_username_is_left():
    after = wanting(ANNA, None)
    assert (after.email, after.email_verified) == (None, False)
    with pytest.raises(Invalid):
        wanting(changed(ANNA, ProfileChanges(username=None)), None)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Anna", "A"),
        ("anna maria berg", "AB"),
        ("  (Anna)  [Berg] ", "AB"),
        ("安娜", "安"),
        ("ßtraße", "SS"),
        ("😀 !", ""),
        ("\x01 <b>", "B"),
        ("user-abc123", "U"),
    ],
)
def test_initials_are_those_of_the_first_and_the_last_word(name, shown):
    assert initials(name) == shown


@pytest.mark.parametrize("name", ["Anna & Berg", "<script>", "\x01", "😀", "'\"", "&amp; &lt;"])
def test_the_picture_is_well_formed_and_runs_nothing(name):
    picture = placeholder(UserId("1"), name)
    names = {element.tag.rpartition("}")[2] for element in ET.fromstring(picture).iter()}
    assert names == {"svg", "rect", "text"}
    assert placeholder(UserId("1"), name) == picture


def test_people_have_colours_of_their_own_on_which_white_can_be_read():
    colours = set()
    for number in range(200):
        found = re.search(r"#(\w\w)(\w\w)(\w\w)", placeholder(UserId(str(number)), "A"))
        parts = [int(part, 16) / 255 for part in found.groups()]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (luminance + 0.05) >= 4.5
        colours.add(colorsys.rgb_to_hls(*parts)[0])
    assert len(colours) > 150
