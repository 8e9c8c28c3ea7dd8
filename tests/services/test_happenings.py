"""What happened to a conversation itself, to be shown between its messages."""

import pytest

from parley.model.errors import Invalid, NotFound
from parley.services.happenings import Happenings
from tests.support.chat import Chat, a_chat
from tests.support.world import ANN, BEN, CAT


@pytest.fixture
async def chat() -> Chat:
    return await a_chat()


def happenings(chat: Chat) -> Happenings:
    return Happenings(journal=chat.world.journal, log=chat.world.log)


async def test_they_come_in_pages_between_two_seqs(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, "a")
    await chat.conversations.add(ANN, where, CAT)
    await chat.pins.pin(BEN, where, 2)
    await chat.say(ANN, where, "b")
    await chat.conversations.remove(ANN, where, CAT)
    found = happenings(chat)
    first = await found.page(BEN, where, limit=2)
    assert [entry.type for entry in first.items] == ["conversation.created", "member.joined"]
    assert first.next == 3
    rest = await found.page(BEN, where, after=first.next or 0, limit=2)
    assert [entry.type for entry in rest.items] == ["message.pinned", "member.left"]
    assert rest.next is None
    between = await found.page(BEN, where, after=1, before=4)
    assert [entry.seq for entry in between.items] == [3]


async def test_they_are_their_members_own(chat: Chat) -> None:
    where = await chat.group(BEN)
    with pytest.raises(NotFound):
        await happenings(chat).page(CAT, where)


@pytest.mark.parametrize("limit", [0, 201])
async def test_a_page_has_a_size(chat: Chat, limit: int) -> None:
    where = await chat.group(BEN)
    with pytest.raises(Invalid):
        await happenings(chat).page(ANN, where, limit=limit)
