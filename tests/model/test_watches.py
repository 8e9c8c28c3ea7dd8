"""Who watches whom."""

from parley.model.ids import UserId
from parley.model.watches import Watches

ANN, BEN, CAT = UserId("ann"), UserId("ben"), UserId("cat")


def test_watchers_are_found_by_whom_they_watch() -> None:
    watches = Watches()
    watches.replace("one", ANN, [BEN, CAT])
    watches.replace("two", ANN, [BEN])
    watches.replace("three", CAT, [BEN])
    assert watches.of(BEN) == {ANN, CAT}
    assert watches.of(CAT) == {ANN}
    assert watches.of(ANN) == set()


def test_a_new_watch_takes_the_place_of_the_last() -> None:
    watches = Watches()
    watches.replace("one", ANN, [BEN])
    watches.replace("one", ANN, [CAT])
    assert watches.of(BEN) == set()
    assert watches.of(CAT) == {ANN}


def test_what_is_dropped_leaves_nothing_behind() -> None:
    watches = Watches()
    watches.replace("one", ANN, [BEN])
    watches.drop("one")
    watches.drop("one")
    watches.replace("two", ANN, [])
    assert not watches._by_watcher
    assert not watches._by_watched
