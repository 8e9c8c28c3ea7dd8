"""How often may be guessed, by whom."""

import pytest

from parley.model.tries import Tries, network

HERE, THERE = "192.0.2.1", "198.51.100.7"


def tries() -> Tries:
    return Tries(burst=2, per_minute=6, an_address=3, a_name=3)


def test_a_pair_of_address_and_name_has_its_bound_and_its_rate():
    guesses = tries()
    assert [guesses.take(HERE, "anna", 0) for _ in range(3)] == [0, 0, 10]
    assert guesses.take(HERE, "boris", 0) == 0
    assert guesses.take(HERE, "anna", 10) == 0


def test_one_address_may_not_try_all_names():
    guesses = tries()
    waits = [guesses.take(HERE, f"name {number}", 0) for number in range(8)]
    assert [wait > 0 for wait in waits] == [False] * 6 + [True] * 2
    assert guesses.take(THERE, "another", 0) == 0


def test_one_name_may_not_be_tried_from_all_addresses():
    guesses = tries()
    waits = [guesses.take(f"192.0.2.{number}", "anna", 0) for number in range(8)]
    assert [wait > 0 for wait in waits] == [False] * 6 + [True] * 2


def test_who_succeeded_from_an_address_is_not_held_up_by_what_others_do_elsewhere():
    guesses = tries()
    guesses.take(HERE, "anna", 0)
    guesses.succeeded(HERE, "anna")
    for number in range(20):
        guesses.take(f"198.51.100.{number}", "anna", 0)
    assert guesses.take(HERE, "anna", 0) == 0
    assert guesses.take(THERE, "anna", 0) > 0


def test_success_counts_for_nothing():
    guesses = tries()
    for _ in range(50):
        assert guesses.take(HERE, "anna", 0) == 0
        guesses.succeeded(HERE, "anna")


def test_what_is_familiar_is_bounded(monkeypatch):
    monkeypatch.setattr("parley.model.tries.MOST_FAMILIAR", 2)
    guesses = tries()
    for name in ("anna", "boris", "carla"):
        guesses.succeeded(HERE, name)
    assert len(guesses._familiar) == 2


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        (HERE, HERE),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", HERE),
        ("", ""),
        ("no address", "no address"),
    ],
)
def test_of_ipv6_a_whole_network_is_one_customers(address, whose):
    assert network(address) == whose
