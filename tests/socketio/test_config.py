"""What the settings bring along."""

import re

from parley.socketio.config import Config


def test_ids_differ_and_have_the_same_form_however_many_are_taken() -> None:
    config = Config()
    ids = [config.new_id() for _ in range(1000)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[\w-]{20}", sid, re.ASCII) for sid in ids)


def test_two_servers_share_no_ids() -> None:
    assert not {Config().new_id() for _ in range(100)} & {Config().new_id() for _ in range(100)}
