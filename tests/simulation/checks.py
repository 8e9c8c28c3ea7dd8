"""The promises, held against everything that was seen: while it happens, and once it is quiet."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from parley.adapters.memory.disk import Disk
from parley.model import permissions
from parley.model.conversations import State, apply
from parley.model.entries import Entry, MemberJoined, MemberLeft, MessageNew
from parley.model.errors import ChatError
from parley.model.ids import ConversationId, UserId
from parley.model.messages import Facts
from parley.ports.log import Record, StoreIdentity
from tests.simulation.commands import Attempt, Command
from tests.simulation.device import OPEN, Device, Json

A_MOMENT = 0.02
"""From when a device loses its connection until who asked by it knows."""


class Violation(NamedTuple):
    promise: str
    at: float
    what: str

    def __str__(self) -> str:
        return f"[{self.promise}] at {self.at:.4f}: {self.what}"


class TimedDisk(Disk):
    """Remembers when each entry got in."""

    def __init__(self, time: Callable[[], float], identity: StoreIdentity | None = None) -> None:
        super().__init__(identity)
        self._now = time
        self.times: dict[ConversationId, list[float]] = {}

    def write(self, record: Record) -> int:
        position = super().write(record)
        where = record.entry.conversation_id
        self.times.setdefault(where, []).append(self._now())
        return position


class Checks:
    def __init__(self, disk: TimedDisk, now: Callable[[], float]) -> None:
        self.violations: list[Violation] = []
        self.recoveries = 0
        self.pushes = 0
        self._disk = disk
        self._now = now
        self._histories: dict[str, list[State]] = {}
        self._open: list[tuple[float, str, str]] = []

    def violate(self, promise: str, what: str) -> None:
        self.violations.append(Violation(promise, self._now(), what))

    def look_at(self, disk: TimedDisk) -> None:
        """Another disk was put in the old one's place."""
        self._disk = disk
        self._histories.clear()

    # --- while it runs ----------------------------------------------------------------------------------------------

    def pushed(self, device: Device, entry: Json) -> None:
        """Only what is committed is pushed, to nobody but members as of that entry."""
        self.pushes += 1
        self._is_in_the_log(device, entry)
        if not self._concerns(device.user_id, entry["conversation_id"], entry["seq"]):
            self.violate("6 only members", f"{device.name} is pushed {_short(entry)}")

    def synced(self, device: Device, asked: float, answer: Json) -> None:
        """What is answered was the log, and the asker's business at some moment since they asked."""
        for missed in answer["conversations"]:
            where = missed["conversation_id"]
            for entry in missed["entries"]:
                self._is_in_the_log(device, entry)
            if missed["entries"] and not self._was_in(device.user_id, where, asked):
                self.violate("6 only members", f"{device.name} catches up in {where[:6]}")

    def stands(self, device: Device, standing: Json) -> None:
        """What is unread are the messages behind what is read, up to the head that is told."""
        where, read, head = (standing[name] for name in ("conversation_id", "read", "head"))
        later = self._disk.log(ConversationId(where))[read:head]
        unread = sum(isinstance(record.entry, MessageNew) for record in later)
        if standing["unread"] != unread:
            told = f"{standing['unread']} unread in {where[:6]}#{head}, not {unread}"
            self.violate("5 marks", f"{device.name} is told of {told}")

    def recovered(self, _device: Device) -> None:
        self.recoveries += 1

    def _is_in_the_log(self, device: Device, entry: Json) -> None:
        log = self._disk.log(ConversationId(entry["conversation_id"]))
        seq = entry["seq"]
        if seq > len(log) or _key(log[seq - 1].entry) != _key_of(entry):
            self.violate(
                "1 durable", f"{device.name} sees {_short(entry)}, which is not in the log"
            )

    def _concerns(self, user_id: str, where: str, seq: int) -> bool:
        states = self._states(where)
        return any(user_id in states[head].members for head in (seq - 1, seq) if head < len(states))

    def _was_in(self, user_id: str, where: str, since: float) -> bool:
        states, times = self._states(where), self._disk.times[ConversationId(where)]
        return any(
            user_id in states[head].members
            for head in range(len(states))
            if head == len(times) or times[head] >= since
        )

    def _states(self, where: str) -> list[State]:
        """The state after 0, 1, 2 … entries, each with the facts of all of its messages."""
        states = self._histories.setdefault(where, [State(ConversationId(where))])
        for record in self._disk.log(ConversationId(where))[len(states) - 1 :]:
            states.append(_next(states[-1], record.entry))
        return states

    # --- once it is quiet -------------------------------------------------------------------------------------------

    def logs(self) -> None:
        """No hole, no client_id twice, and every entry was allowed where it stands."""
        for where in self._disk.times:
            entries = [record.entry for record in self._disk.log(where)]
            if [entry.seq for entry in entries] != list(range(1, len(entries) + 1)):
                self.violate("3 one order", f"{where} has a hole")
            keys = [(entry.actor_id, entry.client_id) for entry in entries]
            if len(set(keys)) != len(keys):
                self.violate("2 once", f"{where} has a client_id twice")
            states = self._states(where)
            for entry in entries:
                if not _allowed(states[entry.seq - 1], entry):
                    self.violate("6 only members", f"{_brief(entry)} was not allowed there")
                if (
                    entry.messages != states[entry.seq].messages
                    or entry.at < states[entry.seq - 1].at
                ):
                    self.violate("3 one order", f"{_brief(entry)} is stamped wrongly")

    def commands(self, commands: Iterable[Command]) -> None:
        """Every answer was true, all to one command the same, and none is missing."""
        commands = list(commands)
        for command in commands:
            if command.final is None:
                self.violate("liveness", f"{command} has no final answer")
            self._answers(command)
        self._real_time(commands)

    def _answers(self, command: Command) -> None:
        seqs = set()
        for attempt in command.attempts:
            answer = attempt.answer
            if answer is None:
                continue
            if answer["ok"] and "entry" in answer:
                entry = answer["entry"]
                seqs.add((entry["conversation_id"], entry["seq"]))
                log = self._disk.log(ConversationId(entry["conversation_id"]))
                if entry["seq"] > len(log) or _key(log[entry["seq"] - 1].entry) != _key_of(entry):
                    self.violate(
                        "1 durable", f"{command} was acked with {_short(entry)}: not there"
                    )
                elif entry["client_id"] != command.client_id:
                    self.violate("2 once", f"{command} was answered with {_short(entry)}")
            elif command.kind in _VERDICTS:
                self._was_true(command, attempt, answer)
        if len(seqs) > 1:
            self.violate("2 once", f"{command} led to {sorted(seqs)}")

    def _was_true(self, command: Command, attempt: Attempt, answer: Json) -> None:
        """An answer without an entry was right on the log as it stood between the question and the answer.

        An earlier attempt may land after it, if it was on its way all the time; what was in before is the answer.
        """
        code = "ok" if answer["ok"] else answer["error"]["code"]
        if code in ("unavailable", "rate_limited", "draining"):
            return
        where = ConversationId(command.conversation_id)
        found = self._disk.find((where, UserId(command.actor_id), command.client_id))
        first = command.attempts[0]
        times, states = self._disk.times.get(where, []), self._states(where)
        if found is not None and (attempt is first or times[found.entry.seq - 1] <= attempt.asked):
            self.violate("2 once", f"{command} was answered {code}, and is in the log")
        answered = attempt.answered
        assert answered is not None
        for head, state in enumerate(states):
            begin = times[head - 1] if head else 0.0
            end = times[head] if head < len(times) else answered
            if begin <= answered and end >= first.asked and _verdict(command, state) == code:
                return
        self.violate("6 only members", f"{command} was answered {code}, which was never so")

    def _real_time(self, commands: Iterable[Command]) -> None:
        """What was acked before another command was given comes before it."""
        by_place: dict[str, list[tuple[float, float, int]]] = {}
        for command in commands:
            final = command.final
            if (
                final is not None
                and final["ok"]
                and "entry" in final
                and not final.get("duplicate")
            ):
                entry, last = final["entry"], command.attempts[-1]
                assert last.answered is not None
                by_place.setdefault(entry["conversation_id"], []).append(
                    (command.attempts[0].asked, last.answered, entry["seq"])
                )
        for where, those in by_place.items():
            for _asked, answered, seq in those:
                if any(asked > answered and later < seq for asked, _, later in those):
                    self.violate(
                        "3 one order", f"{where[:6]}#{seq} was acked before an earlier one"
                    )

    def views(self, devices: Iterable[Device], when: str) -> None:
        """Every device has what it is to have, in order, and in its present state."""
        for device in devices:
            if not device.synced:
                self.violate("liveness", f"{device.name} has not caught up ({when})")
                continue
            for state in list(self._disk.states()):
                self._view(device, state, when)

    def ended(self, device: Device) -> None:
        """Nothing goes on for a session that ended."""
        if device.connected:
            self.violate("6 only members", f"{device.name} goes on, its session ended")

    def _view(self, device: Device, state: State, when: str) -> None:
        where = state.conversation_id
        view = device.views.get(where)
        member = UserId(device.user_id) in state.members
        if not member:
            if view is not None and not view.left:
                self.violate("6 only members", f"{device.name} holds on to {where[:6]} ({when})")
            return
        if view is None or view.left:
            self.violate("4 no gap", f"{device.name} lacks {where[:6]} ({when})")
            return
        log = [record.entry for record in self._disk.log(where)][view.base :]
        if [_key_of(entry) for entry in view.entries] != [_key(entry) for entry in log]:
            has, base = [entry["seq"] for entry in view.entries], view.base
            self.violate(
                "4 no gap",
                f"{device.name} has {has} after {base} of {where[:6]}, head {state.head} ({when})",
            )
        elif _shown(view.entries) != _shown([_json(entry) for entry in log]):
            self.violate("4 no gap", f"{device.name} shows other contents in {where[:6]} ({when})")

    def marks(self, commands: Iterable[Command], devices: Iterable[Device], when: str) -> None:
        """What was acked as read is read: in the store, and on every device of that person."""
        furthest: dict[tuple[str, str], int] = {}
        for command in commands:
            if command.kind == "mark" and command.final is not None and command.final["ok"]:
                key = command.conversation_id, command.actor_id
                furthest[key] = max(furthest.get(key, 0), command.message_seq)
        kept = self._disk.marks
        for (where, user_id), seq in furthest.items():
            mark = kept.get((ConversationId(where), UserId(user_id)))
            if mark is None or mark.read < seq:
                self.violate("5 marks", f"{user_id[:6]} had read {where[:6]}#{seq}: {mark}")
            member = self._disk.state(ConversationId(where)).members.get(UserId(user_id))
            if member is None or member.joined_seq >= seq:  # who comes in has read what was before
                continue
            for device in devices:
                shown = device.marks.get(where, 0)
                if device.user_id == user_id and shown < seq:
                    self.violate(
                        "5 marks",
                        f"{device.name} shows {where[:6]} read to {shown}, not {seq} ({when})",
                    )

    # --- reused names and orderly endings ---------------------------------------------------------------------------

    def reused(self, command: Command, answer: Json | None) -> None:
        """The client_id of a command that is in the log was sent with another content."""
        if answer is None or (not answer["ok"] and answer["error"]["code"] in OPEN):
            return
        if answer["ok"] and "deleted_at" in answer.get("entry", {}):
            return  # nothing is kept to compare with
        if answer["ok"] or answer["error"]["code"] != "client_id_reused":
            self.violate("2 once", f"{command} was sent with another content: {answer}")

    def left_open(self, device: Device, payload: Json) -> None:
        """The server, told to stop, has ended this connection without an answer to this."""
        if "client_id" not in payload or "conversation_id" not in payload:
            return
        where, client_id = ConversationId(payload["conversation_id"]), payload["client_id"]
        if self._disk.find((where, UserId(device.user_id), client_id)) is not None:
            self._open.append((self._now(), device.user_id, client_id))

    def drained(self, commands: Iterable[Command]) -> None:
        """Told to stop, a server answers what it carried out: what it left open was not, by that attempt."""
        by_name = {(command.actor_id, command.client_id): command for command in commands}
        for at, user_id, client_id in self._open:
            command = by_name.get((user_id, client_id))
            first = command.attempts[0].answered if command is not None else None
            if first is not None and 0 <= first - at < A_MOMENT:
                self.violate("drain", f"{command} was carried out, and not answered")

    def journal(self, states: Mapping[ConversationId, State]) -> None:
        """What the journal keeps is what its log says."""
        for where, state in states.items():
            there = self._disk.state(where)
            if (state.head, state.members, dict(state.pins)) != (
                there.head, there.members, dict(there.pins),
            ):  # fmt: skip
                self.violate("journal", f"the state of {where[:6]} differs from its log")


