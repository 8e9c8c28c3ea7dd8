"""How many statements a reading may take."""

from parley.adapters.sqlite import rows
from parley.model.entries import HAPPENINGS
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


async def test_what_happened_is_found_without_passing_over_what_was_said(
    embedded: Embedded,
) -> None:
    home = Pen("home")
    await embedded.write(home, created(ANN), said("one"))
    seen: list[str] = []
    for connection in embedded.database._readers._connections:
        connection.set_trace_callback(seen.append)
    await embedded.log.happenings(home.conversation_id, after=0, before=9, limit=50)
    (asked,) = (statement for statement in seen if "SELECT" in statement)
    plan = connection.execute(f"EXPLAIN QUERY PLAN {asked}").fetchall()
    assert any("USING INDEX entries_happenings" in row[3] for row in plan), plan


def test_the_types_of_what_happened_are_all_that_follow_the_first_of_them() -> None:
    codes = {rows.CODES[one] for one in HAPPENINGS}
    assert codes == {code for code in rows.CODES.values() if code >= min(codes)}
