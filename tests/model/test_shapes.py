"""What a request's shape was refused for."""

import msgspec
import pytest
from msgspec import Struct

from parley.model.errors import Invalid, UnknownField
from parley.model.shapes import refusal


class Part(Struct, forbid_unknown_fields=True):
    seq: int


class Whole(Struct, forbid_unknown_fields=True):
    name: str
    parts: list[Part] = []


@pytest.mark.parametrize(
    ("text", "code", "details"),
    [
        ("[]", "invalid", {"reason": "Expected `object`, got `array`"}),
        ("{}", "invalid", {"reason": "Object missing required field `name`"}),
        ('{"name": 1}', "invalid", {"field": "name", "reason": "Expected `str`, got `int`"}),
        (
            '{"name": "x", "parts": [{"seq": 1}, {"seq": "2"}]}',
            "invalid",
            {"field": "parts[1].seq", "reason": "Expected `int`, got `str`"},
        ),
        ('{"nom": "x"}', "unknown_field", {"reason": "Object contains unknown field `nom`"}),
        (
            '{"name": "x", "parts": [{"number": 1}]}',
            "unknown_field",
            {"field": "parts[0]", "reason": "Object contains unknown field `number`"},
        ),
    ],
)
def test_it_says_what_is_wrong_and_where(text, code, details):
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(text, type=Whole)
    refused = refusal(caught.value)
    assert isinstance(refused, UnknownField if code == "unknown_field" else Invalid)
    assert (refused.code, refused.details) == (code, details)
