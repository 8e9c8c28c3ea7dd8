"""What an inspection says of the logs that services wrote in memory."""

from parley.adapters.memory.disk import Disk
from parley.journal.commands import Digester
from parley.model.inspection import Retold


def retold(disk: Disk) -> list[Retold]:
    """Every log, told again; with the state that its store keeps compared with it where nothing else is wrong."""
    found = []
    digester = Digester(disk.identity.digest_key)
    for state in disk.states():
        conversation_id = state.conversation_id
        one = Retold(conversation_id, digester)
        for record in disk.log(conversation_id):
            one.take(record.entry, record.digest)
        for seq in one.edited:
            one.sent_with(seq, disk.original(conversation_id, seq))
        one.end(state.head)
        assert one.faults or one.state == state
        found.append(one)
    return found


def require_whole(disk: Disk) -> None:
    """Pass a store in whose logs nothing is wrong."""
    faults = [fault for one in retold(disk) for fault in one.faults]
    assert faults == [], faults
