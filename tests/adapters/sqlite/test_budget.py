"""How many statements a reading may take."""

from parley.model.ids import ConversationId
from tests.adapters.sqlite.conftest import Embedded
from tests.support.pen import ANN, BEN, Pen, created, said

PLENTY = 1_000_000


async def statements(embedded: Embedded, cursors: dict[ConversationId, int]) -> int:
    """How many statements it takes Ann to catch up, the transaction's own included."""
    seen: list[str] = []
    for connection in embedded.database._readers._connections:
        connection.set_trace_callback(seen.append)
    await embedded.log.catch_up(ANN, cursors, 500, PLENTY)
    for connection in embedded.database._readers._connections:
        connection.set_trace_callback(None)
    return len(seen)


async def test_catching_up_asks_for_entries_only_where_there_are_some(embedded: Embedded) -> None:
    pens = [Pen(f"c{number}") for number in range(40)]
    for pen in pens:
        await embedded.append(pen, created(ANN, BEN), said("one"))
    up_to_date = {pen.conversation_id: pen.head for pen in pens}
    before = await statements(embedded, up_to_date)
    assert before == await statements(embedded, {})
    behind = up_to_date | {pen.conversation_id: 1 for pen in pens[:3]}
    assert await statements(embedded, behind) == before + 3


async def test_a_page_of_messages_is_two_statements(embedded: Embedded) -> None:
    home = Pen("home")
    await embedded.write(home, created(ANN), said("one"))
    seen: list[str] = []
    connections = embedded.database._readers._connections
    for connection in connections:
        connection.set_trace_callback(seen.append)
    await embedded.log.messages(home.conversation_id, before=None, after=None, limit=50)
    assert len(seen) == 4  # the transaction's own begin and end are two more
