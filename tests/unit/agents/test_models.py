from typing import Any

import agents as sdk
import pytest
from pydantic import HttpUrl, SecretStr

from chatkeep.agents.completions import ChatCompletionsModel
from chatkeep.agents.models import create_model
from chatkeep.agents.streaming import Bounded
from chatkeep.core.errors import ConfigurationError
from chatkeep.settings import ModelSettings

KEY = SecretStr("sk-test")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ModelSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("ORG_ID", "PROJECT_ID"):
        monkeypatch.setenv(f"OPENAI_{name}", "ours")


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        ({"llm_provider": "openai"}, "OPENAI_API_KEY"),
        ({"llm_provider": "openai", "openai_api_key": SecretStr(" ")}, "OPENAI_API_KEY"),
        ({"llm_provider": "gemini"}, "GEMINI_API_KEY"),
        ({"llm_provider": "openrouter"}, "OPENROUTER_API_KEY"),
        ({"llm_provider": "compatible", "openai_default_model": "m"}, "OPENAI_BASE_URL"),
        ({"llm_provider": "compatible", "openai_base_url": HttpUrl("http://x/v1")}, "OPENAI_DEFAULT_MODEL"),
    ],
)
def test_what_is_missing_is_named(given: dict[str, Any], variable: str) -> None:
    with pytest.raises(ConfigurationError, match=variable):
        create_model(ModelSettings(**given))


@pytest.mark.parametrize(
    ("given", "address", "api", "name"),
    [
        ({"openai_api_key": KEY}, "https://api.openai.com/v1/", "responses", "gpt-5-mini"),
        (
            {"openai_api_key": KEY, "openai_base_url": HttpUrl("https://api.openai.com/v1")},
            "https://api.openai.com/v1/",
            "responses",
            "gpt-5-mini",
        ),
        (
            {"openai_api_key": KEY, "openai_base_url": HttpUrl("http://localhost:1/v1")},
            "http://localhost:1/v1/",
            "chat_completions",
            "gpt-5-mini",
        ),
        (
            {
                "openai_api_key": KEY,
                "openai_base_url": HttpUrl("http://localhost:1/v1"),
                "llm_api": "responses",
            },
            "http://localhost:1/v1/",
            "responses",
            "gpt-5-mini",
        ),
        (
            {"llm_provider": "gemini", "gemini_api_key": KEY},
            "https://generativelanguage.googleapis.com/v1beta/openai/",
            "chat_completions",
            "gemini-2.5-flash",
        ),
        (
            {"llm_provider": "openrouter", "openrouter_api_key": KEY},
            "https://openrouter.ai/api/v1/",
            "chat_completions",
            "openai/gpt-5-mini",
        ),
        (
            {
                "llm_provider": "compatible",
                "openai_base_url": HttpUrl("http://localhost:11434/v1"),
                "openai_default_model": "qwen3",
            },
            "http://localhost:11434/v1/",
            "chat_completions",
            "qwen3",
        ),
    ],
)
async def test_each_provider_is_reached_where_it_is(
    given: dict[str, Any], address: str, api: str, name: str
) -> None:
    created = create_model(ModelSettings(**given))
    try:
        assert created.name == name
        speaker = created.model
        if api == "chat_completions":
            assert isinstance(speaker, ChatCompletionsModel)
            assert speaker.base_url == address
            assert created.settings.include_usage
            return
        assert isinstance(speaker, Bounded)
        assert isinstance(speaker.inner, sdk.OpenAIResponsesModel)
        assert created.settings.store is False  # what is asked is not kept
        client = speaker.inner._client
        assert str(client.base_url) == address
        assert client.max_retries == 2
        assert client.organization == ("ours" if "api.openai.com" in address else None)
    finally:
        await created.aclose()


async def test_without_a_key_the_documents_answer_themselves() -> None:
    created = create_model(ModelSettings())
    assert (created.provider, created.name) == ("extractive", "extractive")
    await created.aclose()


async def test_a_key_is_not_shown_by_what_holds_it() -> None:
    created = create_model(ModelSettings(openai_api_key=SecretStr("sk-very-secret-indeed")))
    assert "very-secret" not in repr(created)
    await created.aclose()
