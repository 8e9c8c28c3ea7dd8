"""Who watches whom: by watcher, and by the person watched."""

from collections.abc import Hashable, Iterable

from parley.model.ids import UserId


class Watches:
    """A watcher is one socket; each watches on behalf of its person."""

    def __init__(self) -> None:
        self._by_watcher: dict[Hashable, frozenset[UserId]] = {}
        self._by_watched: dict[UserId, dict[Hashable, UserId]] = {}

    def replace(self, watcher: Hashable, user_id: UserId, watched: Iterable[UserId]) -> None:
        """Have `watcher`, a socket of `user_id`, watch these people and no others."""
        self.drop(watcher)
        people = frozenset(watched)
        if people:
            self._by_watcher[watcher] = people
        for person in people:
            self._by_watched.setdefault(person, {})[watcher] = user_id

    def drop(self, watcher: Hashable) -> None:
        """Have it watch nobody."""
        for person in self._by_watcher.pop(watcher, ()):
            watchers = self._by_watched[person]
            del watchers[watcher]
            if not watchers:
                del self._by_watched[person]

    def of(self, watched: UserId) -> set[UserId]:
        """Who watches this person."""
        return set(self._by_watched.get(watched, {}).values())
