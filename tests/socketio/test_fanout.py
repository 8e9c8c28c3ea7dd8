"""Order, coalescing and holding, with members that write down what they get."""

from collections.abc import Callable, Sequence

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from parley.socketio.encoding import Encoded
from parley.socketio.fanout import Fanout
from parley.socketio.members import Batch, Member, Room


class Recorder(Member):
    """Takes plain frames through `write`, or items through `transmit`; keeps both as texts."""

    __slots__ = ("direct", "received", "writes")

    def __init__(self, *, direct: bool = True) -> None:
        super().__init__()
        self.direct = direct
        self.received: list[str] = []
        self.writes = 0
        self.write = self._take
        self.settle()

    def _take(self, frames: bytes) -> None:
        self.writes += 1
        while frames:
            size = frames[1]
            self.received.append(frames[2 : 2 + size].decode())
            frames = frames[2 + size :]

    def transmit(self, items: Sequence[Encoded | Batch]) -> None:
        self._take(b"".join(item.frames for item in items))

    def is_plain(self) -> bool:
        return self.direct

    def on_held_size(self, size: int) -> None:
        self.held_size = size


def new_room(fanout: Fanout, *members: Member) -> Room:
    room = Room()
    for member in members:
        fanout.join(room, member)
    return room


def packet(text: str) -> Encoded:
    return Encoded(text.encode())


class Clocked:
    """A fan-out whose ticks are ended by hand."""

    def __init__(self, max_batch: int = 10_000) -> None:
        self._calls: list[Callable[[], object]] = []
        self.fanout = Fanout(self._schedule, max_batch)

    def _schedule(self, call: Callable[[], object]) -> None:
        self._calls.append(call)

    @property
    def scheduled(self) -> int:
        return len(self._calls)

    def end_tick(self) -> None:
        calls, self._calls = self._calls, []
        for call in calls:
            call()


def test_a_tick_of_pushes_to_a_room_is_one_write_a_member() -> None:
    clocked, members = Clocked(), [Recorder() for _ in range(3)]
    room = new_room(clocked.fanout, *members)
    for text in "abc":
        clocked.fanout.push(room, packet(text))
    clocked.end_tick()
    assert [member.received for member in members] == [["a", "b", "c"]] * 3
    assert [member.writes for member in members] == [1, 1, 1]


def test_nothing_is_written_before_the_tick_ends_and_nothing_waits_longer() -> None:
    clocked, member = Clocked(), Recorder()
    room = new_room(clocked.fanout, member)
    clocked.fanout.push(room, packet("a"))
    assert member.received == []
    assert clocked.scheduled == 1
    clocked.end_tick()
    assert member.received == ["a"]
    assert clocked.scheduled == 0


def test_pushes_to_two_rooms_keep_their_order_in_one_write() -> None:
    clocked, both, other = Clocked(), Recorder(), Recorder()
    one, two = new_room(clocked.fanout, both), new_room(clocked.fanout, both, other)
    for room, text in ((one, "a"), (two, "b"), (one, "c"), (two, "d")):
        clocked.fanout.push(room, packet(text))
    clocked.end_tick()
    assert both.received == ["a", "b", "c", "d"]
    assert other.received == ["b", "d"]
    assert both.writes == 1


def test_who_leaves_gets_what_was_pushed_before_and_nothing_after() -> None:
    clocked, leaver, other = Clocked(), Recorder(), Recorder()
    room = new_room(clocked.fanout, leaver, other)
    clocked.fanout.push(room, packet("before"))
    clocked.fanout.leave(room, leaver)
    clocked.fanout.push_one(leaver, packet("you left"))
    clocked.fanout.push(room, packet("after"))
    clocked.end_tick()
    assert leaver.received == ["before", "you left"]
    assert other.received == ["before", "after"]


def test_who_joins_gets_nothing_that_was_pushed_before() -> None:
    clocked, early, late = Clocked(), Recorder(), Recorder()
    room = new_room(clocked.fanout, early)
    clocked.fanout.push(room, packet("before"))
    clocked.fanout.join(room, late)
    clocked.fanout.push(room, packet("after"))
    clocked.end_tick()
    assert early.received == ["before", "after"]
    assert late.received == ["after"]


def test_answers_overtake_the_pushes_of_rooms_and_keep_these_joined() -> None:
    clocked, sender, other = Clocked(), Recorder(), Recorder()
    room = new_room(clocked.fanout, sender, other)
    for number in range(3):
        clocked.fanout.push(room, packet(f"push {number}"))
        clocked.fanout.reply(sender, packet(f"ack {number}"))
    clocked.end_tick()
    assert sender.received == ["ack 0", "ack 1", "ack 2", "push 0", "push 1", "push 2"]
    assert (sender.writes, other.writes) == (1, 1)


def test_answers_do_not_overtake_what_was_sent_to_their_socket_alone() -> None:
    clocked, member = Clocked(), Recorder()
    room = new_room(clocked.fanout, member)
    clocked.fanout.push_one(member, packet("direct"))
    clocked.fanout.reply(member, packet("ack"))
    clocked.fanout.push(room, packet("push"))
    clocked.fanout.reply(member, packet("ack 2"))
    clocked.end_tick()
    assert member.received == ["direct", "ack", "ack 2", "push"]


