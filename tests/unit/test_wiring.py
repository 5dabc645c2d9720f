"""What `wiring` opens for which settings."""

import sys
from pathlib import Path

import pytest

from chatkeep.adapters.memory_journal import MemoryJournal
from chatkeep.core.errors import ConfigurationError, MissingDependency
from chatkeep.settings import Settings
from chatkeep.wiring import open_journal, open_services
from tests.redis import RedisServer


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


async def test_the_server_does_not_start_without_the_redis_it_was_given(tmp_path: Path) -> None:
    settings = Settings.load({}, redis_url=RedisServer(tmp_path).url, data_dir=tmp_path / "data")
    with pytest.raises(ConfigurationError, match="CHATKEEP_REDIS_URL"):
        async with open_services(settings):
            pass
    assert not (tmp_path / "data").exists()
