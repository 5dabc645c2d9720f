import os

import pytest
from hypothesis import settings

# How much is made up: CHATKEEP's own CI takes the default, a change of the turn engine the thorough one.
settings.register_profile("default", max_examples=200, stateful_step_count=40, deadline=None, print_blob=True)
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
