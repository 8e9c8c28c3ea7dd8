"""What the guides tell front-end developers to send is answered as they show it."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.settings import Settings
from tests.conformance.servers import JS, require_node
from tests.docs import guides
from tests.docs.guides import GUIDES, Block, differences
from tests.support.server import ServerProcess

ANSWERED = [(at, block) for at, block in enumerate(guides.blocks()) if block.shown]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Block]]:
    require_node()
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    with ServerProcess(tmp_path_factory.mktemp("guides") / "data") as server:
        yield guides.run(server.url)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "at", [at for at, _ in ANSWERED], ids=[f"{block.page}-{at}" for at, block in ANSWERED]
)
def test_an_answer_is_as_it_is_shown(ran: list[Block], at: int) -> None:
    block = ran[at]
    answers = [json.loads(line) for line in block.printed[-len(block.shown) :]]
    assert differences(block.shown, answers) == []


def test_the_copy_is_right_whatever_comes_in_between() -> None:
    """In many small worlds, by seeds: packets in one frame, broken connections, recovery, a store that is put back."""
    require_node()
    page = [block.code for block in guides.blocks() if block.page == "events.md"]
    code = "".join(one for one in page if "const copy =" in one or "function catchUp(" in one)
    done = subprocess.run(
        ["node", str(JS / "copy.mjs"), "5000"],
        input=code,
        capture_output=True,
        text=True,
        timeout=guides.SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_page_is_in_the_list_and_asks_something() -> None:
    names = guides.pages()
    assert {file.name for file in GUIDES.iterdir()} == set(names)
    assert {block.page for block in guides.blocks()} == set(names)


@pytest.mark.parametrize("page", guides.pages())
def test_its_links_lead_somewhere(page: str) -> None:
    text = (GUIDES / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    for link in links:
        file, _, heading = link.partition("#")
        target = GUIDES / (file or page)
        assert target.is_file(), link
        headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        assert not heading or heading in {name.lower().replace(" ", "-") for name in headings}, link


def test_the_limits_are_those_of_the_settings() -> None:
    text = (Path(GUIDES) / "errors.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|$", text, re.MULTILINE))
    default = Settings()
    told = {
        "body of a REST request, a Socket.IO packet": (default.max_body_bytes // 2**20,),
        "members of a group, of a room": (default.max_group_members, default.max_room_members),
        "first members of a group": (default.max_members_at_creation,),
        "conversations of a person": (default.max_conversations,),
        "contacts, blocks": (default.max_contacts, default.max_blocks),
        "different reactions to a message": (default.max_emoji,),
        "pinned messages": (default.max_pins,),
        "sockets of a person": (default.max_sockets,),
        "signed-in devices of a person": (default.max_sessions_per_person,),
        "REST requests of a person, commands of a person": (
            int(default.requests_per_second),
            int(default.commands_per_second),
        ),
        "messages of a conversation": (int(default.messages_per_second),),
        "reactions of a person": (int(default.reactions_per_second),),
        "trying a password": (default.tries_per_minute,),
    }
    for what, numbers in told.items():
        found = [
            int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\d|\d", rows[what])
        ]
        assert found[: len(numbers)] == [*numbers], what
