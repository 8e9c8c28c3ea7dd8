"""How the tests are spread over processes: a file goes whole, since its tests share what is dear to set up."""

from pathlib import PurePath
from typing import Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.scheduler.protocol import Scheduling

TOGETHER: Final = {"tests/api"}
"""Folders that go whole: the last test there looks back at all others."""


class ByFile(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = PurePath(nodeid.partition("::")[0])
        folder = str(file.parent)
        return folder if folder in TOGETHER else str(file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """In the order of the files, of which those that take long are the last."""
    config.option.loadscopereorder = False
    return ByFile(config, log)
