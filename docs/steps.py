"""What the Postman collection does: one conversation between three people, in which every route is asked at least once.

`{{name}}` stands for what an earlier answer brought, see `keep`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, kw_only=True)
class Step:
    """A request to an operation, as somebody (`who`, or nobody), and what it must be answered with.

    `ids` are those of the path, where they are others than the usual ones; `keep` names what later steps need of the
    answer, by its path there.
    """

    operation: str
    status: int
    title: str = ""
    who: str = ""
    code: str = ""
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    keep: Mapping[str, str] = field(default_factory=dict)


USUAL_IDS = {
    "user_id": "{{bob_id}}",
    "conversation_id": "{{group_id}}",
    "seq": "{{message_seq}}",
    "emoji": "👍",
    "session_id": "{{other_session_id}}",
}

PASSWORD = "a password of 8 to 256"  # noqa: S105 - of people made up here


def registering(name: str) -> Step:
    return Step(
        operation="auth_register",
        status=201,
        title=f"Register {name.capitalize()}",
        body={
            "username": f"{name}-{{{{run}}}}",
            "password": PASSWORD,
            "display_name": name.capitalize(),
            "device": "Postman",
        },
        keep={
            f"{name}_id": "user.user_id",
            f"{name}_token": "access_token",
            f"{name}_refresh": "refresh_token",
        },
    )


def signing_in(who: str, password: str = PASSWORD, title: str = "Sign in") -> Step:
    return Step(
        operation="auth_login",
        status=200,
        title=title,
        body={"login": f"{who}-{{{{run}}}}", "password": password, "device": "Postman"},
        keep={f"{who}_token": "access_token", f"{who}_refresh": "refresh_token"},
    )


NOBODYS_CODE = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
ROOM = {"conversation_id": "{{room_id}}"}

FOLDERS: Mapping[str, list[Step]] = {
    "Accounts and sessions": [
        *(registering(name) for name in ("ada", "bob", "carol")),
        Step(
            operation="auth_register",
            status=409,
            title="Register under a taken name",
            code="username_taken",
            body={"username": "ADA-{{run}}", "password": PASSWORD},
        ),
        signing_in("ada"),
        Step(
            operation="auth_login",
            status=401,
            title="Sign in with a wrong password",
            code="wrong_credentials",
            body={"login": "bob-{{run}}", "password": "another password"},
        ),
        Step(
            operation="auth_refresh",
            status=200,
            body={"refresh_token": "{{ada_refresh}}"},
            keep={"ada_token": "access_token", "ada_refresh": "refresh_token"},
        ),
        Step(
            operation="auth_refresh",
            status=401,
            title="Refresh with what is no token",
            code="unauthenticated",
            body={"refresh_token": "nonsense"},
        ),
        Step(
            operation="auth_sessions",
            status=200,
            who="ada",
            keep={"other_session_id": "items.1.session_id"},
        ),
        Step(operation="auth_end_session", status=204, who="ada"),
        Step(
            operation="auth_change_password",
            status=204,
            who="carol",
            body={"current_password": PASSWORD, "password": "another password"},
        ),
        Step(operation="auth_forgot_password", status=204, body={"email": "nobody@example.org"}),
        Step(
            operation="auth_reset_password",
            status=422,
            code="invalid_code",
            body={"code": NOBODYS_CODE, "password": PASSWORD},
        ),
        Step(
            operation="auth_verify_email",
            status=422,
            code="invalid_code",
            body={"code": NOBODYS_CODE},
        ),
    ],
    "People": [
        Step(operation="people_me", status=200, who="ada"),
        Step(
            operation="people_change_me",
            status=200,
            who="ada",
            body={"bio": "Writes the first programs", "status": "at the engine"},
        ),
        Step(operation="people_directory", status=200, who="ada", query={"query": "bob-{{run}}"}),
        Step(operation="people_user", status=200, who="ada"),
        Step(
            operation="people_user",
            status=404,
            title="Somebody who is not there",
            who="ada",
            code="not_found",
            ids={"user_id": "nobody"},
        ),
        Step(operation="people_avatar", status=200),
    ],
    "Contacts": [
        Step(operation="contacts_add", status=201, who="ada", body={"username": "bob-{{run}}"}),
        Step(
            operation="contacts_add",
            status=200,
            title="Add the same one again",
            who="ada",
            body={"user_id": "{{bob_id}}"},
        ),
        Step(operation="contacts_page", status=200, who="ada"),
        Step(operation="contacts_change", status=200, who="ada", body={"notes": "Met at the fair"}),
        Step(
            operation="contacts_accept",
            status=404,
            title="Accept somebody who did not ask",
            who="ada",
            code="not_found",
            ids={"user_id": "{{carol_id}}"},
        ),
        Step(
            operation="contacts_decline",
            status=204,
            who="ada",
            ids={"user_id": "{{carol_id}}"},
        ),
        Step(operation="contacts_remove", status=204, who="ada"),
    ],
    "Blocks": [
        Step(operation="blocks_put", status=200, who="ada", ids={"user_id": "{{carol_id}}"}),
        Step(
            operation="messages_send_to",
            status=403,
            title="Write to who has blocked me",
            who="carol",
            code="blocked",
            ids={"user_id": "{{ada_id}}"},
            body={"body": "Hello?"},
        ),
        Step(operation="blocks_page", status=200, who="ada"),
        Step(operation="blocks_remove", status=204, who="ada", ids={"user_id": "{{carol_id}}"}),
    ],
    "Conversations": [
        Step(
            operation="conversations_create",
            status=201,
            title="Create a group",
            who="ada",
            body={"kind": "group", "name": "Engine", "members": ["{{bob_id}}"], "client_id": "g-1"},
            keep={"group_id": "conversation_id"},
        ),
        Step(
            operation="conversations_create",
            status=200,
            title="Create the same group again",
            who="ada",
            body={"kind": "group", "name": "Engine", "members": ["{{bob_id}}"], "client_id": "g-1"},
        ),
        Step(operation="conversations_mine", status=200, who="ada"),
        Step(operation="conversations_conversation", status=200, who="ada"),
        Step(
            operation="conversations_conversation",
            status=404,
            title="Somebody else's conversation",
            who="carol",
            code="not_found",
        ),
        Step(operation="conversations_open_direct", status=200, who="ada"),
        Step(operation="conversations_members", status=200, who="ada"),
        Step(
            operation="conversations_add",
            status=201,
            who="ada",
            body={"user_id": "{{carol_id}}"},
        ),
        Step(
            operation="administration_change_role",
            status=200,
            who="ada",
            ids={"user_id": "{{carol_id}}"},
            body={"role": "admin"},
        ),
        Step(
            operation="administration_change",
            status=200,
            who="carol",
            body={"topic": "What it will do"},
        ),
        Step(
            operation="administration_change",
            status=403,
            title="Change as a plain member",
            who="bob",
            code="forbidden",
            body={"topic": "Mine"},
        ),
        Step(operation="preferences_change", status=200, who="ada", body={"muted": True}),
        Step(
            operation="conversations_remove",
            status=200,
            who="ada",
            ids={"user_id": "{{carol_id}}"},
        ),
    ],
    "Rooms and bans": [
        Step(
            operation="conversations_create",
            status=201,
            title="Create a room",
            who="ada",
            body={"kind": "room", "name": "Salon {{run}}", "topic": "Anything"},
            keep={"room_id": "conversation_id"},
        ),
        Step(
            operation="conversations_create",
            status=409,
            title="Create a room under a taken name",
            who="bob",
            code="name_taken",
            body={"kind": "room", "name": "SALON {{run}}"},
        ),
        Step(operation="rooms_directory", status=200, who="bob", query={"query": "salon {{run}}"}),
        Step(operation="rooms_join", status=201, who="bob", ids=ROOM, body={}),
        Step(
            operation="rooms_join",
            status=204,
            title="Join where one is in",
            who="bob",
            ids=ROOM,
            body={},
        ),
        Step(operation="bans_ban", status=200, who="ada", ids=ROOM),
        Step(
            operation="rooms_join",
            status=403,
            title="Join where one is banned",
            who="bob",
            code="banned",
            ids=ROOM,
            body={},
        ),
        Step(operation="bans_page", status=200, who="ada", ids=ROOM),
        Step(operation="bans_lift", status=200, who="ada", ids=ROOM),
    ],
    "Messages": [
        Step(
            operation="messages_send",
            status=201,
            who="ada",
            body={"body": "It weaves patterns, @bob-{{run}}", "client_id": "m-1"},
            keep={"message_seq": "seq"},
        ),
        Step(
            operation="messages_send",
            status=200,
            title="Send the same message again",
            who="ada",
            body={"body": "It weaves patterns, @bob-{{run}}", "client_id": "m-1"},
        ),
        Step(
            operation="messages_send",
            status=409,
            title="Send another under the same client_id",
            who="ada",
            code="client_id_reused",
            body={"body": "Something else", "client_id": "m-1"},
        ),
        Step(
            operation="messages_send",
            status=422,
            title="Send nothing",
            who="ada",
            code="invalid",
            body={"body": " "},
        ),
        Step(operation="messages_send_to", status=201, who="ada", body={"body": "Hello, Bob"}),
        Step(operation="messages_page", status=200, who="bob", query={"limit": "20"}),
        Step(operation="messages_message", status=200, who="bob"),
        Step(
            operation="messages_edit",
            status=200,
            who="ada",
            body={"body": "It weaves algebraic patterns"},
        ),
        Step(
            operation="messages_edit",
            status=403,
            title="Edit somebody else's message",
            who="bob",
            code="forbidden",
            body={"body": "It does not"},
        ),
        Step(operation="messages_edits", status=200, who="bob"),
        Step(operation="reactions_add", status=200, who="bob"),
        Step(operation="reactions_remove", status=200, who="bob"),
        Step(operation="pins_pin", status=200, who="ada"),
        Step(operation="pins_page", status=200, who="bob"),
        Step(operation="pins_unpin", status=200, who="ada"),
        Step(operation="messages_log", status=200, who="bob", query={"after": "0"}),
        Step(operation="messages_happenings", status=200, who="bob", query={"after": "0"}),
        Step(operation="messages_catch_up", status=200, who="bob", body={"cursors": {}}),
    ],
    "Marks and presence": [
        Step(operation="marks_mark", status=200, who="bob", body={"read": "{{message_seq}}"}),
        Step(
            operation="marks_mark",
            status=200,
            title="Mark as unread",
            who="bob",
            body={"unread_from": "{{message_seq}}"},
        ),
        Step(operation="marks_of_members", status=200, who="ada"),
        Step(operation="people_presence", status=200, who="ada", query={"user_ids": "{{bob_id}}"}),
    ],
    "Endings": [
        Step(operation="messages_delete", status=200, who="ada"),
        Step(operation="conversations_leave", status=200, who="bob", body={}),
        Step(operation="administration_delete", status=200, who="ada"),
        Step(operation="auth_logout", status=204, who="bob"),
        Step(
            operation="people_me",
            status=401,
            title="Ask after signing out",
            who="bob",
            code="session_revoked",
        ),
        Step(operation="auth_logout_all", status=204, who="ada"),
        signing_in("ada", title="Sign in again"),
        signing_in("carol", "another password", title="Sign in with the new password"),
        Step(
            operation="people_erase_me",
            status=422,
            title="Erase without the password",
            who="carol",
            code="invalid",
            body={},
        ),
        Step(
            operation="people_erase_me",
            status=204,
            who="carol",
            body={"password": "another password"},
        ),
    ],
}
