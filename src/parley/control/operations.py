"""What each request does: parse, call one service method, translate the answer."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from parley.control import protocol
from parley.control.protocol import Ask
from parley.model.accounts import Account, AccountRole
from parley.model.errors import Invalid, Unavailable
from parley.model.instants import timestamp
from parley.model.sessions import Session
from parley.ports.backups import Backups, CannotBackUp
from parley.services.inspection.inspection import Inspection
from parley.services.operator import Operator, PasswordSet
from parley.services.seeding import Amount, Seeding

T = TypeVar("T")

Report = Callable[[str, int, int], None]
"""Told what goes on, how much of it is done, and of how much."""

MOST_ITEMS = 1_000


class Operations:
    """The same for a request that came through the socket and for one of this very process."""

    def __init__(
        self,
        *,
        operator: Operator,
        seeding: Seeding,
        inspection: Inspection,
        backups: Backups | None,
    ) -> None:
        """`backups` is None where the store is backed up by means of its own."""
        self._operator = operator
        self._seeding = seeding
        self._inspection = inspection
        self._backups = backups
        self._table: Mapping[type, Callable[[Any, Report], Awaitable[object]]] = {
            protocol.CreateAccount: self._create,
            protocol.ListAccounts: self._list,
            protocol.ShowAccount: self._show,
            protocol.ResetPassword: self._reset_password,
            protocol.RevokeSessions: self._revoke_sessions,
            protocol.SetRole: self._set_role,
            protocol.SetDisabled: self._set_disabled,
            protocol.Seed: self._seed,
            protocol.Check: self._check,
            protocol.Backup: self._backup,
        }

    async def carry_out(self, ask: Ask[T], report: Report) -> T:
        """Do what is asked for; its answer.

        Raises:
            ChatError: It was refused.
        """
        try:
            return cast("T", await self._table[type(ask)](ask, report))
        except Unavailable as error:
            message = "The store can't be read or written right now; the log lines say why."
            raise Unavailable(message) from error

    async def _create(self, ask: protocol.CreateAccount, _report: Report) -> protocol.PasswordSet:
        created = await self._operator.create(
            username=ask.username,
            email=ask.email,
            display_name=ask.display_name,
            password=ask.password,
            role=_role(ask.admin),
        )
        return _password_set(created)

    async def _list(self, ask: protocol.ListAccounts, _report: Report) -> protocol.Accounts:
        if not 1 <= ask.limit <= MOST_ITEMS:
            raise Invalid(f"A page has 1 to {MOST_ITEMS} accounts.", field="limit")
        page = await self._operator.search(query=ask.query, after=ask.after, limit=ask.limit)
        return protocol.Accounts(items=[_account(one) for one in page.items], next=page.next)

    async def _show(self, ask: protocol.ShowAccount, _report: Report) -> protocol.AccountDetails:
        account, sessions = await self._operator.show(ask.who)
        return protocol.AccountDetails(
            **_fields(account), sessions=[_session(one) for one in sessions]
        )

    async def _reset_password(
        self, ask: protocol.ResetPassword, _report: Report
    ) -> protocol.PasswordSet:
        return _password_set(await self._operator.reset_password(ask.who, ask.password))

    async def _revoke_sessions(
        self, ask: protocol.RevokeSessions, _report: Report
    ) -> protocol.SessionsEnded:
        account, ended = await self._operator.revoke_sessions(ask.who)
        return protocol.SessionsEnded(account=_account(account), ended=ended)

    async def _set_role(self, ask: protocol.SetRole, _report: Report) -> protocol.Account:
        return _account(await self._operator.set_role(ask.who, _role(ask.admin)))

    async def _set_disabled(
        self, ask: protocol.SetDisabled, _report: Report
    ) -> protocol.SessionsEnded:
        account, ended = await self._operator.set_disabled(ask.who, disabled=ask.disabled)
        return protocol.SessionsEnded(account=_account(account), ended=ended)

    async def _seed(self, ask: protocol.Seed, report: Report) -> protocol.Seeded:
        amount = Amount(
            people=ask.people,
            conversations=ask.conversations,
            messages=ask.messages,
            seed=ask.seed,
        )
        seeded = await self._seeding.run(amount, ask.password, report)
        return protocol.Seeded(**msgspec.structs.asdict(seeded))

    async def _check(self, _ask: protocol.Check, report: Report) -> protocol.Checked:
        found = await self._inspection.run(report)
        return msgspec.convert(found, protocol.Checked, from_attributes=True)

    async def _backup(self, ask: protocol.Backup, report: Report) -> protocol.BackedUp:
        if self._backups is None:
            raise Invalid("This store is a MongoDB: back it up with mongodump, or by a snapshot.")
        target = Path(ask.target)
        if not target.is_absolute():
            raise Invalid("The backup's folder must be an absolute path.", field="target")
        try:
            made = await self._backups.make(target, report)
        except CannotBackUp as problem:
            raise Invalid(str(problem)) from problem
        return protocol.BackedUp(epoch=made.epoch, entries=made.entries, bytes=made.bytes)


def _role(admin: bool) -> AccountRole:
    return "admin" if admin else "person"


def _fields(account: Account) -> dict[str, Any]:
    return {name: getattr(account, name) for name in protocol.Account.__struct_fields__}


def _account(account: Account) -> protocol.Account:
    return protocol.Account(**_fields(account))


def _session(session: Session) -> protocol.Session:
    return protocol.Session(
        session_id=session.session_id,
        device=session.device,
        address=session.address,
        created_at=timestamp(session.created_ms),
        used_at=timestamp(session.used_ms),
    )


def _password_set(done: PasswordSet) -> protocol.PasswordSet:
    return protocol.PasswordSet(
        account=_account(done.account), password=done.made, ended=done.ended
    )
