"""Histories in which everything went well, to plant one fault in each."""

from array import array
from collections.abc import Iterable

import msgspec

from parley.verify.checker import check
from parley.verify.checks.contents import fold
from parley.verify.history import (
    Answer,
    Arrivals,
    Command,
    DeviceHistory,
    Entry,
    History,
    Member,
    Reading,
    Told,
    View,
)

HOME = "home"
ANN, BEN, CAT = "ann", "ben", "cat"


def entry(seq: int, kind: str, actor: str, client_id: str = "", /, **fields: object) -> Entry:
    return Entry(
        conversation_id=HOME,
        seq=seq,
        type=kind,
        actor_id=actor,
        client_id=client_id or f"c{seq}",
        at=f"2026-01-01T00:00:{seq:02}.000Z",
        **fields,
    )


def said(seq: int, actor: str, client_id: str = "") -> Entry:
    return entry(seq, "message.new", actor, client_id, body=f"words of c{seq}")


def a_log() -> list[Entry]:
    """Ann makes a group with Ben; they talk; Cat comes, talks and goes; the last word is Ben's."""
    members = (Member(ANN, "owner"), Member(BEN))
    return [
        entry(1, "conversation.created", ANN, kind="group", members=members),
        said(2, ANN),
        said(3, BEN),
        entry(4, "member.joined", ANN, user_id=CAT),
        said(5, CAT),
        entry(6, "message.edited", ANN, message_seq=2, body="other words"),
        entry(7, "reaction.added", BEN, message_seq=2, emoji="👍"),
        entry(8, "member.left", ANN, user_id=CAT),
        said(9, BEN),
    ]


KINDS = {
    "conversation.created": "conversation.create",
    "message.new": "message.send",
    "message.edited": "message.edit",
    "reaction.added": "reaction.add",
    "member.joined": "member.add",
    "member.left": "member.remove",
}


def told(one: Entry, *, sent_at: float | None = None, acked_at: float | None = None) -> Told:
    """The command that led to an entry: sent at its seq in seconds, acked half a second later."""
    begun = one.seq if sent_at is None else sent_at
    command = Command(
        kind=KINDS[one.type],
        actor_id=one.actor_id,
        client_id=one.client_id,
        conversation_id="" if one.seq == 1 else HOME,
        body=one.body,
        message_seq=one.message_seq,
        emoji=one.emoji,
        user_id=one.user_id,
    )
    answer = Answer(outcome="done", seq=one.seq, conversation_id=HOME)
    ended = begun + 0.5 if acked_at is None else acked_at
    return Told(command=command, device="1", sent_at=begun, attempts=1, answers=[(ended, answer)])


def device(user_id: str, entries: Iterable[Entry], *, left: bool = False) -> DeviceHistory:
    """One that got these as they happened, and followed from the first of them on."""
    mine = list(entries)
    view = View(base=mine[0].seq - 1, cursor=mine[-1].seq, entries=mine, left=left)
    seqs = array("q", (one.seq for one in mine))
    arrivals = Arrivals(seqs, array("d", (one.seq + 0.6 for one in mine)))
    return DeviceHistory(
        name=f"{user_id}'s", user_id=user_id, views={HOME: view}, arrivals={HOME: arrivals}
    )


def a_history(log: list[Entry] | None = None) -> History:
    """All in order: every command acked, Ann's two devices, Ben's and Cat's with what is theirs."""
    log = a_log() if log is None else log
    return History(
        commands=[told(one) for one in log],
        devices=[
            device(ANN, log),
            device(ANN, log[2:]),
            device(BEN, log),
            device(CAT, log[3:8], left=True),
        ],
        readings={HOME: Reading(log, fold(log))},
        standings={
            (ANN, HOME): 2,
            (BEN, HOME): max(
                one.seq for one in log if one.actor_id == BEN and one.type == "message.new"
            ),
        },
    )


def changed(one: Entry, **fields: object) -> Entry:
    return msgspec.structs.replace(one, **fields)


def codes(history: History) -> set[str]:
    return {violation.code for violation in check(history)}
