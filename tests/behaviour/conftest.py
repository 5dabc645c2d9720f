"""A running server that answers about a small harbour, with a scripted model behind it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import httpx
import pytest

from chatkeep.testing import ScriptedModelServer
from tests.serving import Server, serving

HARBOUR = Path(__file__).parents[1] / "samples" / "harbour"

Api = Literal["chat_completions", "responses"]


@pytest.fixture(scope="session")
def model() -> Iterator[ScriptedModelServer]:
    with ScriptedModelServer() as server:
        yield server


@pytest.fixture(scope="session", params=["chat_completions", "responses"])
def server(
    request: pytest.FixtureRequest, model: ScriptedModelServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """`chatkeep serve` on the harbour's documents, speaking one of OpenAI's two APIs to the model."""
    environment = {
        "LLM_PROVIDER": "openai",
        "LLM_API": request.param,
        "OPENAI_API_KEY": "sk-scripted",
        "OPENAI_BASE_URL": model.base_url,
        "LLM_TIMEOUT": "3",
        "CHATKEEP_ALLOWED_ORIGINS": "https://docs.example.com",
    }
    with serving([HARBOUR], tmp_path_factory.mktemp(request.param), environment) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=20) as client:
        yield client