# --- the rules, as they are -------------------------------------------------------------------------------------------


def _next(state: State, entry: Entry) -> State:
    fields = {name: getattr(state, name) for name in State.__slots__}
    after = State(
        **{name: dict(kept) if name in _COPIED else kept for name, kept in fields.items()}
    )
    is_message = isinstance(entry, MessageNew)
    after.facts[entry.seq] = Facts(entry.actor_id) if is_message else None
    apply(after, entry)
    after.messages = state.messages + is_message  # counted, not believed
    return after


_COPIED = ("members", "pins", "banned", "facts")

_VERDICTS: dict[str, Callable[[State, UserId, int, UserId], object]] = {
    "send": lambda s, me, _seq, _other: permissions.require_writer(s, me) or "entry",
    "edit": lambda s, me, seq, _other: permissions.edit_message(s, me, seq, "", ()),
    "delete": lambda s, me, seq, _other: permissions.delete_message(s, me, seq),
    "react": lambda s, me, seq, _other: permissions.add_reaction(s, me, seq, "👍", most=50),
    "unreact": lambda s, me, seq, _other: permissions.remove_reaction(s, me, seq, "👍"),
    "pin": lambda s, me, seq, _other: permissions.pin_message(s, me, seq, most=100),
    "unpin": lambda s, me, seq, _other: permissions.unpin_message(s, me, seq),
    "add": lambda s, me, _seq, other: permissions.add_member(
        s, me, other, role="member", most=5000
    ),
    "remove": lambda s, me, _seq, other: permissions.remove_member(s, me, other),
    "leave": lambda s, me, _seq, _other: permissions.remove_member(s, me, me),
}


