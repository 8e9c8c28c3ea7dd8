"""A device's copy of its conversations, kept from pushes and catching up alone, as `sync` asks of any client.

What comes at or below a cursor is dropped; between the pages of catching up, what is ahead of it is too. Whoever sees
9 after 7 asks for 8.
"""

import time
from array import array
from collections.abc import Callable, Iterable

from msgspec import Struct, field

from parley.verify.history import Arrivals, Entry, View
from parley.verify.members import joined, left


class Page(Struct, kw_only=True):
    """What one answer to catching up says of a conversation."""

    conversation_id: str
    head: int
    entries: list[Entry] = field(default_factory=list)
    gained: bool = False
    reset: bool = False


class Views:
    """All conversations of a device. `whole`: it fetches what it gains from the beginning, instead of from the head.

    `seamless` says that everything since the connection stood has to come without a jump: True from when catching up
    is done, or a recovery was granted, until the connection ends. `recovered` says that it was the latter: then of
    conversations left meanwhile only the leaving comes.

    On one connection the pushes of a conversation have growing seqs, a replay's included: stock clients show what they
    are sent.
    """

    def __init__(
        self, user_id: str, *, whole: bool = False, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.user_id = user_id
        self.by_id: dict[str, View] = {}
        self.arrivals: dict[str, Arrivals] = {}
        self.faults: list[str] = []
        self.catching_up = True
        self.seamless = False
        self.recovered = False
        self._pushed: dict[str, int] = {}
        self._unknown: dict[str, str] = {}
        """Where something came of a conversation that this device knows nothing of: evidence, unless it leaves it."""
        self._whole = whole
        self._now = now

    def connected(self) -> None:
        """Another connection stands, on which nothing has come yet."""
        self.seamless = self.recovered = False
        self._pushed.clear()
        self._unknown.clear()

    def conclude(self) -> None:
        """Nothing more will come."""
        self.faults += self._unknown.values()
        self._unknown.clear()

    def cursors(self) -> dict[str, int]:
        """What to name when catching up."""
        return {where: view.cursor for where, view in self.by_id.items() if not view.left}

    def take(self, entry: Entry) -> bool:
        """A push. Whether to catch up, because something is missing before it."""
        self._arrived(entry)
        self._follows(entry)
        view = self.by_id.get(entry.conversation_id)
        known = view is not None and not view.left
        if self.catching_up and (not known or view is None or entry.seq > view.cursor):
            return False
        if view is None or view.left:
            return self._outside(entry, view)
        if entry.seq <= view.cursor:
            return False
        if entry.seq == view.cursor + 1:
            view.add(entry)
            view.left = left(entry) == self.user_id
            return False
        return self._jump(entry, view)

    def show(self, entry: Entry) -> None:
        """A push of a server that numbers nothing: shown behind what is there."""
        self._arrived(entry)
        view = self.by_id.setdefault(entry.conversation_id, View(base=0, cursor=0))
        view.entries.append(entry)

    def page(self, pages: Iterable[Page], lost: Iterable[tuple[str, int]]) -> bool:
        """An answer to catching up. Whether to ask again because of conversations that are to be had whole."""
        again = False
        for page in pages:
            view = self.by_id.get(page.conversation_id)
            if page.reset:
                self.faults.append(f"{page.conversation_id} was reset at #{page.head} without need")
                self.by_id[page.conversation_id] = View(base=page.head, cursor=page.head)
            elif page.gained:
                if view is None or view.left:
                    again = again or (self._whole and page.head > 0)
                    start = 0 if self._whole else page.head
                    self.by_id[page.conversation_id] = View(base=start, cursor=start)
            elif view is not None:
                self._append(page, view)
        for where, seq in lost:
            view = self.by_id.get(where)
            if view is not None:
                view.left, view.cursor = True, max(view.cursor, seq)
        return again

    def _append(self, page: Page, view: View) -> None:
        for entry in page.entries:
            self._arrived(entry)
            if entry.seq == view.cursor + 1:
                view.add(entry)
                view.left = left(entry) == self.user_id or (view.left and not self._enters(entry))
            elif entry.seq > view.cursor:
                self.faults.append(f"catching up brought {entry} after #{view.cursor}")
                return
        if view.cursor < page.head:
            # They are in it: between their leaving and their coming back is where this page happens to end. Taken for
            # left, it would not be named when the next page is asked for, and begin anew, for ever.
            view.left = False

    def _enters(self, entry: Entry) -> bool:
        return self.user_id in joined(entry)

    def _outside(self, entry: Entry, view: View | None) -> bool:
        """Of a conversation that this device is not in, as far as it knows."""
        if view is not None and entry.seq <= view.cursor:
            return False
        if self._enters(entry):
            fresh = View(base=entry.seq - 1, cursor=entry.seq - 1)
            fresh.add(entry)
            self.by_id[entry.conversation_id] = fresh
            return False
        if left(entry) == self.user_id:
            # What catching up brought may have been read behind this already, and before what was pushed of before it.
            self._unknown.pop(entry.conversation_id, None)
            if view is not None:
                view.cursor = entry.seq
            return False
        if self.seamless:
            text = self._broken(entry, "which this device was not told of")
            self._unknown.setdefault(entry.conversation_id, text)
        return True

    def _jump(self, entry: Entry, view: View) -> bool:
        leaves = left(entry) == self.user_id
        if self.seamless and not self._enters(entry) and not (leaves and self.recovered):
            self._fault(entry, f"after #{view.cursor}")
        if leaves:
            # What was missed before it is no longer this person's to read.
            view.left, view.cursor = True, entry.seq
        return not leaves

    def _follows(self, entry: Entry) -> None:
        where = entry.conversation_id
        before = self._pushed.get(where, 0)
        if entry.seq > before:
            self._pushed[where] = entry.seq
        else:
            self.faults.append(f"one connection brought {entry} of {where} after #{before}")

    def _fault(self, entry: Entry, text: str) -> None:
        """Once a connection: what follows is the same hole."""
        self.seamless = False
        self.faults.append(self._broken(entry, text))

    def _broken(self, entry: Entry, text: str) -> str:
        return f"a connection that was whole brought {entry} of {entry.conversation_id}, {text}"

    def _arrived(self, entry: Entry) -> None:
        arrivals = self.arrivals.get(entry.conversation_id)
        if arrivals is None:
            arrivals = self.arrivals[entry.conversation_id] = Arrivals(array("q"), array("d"))
        arrivals.seqs.append(entry.seq)
        arrivals.times.append(self._now())
