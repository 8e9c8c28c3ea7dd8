"""A client's copy of a conversation, kept by the entries that it is pushed, as a front end would keep it."""

from typing import Any

Json = dict[str, Any]


class Reader:
    """Begins with a page of history and its head, and applies every entry after that."""

    def __init__(self, page: Json) -> None:
        self.head: int = page["head"]
        self.messages: dict[int, Json] = {message["seq"]: message for message in page["items"]}

    def take(self, entry: Json) -> None:
        """Apply a pushed entry; one at or below the cursor is one that is there already."""
        if entry["seq"] <= self.head:
            return
        assert entry["seq"] == self.head + 1, "a gap"
        self.head = entry["seq"]
        if entry["type"] == "message.new":
            self.messages[entry["seq"]] = entry
            return
        if entry["type"] == "member.left" and entry["reason"] == "erased":
            for message in self.messages.values():
                if message["actor_id"] == entry["user_id"] and "deleted_at" not in message:
                    _deleted(message, entry)
            return
        message = self.messages.get(entry.get("message_seq", 0))
        if message is None or entry["seq"] <= message.get("changed_seq", 0):
            return
        message["changed_seq"] = entry["seq"]
        _CHANGES[entry["type"]](message, entry)


def _edited(message: Json, entry: Json) -> None:
    if "deleted_at" in message:
        return
    message["body"], message["edited_at"] = entry["body"], entry["at"]
    message.pop("mentions", None)
    if "mentions" in entry:
        message["mentions"] = entry["mentions"]


def _deleted(message: Json, entry: Json) -> None:
    message["body"], message["deleted_at"] = "", entry["at"]
    for gone in ("reactions", "pinned", "mentions", "data", "reply_to", "attachments"):
        message.pop(gone, None)


def _reacted(message: Json, entry: Json) -> None:
    people = set(message.setdefault("reactions", {}).get(entry["emoji"], ()))
    change = people.add if entry["type"] == "reaction.added" else people.discard
    change(entry["actor_id"])
    if people:
        message["reactions"][entry["emoji"]] = sorted(people)
    else:
        message["reactions"].pop(entry["emoji"], None)
        if not message["reactions"]:
            del message["reactions"]


def _pinned(message: Json, entry: Json) -> None:
    if entry["type"] == "message.pinned":
        message["pinned"] = True
    else:
        message.pop("pinned", None)


_CHANGES = {
    "message.edited": _edited,
    "message.deleted": _deleted,
    "reaction.added": _reacted,
    "reaction.removed": _reacted,
    "message.pinned": _pinned,
    "message.unpinned": _pinned,
}