def _verdict(command: Command, state: State) -> str:
    """`entry`, `ok` where nothing has to change, or the code of the refusal."""
    me, other = UserId(command.actor_id), UserId(command.other_id)
    try:
        verdict = _VERDICTS[command.kind](state, me, command.message_seq, other)
    except ChatError as error:
        return error.code
    return "ok" if verdict is None else "entry"


def _allowed(state: State, entry: Entry) -> bool:
    """Whether its actor may do that on the log before it; membership and roles, as the rest follows from them."""
    if not state.head:
        return entry.seq == 1
    try:
        if isinstance(entry, MemberJoined) and entry.user_id == entry.actor_id:
            return state.kind == "room" and entry.user_id not in state.members
        if isinstance(entry, MemberLeft):
            left = permissions.remove_member(state, entry.actor_id, entry.user_id)
            return left is not None and (left.reason, left.owner_id) == (
                entry.reason,
                entry.owner_id,
            )
        if isinstance(entry, MessageNew):
            permissions.require_writer(state, entry.actor_id)
        else:
            permissions.require_member(state, entry.actor_id)
    except ChatError:
        return False
    return True


# --- entries, compared ------------------------------------------------------------------------------------------------


def _json(entry: Entry) -> Json:
    return dict(msgspec.to_builtins(entry))


