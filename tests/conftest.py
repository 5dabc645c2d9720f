import os

import pytest


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
