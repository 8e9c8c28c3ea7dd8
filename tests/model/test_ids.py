"""Ids are opaque, and where they are derived, everyone derives the same."""

import secrets

from parley.model.ids import UserId, created_id, direct_id, is_id, random_id

ANN, BEN = UserId("ann"), UserId("ben")


def test_ids_are_26_characters_of_lower_case_base32() -> None:
    for made in (random_id(secrets.token_bytes), direct_id(ANN, BEN), created_id(ANN, "x")):
        assert is_id(made)
        assert len(made) == 26


def test_both_people_derive_the_same_direct_conversation() -> None:
    assert direct_id(ANN, BEN) == direct_id(BEN, ANN)


def test_other_people_another_conversation() -> None:
    assert len({direct_id(ANN, BEN), direct_id(ANN, ANN), direct_id(BEN, BEN)}) == 3


def test_a_creation_is_found_by_its_client_id_alone() -> None:
    assert created_id(ANN, "x") == created_id(ANN, "x")
    assert len({created_id(ANN, "x"), created_id(ANN, "y"), created_id(BEN, "x")}) == 3