def test_a_hold_keeps_pushes_back_and_lets_answers_through() -> None:
    clocked, held, other = Clocked(), Recorder(), Recorder()
    room = new_room(clocked.fanout, held, other)
    clocked.fanout.hold(held)
    clocked.fanout.push(room, packet("a"))
    clocked.fanout.push_one(held, packet("b"))
    clocked.fanout.reply(held, packet("ack"))
    clocked.end_tick()
    assert (held.received, other.received) == (["ack"], ["a"])
    clocked.fanout.push(room, packet("c"))
    clocked.fanout.release(held)
    clocked.fanout.push(room, packet("d"))
    clocked.end_tick()
    assert held.received == ["ack", "a", "b", "c", "d"]


def test_holds_nest() -> None:
    clocked, member = Clocked(), Recorder()
    for _ in range(2):
        clocked.fanout.hold(member)
    clocked.fanout.push_one(member, packet("a"))
    clocked.fanout.release(member)
    clocked.end_tick()
    assert member.received == []
    clocked.fanout.release(member)
    clocked.end_tick()
    assert member.received == ["a"]


def test_what_is_held_is_counted() -> None:
    clocked, member = Clocked(), Recorder()
    clocked.fanout.hold(member)
    for _ in range(3):
        clocked.fanout.push_one(member, packet("12345678"))
        clocked.end_tick()
    assert member.held_size == 30


def test_what_a_replay_has_brought_is_not_sent_again() -> None:
    clocked, member = Clocked(), Recorder()
    room = new_room(clocked.fanout, member)
    clocked.fanout.hold(member)
    for offset in ("1", "2", "3"):
        clocked.fanout.push(room, packet(offset).at(offset))
    clocked.fanout.forget(member, {"1", "2"}.__contains__)
    clocked.fanout.release(member)
    clocked.end_tick()
    assert member.received == ["3"]


def test_a_room_that_is_pushed_to_without_end_is_written_within_the_tick() -> None:
    clocked, member = Clocked(max_batch=50), Recorder()
    room = new_room(clocked.fanout, member)
    for number in range(100):
        clocked.fanout.push(room, packet(f"{number:08}"))
    assert len(member.received) > 90
    clocked.end_tick()
    assert member.received == [f"{number:08}" for number in range(100)]


def test_flushing_one_member_sends_what_is_due_to_it_and_leaves_the_others() -> None:
    clocked, one, other = Clocked(), Recorder(), Recorder()
    room = new_room(clocked.fanout, one, other)
    clocked.fanout.push(room, packet("a"))
    clocked.fanout.flush_one(one)
    assert (one.received, other.received) == (["a"], [])
    clocked.fanout.push(room, packet("b"))
    clocked.end_tick()
    assert one.received == other.received == ["a", "b"]


MEMBERS = st.integers(0, 3)
ROOMS = st.integers(0, 2)


class DeliveredAtOnce(RuleBasedStateMachine):
    """Against a model that delivers at once, over members of every kind: order is all there is."""

    def __init__(self) -> None:
        super().__init__()
        self.clocked = Clocked(max_batch=40)
        self.fanout = self.clocked.fanout
        self.members = [Recorder(direct=number != 1) for number in range(4)]
        self.rooms = [Room() for _ in range(3)]
        self.expected: dict[Recorder, list[str]] = {member: [] for member in self.members}
        self.holds = dict.fromkeys(self.members, 0)
        self.count = 0

    def next(self, kind: str, *receivers: Recorder) -> Encoded:
        self.count += 1
        text = f"{kind}{self.count}"
        for member in receivers:
            self.expected[member].append(text)
        return packet(text)

    @rule(r=ROOMS)
    def push(self, r: int) -> None:
        room = self.rooms[r]
        present = [member for member in self.members if member in room.members]
        self.fanout.push(room, self.next("push", *present))

    @rule(m=MEMBERS)
    def push_one(self, m: int) -> None:
        self.fanout.push_one(self.members[m], self.next("one", self.members[m]))

    @rule(m=MEMBERS)
    def push_each(self, m: int) -> None:
        some = self.members[: m + 1]
        self.fanout.push_each(some, self.next("each", *some))

    @rule(m=MEMBERS)
    def reply(self, m: int) -> None:
        self.fanout.reply(self.members[m], self.next("reply", self.members[m]))

    @rule(m=MEMBERS, r=ROOMS)
    def join(self, m: int, r: int) -> None:
        self.fanout.join(self.rooms[r], self.members[m])

    @rule(m=MEMBERS, r=ROOMS)
    def leave(self, m: int, r: int) -> None:
        self.fanout.leave(self.rooms[r], self.members[m])

    @rule(m=MEMBERS)
    def hold(self, m: int) -> None:
        self.fanout.hold(self.members[m])
        self.holds[self.members[m]] += 1

    @rule(m=MEMBERS)
    def release(self, m: int) -> None:
        if self.holds[self.members[m]]:
            self.fanout.release(self.members[m])
            self.holds[self.members[m]] -= 1

    @rule(m=MEMBERS)
    def flush_one(self, m: int) -> None:
        self.fanout.flush_one(self.members[m])

    @rule()
    def end_tick(self) -> None:
        self.clocked.end_tick()

    def teardown(self) -> None:
        for member, count in self.holds.items():
            for _ in range(count):
                self.fanout.release(member)
        self.clocked.end_tick()
        for member, wanted in self.expected.items():
            # Answers may overtake pushes; among themselves neither kind changes its order.
            for answers in (False, True):
                got, due = (
                    [text for text in texts if text.startswith("reply") is answers]
                    for texts in (member.received, wanted)
                )
                assert got == due


TestEveryMemberGetsEveryPushInTheOrderOfThePushes = DeliveredAtOnce.TestCase
TestEveryMemberGetsEveryPushInTheOrderOfThePushes.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None
)
