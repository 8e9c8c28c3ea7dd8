"""How a person keeps a conversation."""

import pytest

from parley.model.errors import NotAMember, NotFound
from parley.model.preferences import Preference
from tests.support.chat import Chat, a_chat
from tests.support.world import ANN, BEN, CAT


@pytest.fixture
async def chat() -> Chat:
    return await a_chat()


async def test_mute_and_archive_show_wherever_the_conversation_does(chat: Chat) -> None:
    where = await chat.group(BEN)
    answer = await chat.preferences.change(BEN, where, muted=True, archived=True)
    assert answer == Preference(muted=True, archived=True)
    (listed,) = (await chat.conversations.mine(BEN)).items
    (missed,) = (await chat.sync.catch_up(BEN, {})).conversations
    assert missed.gained is not None
    for seen in (listed, await chat.conversations.get(BEN, where), missed.gained):
        assert (seen.muted, seen.archived) == (True, True)


async def test_what_is_not_given_stays(chat: Chat) -> None:
    where = await chat.group()
    await chat.preferences.change(ANN, where, muted=True)
    await chat.preferences.change(ANN, where, archived=True)
    assert await chat.preferences.change(ANN, where, muted=False) == Preference(False, True)


async def test_nobody_elses_view_changes_and_nothing_is_appended(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.preferences.change(BEN, where, muted=True)
    seen = await chat.conversations.get(ANN, where)
    assert (seen.muted, seen.archived, seen.head) == (False, False, 1)


async def test_a_direct_conversation_is_muted_too(chat: Chat) -> None:
    where = (await chat.conversations.open_direct(ANN, BEN)).conversation_id
    await chat.preferences.change(ANN, where, muted=True)
    assert (await chat.conversations.open_direct(ANN, BEN)).muted


async def test_only_members_keep_a_conversation(chat: Chat) -> None:
    group, room = await chat.group(BEN), await chat.room(ANN)
    with pytest.raises(NotFound):
        await chat.preferences.change(CAT, group, muted=True)
    with pytest.raises(NotAMember):
        await chat.preferences.change(CAT, room, muted=True)
