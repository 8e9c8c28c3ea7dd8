"""Contacts in memory."""

from collections.abc import Collection

from parley.model.contacts import Contact, ContactStatus, Pair
from parley.model.ids import UserId
from parley.ports.contacts import ContactStore


class MemoryContacts(ContactStore):
    def __init__(self) -> None:
        self._lists: dict[UserId, dict[UserId, Contact]] = {}

    def drop(self, user_id: UserId) -> None:
        """Forget everything about this person."""
        self._lists.pop(user_id, None)
        for others in self._lists.values():
            others.pop(user_id, None)

    async def pair(self, user_id: UserId, other_id: UserId) -> Pair:
        return self._pair(user_id, other_id)

    async def replace(self, user_id: UserId, other_id: UserId, before: Pair, after: Pair) -> bool:
        if self._pair(user_id, other_id) != before:
            return False
        self._keep(user_id, other_id, after.mine)
        self._keep(other_id, user_id, after.theirs)
        return True

    async def page(
        self, user_id: UserId, status: ContactStatus, after: str, limit: int
    ) -> list[Contact]:
        found = [
            contact
            for contact_id, contact in sorted(self._of(user_id).items())
            if contact.status == status and contact_id > after
        ]
        return found[:limit]

    async def count(self, user_id: UserId, status: ContactStatus) -> int:
        return sum(contact.status == status for contact in self._of(user_id).values())

    async def kept(self, user_id: UserId) -> set[UserId]:
        found = self._of(user_id).values()
        return {contact.user_id for contact in found if contact.status == "accepted"}

    async def keeping(self, user_id: UserId, others: Collection[UserId]) -> set[UserId]:
        lists = ((other, self._of(other).get(user_id)) for other in others)
        return {other for other, mine in lists if mine is not None and mine.status == "accepted"}

    def _pair(self, user_id: UserId, other_id: UserId) -> Pair:
        return Pair(self._of(user_id).get(other_id), self._of(other_id).get(user_id))

    def _of(self, user_id: UserId) -> dict[UserId, Contact]:
        return self._lists.setdefault(user_id, {})

    def _keep(self, user_id: UserId, other_id: UserId, contact: Contact | None) -> None:
        if contact is None:
            self._of(user_id).pop(other_id, None)
        else:
            self._of(user_id)[other_id] = contact
