"""How long the writer waits behind a group, so that the next one is larger."""

from parley.adapters.sqlite.pauses import ENOUGH, PAUSE_SECONDS, TRIES, TRY_AGAIN, Pauses


def after(pauses: Pauses, *groups: int) -> list[bool]:
    """Whether there is a pause behind each of these groups, by how many jobs they had."""
    return [pauses.after(jobs) == PAUSE_SECONDS for jobs in groups]


def test_a_small_group_is_followed_by_a_pause() -> None:
    assert all(after(Pauses(), *[2, 3, 1] * 100))


def test_where_groups_are_large_nobody_waits() -> None:
    pauses = Pauses()
    after(pauses, *[2 * ENOUGH] * 20)
    assert not any(after(pauses, *[2 * ENOUGH, 1, ENOUGH] * 100))


def test_groups_that_become_small_are_followed_by_pauses_again() -> None:
    pauses = Pauses()
    after(pauses, *[10 * ENOUGH] * 20)
    assert after(pauses, *[2] * 100)[-1]


def test_where_jobs_come_one_by_one_a_pause_is_only_tried_now_and_then() -> None:
    paused = after(Pauses(), *[1] * (100 * TRY_AGAIN))
    assert paused[:TRIES] == [True] * TRIES
    assert sum(paused[TRIES:]) == 100


def test_a_try_that_gathers_something_is_followed_by_more() -> None:
    pauses = Pauses()
    after(pauses, *[1] * TRY_AGAIN)
    assert all(after(pauses, *[2, 1, 1, 2] * 100))
