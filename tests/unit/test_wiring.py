"""What `wiring` opens for which settings."""

import sys

import pytest

from chatkeep.adapters.memory_journal import MemoryJournal
from chatkeep.core.errors import MissingDependency
from chatkeep.settings import Settings
from chatkeep.wiring import open_journal


async def test_without_a_redis_the_journal_is_in_memory() -> None:
    async with open_journal(Settings()) as journal:
        assert isinstance(journal, MemoryJournal)
        await journal.check()


async def test_a_missing_client_for_redis_is_told_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "redis"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.delitem(sys.modules, "chatkeep.adapters.redis_journal", raising=False)
    with pytest.raises(MissingDependency, match=r"pip install 'chatkeep\[redis\]'"):
        async with open_journal(Settings.load({}, redis_url="redis://localhost")):
            pass
