"""So many at once, then so many a minute."""

from parley.model.buckets import Buckets


def test_a_burst_passes_and_then_one_waits():
    buckets = Buckets(burst=3, per_minute=6)
    assert [buckets.take("anna", 0.0) for _ in range(4)] == [0, 0, 0, 10]


def test_whoever_waits_as_told_passes_and_earlier_does_not():
    buckets = Buckets(burst=1, per_minute=6)
    buckets.take("anna", 0.0)
    wait = buckets.take("anna", 3.0)
    assert wait == 7
    assert buckets.take("anna", 3.0 + wait - 0.1) == 1
    assert buckets.take("anna", 3.0 + wait) == 0


def test_being_refused_costs_nothing():
    buckets = Buckets(burst=1, per_minute=60)
    buckets.take("anna", 0.0)
    for _ in range(100):
        buckets.take("anna", 0.5)
    assert buckets.take("anna", 1.0) == 0


def test_a_long_rest_fills_the_bucket_and_no_more():
    buckets = Buckets(burst=2, per_minute=60)
    buckets.take("anna", 0.0)
    assert [buckets.take("anna", 1e6) for _ in range(3)] == [0, 0, 1]


def test_keys_do_not_share():
    buckets = Buckets(burst=1, per_minute=60)
    assert [buckets.take(name, 0.0) for name in ("anna", "boris")] == [0, 0]


def test_a_forgotten_key_begins_anew():
    buckets = Buckets(burst=1, per_minute=1)
    buckets.take("anna", 0.0)
    buckets.forget("anna")
    buckets.forget("nobody")
    assert buckets.take("anna", 0.0) == 0


def test_past_the_bound_the_least_recently_used_is_forgotten():
    buckets = Buckets(burst=2, per_minute=1, most_keys=2)
    for name in ("anna", "boris", "anna", "carla"):
        buckets.take(name, 0.0)
    assert buckets.take("anna", 0.0) > 0
    assert buckets.take("boris", 0.0) == 0
