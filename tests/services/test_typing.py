"""Who is told that somebody writes, and how often."""

import pytest

from parley.model.errors import NotFound
from parley.ports.bus import Typing
from parley.services.conversations import NewGroup
from tests.support.house import House


class Scene:
    def __init__(self, house: House) -> None:
        self.house = house
        self.signals: list[object] = []
        house.bus.subscribe(on_signal=self.signals.append)

    async def group(self, *names: str):
        self.anna, *others = [
            (await self.house.person(name)).user.user_id for name in ("anna", *names)
        ]
        made = await self.house.conversations.create_group(
            self.anna, NewGroup(name="Home", members=others)
        )
        assert made.entry is not None
        self.home = made.entry.conversation_id
        return others

    async def say(self, device: str = "laptop") -> int:
        return (await self.house.typing.say(self.anna, device, self.home)).for_ms


@pytest.fixture
def scene(house: House) -> Scene:
    return Scene(house)


async def test_the_others_are_told_and_for_how_long(scene):
    await scene.group("boris")
    assert await scene.say() == 6_000
    assert scene.signals == [Typing(scene.home, scene.anna, 6_000)]


async def test_a_device_is_heard_once_in_three_seconds_in_each_conversation(scene):
    await scene.group("boris")
    assert [await scene.say(), await scene.say(), await scene.say("phone")] == [6_000, 0, 6_000]
    scene.house.clock.advance(seconds=3)
    assert await scene.say() == 6_000
    assert len(scene.signals) == 3


async def test_an_outsider_is_refused_and_nobody_hears_of_it(scene):
    await scene.group("boris")
    outsider = (await scene.house.person("oscar")).user.user_id
    with pytest.raises(NotFound):
        await scene.house.typing.say(outsider, "laptop", scene.home)
    assert scene.signals == []


async def test_in_a_large_conversation_nobody_is_told(scene):
    await scene.group("boris", "clara", "dora")
    assert await scene.say() == 0
    assert scene.signals == []


async def test_alone_there_is_nobody_to_tell(scene):
    await scene.group()
    assert await scene.say() == 0
    assert scene.signals == []
