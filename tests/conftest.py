import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgres import GIVEN_URL as GIVEN_POSTGRES_URL
from tests.postgres import postgres_server
from tests.redis import GIVEN_URL, RedisServer, redis_server

# How many examples Hypothesis makes up: `HYPOTHESIS_PROFILE=thorough` is for changes of the turn engine.
settings.register_profile("default", max_examples=100, stateful_step_count=40, deadline=None, print_blob=True)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=10_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see none of the settings of the machine they run on."""
    for name in list(os.environ):
        if name.startswith(("CHATKEEP_", "OPENAI_", "GEMINI_", "OPENROUTER_", "LLM_")):
            monkeypatch.delenv(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests go last: Playwright keeps an event loop running, and no other test could run its own."""
    items.sort(key=lambda item: "browser" in item.path.parts)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Redis for the whole session: use a prefix of your own, and flush nothing."""
    if GIVEN_URL:
        yield GIVEN_URL
        return
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis for one test, to kill, flush and restart."""
    with redis_server(tmp_path) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Address of a Postgres with pgvector for the whole session: make a database of your own in it."""
    if GIVEN_POSTGRES_URL:
        yield GIVEN_POSTGRES_URL
        return
    with postgres_server() as server:
        yield server.url