def _key(entry: Entry) -> tuple[Any, ...]:
    return entry.seq, entry.type, entry.actor_id, entry.client_id


def _key_of(entry: Json) -> tuple[Any, ...]:
    return entry["seq"], entry["type"], entry["actor_id"], entry["client_id"]


def _short(entry: Json) -> str:
    return (
        f"{entry['conversation_id'][:6]}#{entry['seq']} {entry['type']} by {entry['actor_id'][:6]}"
    )


def _brief(entry: Entry) -> str:
    return _short(_json(entry))


def _shown(entries: Iterable[Json]) -> dict[int, Any]:
    """What these entries, applied in order, show of the messages among them."""
    shown: dict[int, Any] = {}
    for entry in entries:
        seq = entry.get("message_seq")
        if entry["type"] == "message.new":
            shown[entry["seq"]] = [entry["body"], "deleted_at" in entry, set(), False]
        elif seq in shown and not shown[seq][1]:
            _CHANGES.get(entry["type"], lambda _message, _entry: None)(shown[seq], entry)
    for message in shown.values():
        if message[1]:  # a deleted message shows nothing, whatever came before
            message[:] = ["", True, set(), False]
    return shown


def _set(place: int, value: Any) -> Callable[[Any, Json], None]:
    return lambda message, _entry: message.__setitem__(place, value)


_CHANGES: dict[str, Callable[[Any, Json], object]] = {
    "message.edited": lambda message, entry: message.__setitem__(0, entry["body"]),
    "message.deleted": _set(1, True),
    "reaction.added": lambda message, entry: message[2].add((entry["actor_id"], entry["emoji"])),
    "reaction.removed": lambda message, entry: message[2].discard(
        (entry["actor_id"], entry["emoji"])
    ),
    "message.pinned": _set(3, True),
    "message.unpinned": _set(3, False),
}
