"""Settings say what is wrong in one line."""

from pathlib import Path

import pytest

from chatkeep.core.errors import ConfigurationError
from chatkeep.settings import ModelSettings, Settings


def test_a_misspelt_variable_is_refused_with_the_likely_one() -> None:
    with pytest.raises(ConfigurationError, match=r"CHATKEEP_PROT .* CHATKEEP_PORT"):
        Settings.load({"CHATKEEP_PROT": "9000"})


def test_a_bad_value_names_the_variable_and_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_PORT", "eighty")
    with pytest.raises(ConfigurationError, match=r"CHATKEEP_PORT: .*integer.*'eighty'"):
        Settings.load()


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_PORT", "9000")
    assert Settings.load().port == 9000
    assert Settings.load(port=9001, host=None).port == 9001


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_ALLOWED_ORIGINS", "https://a.example, https://b.example")
    monkeypatch.setenv("CHATKEEP_DOCS", "one,two")
    settings = Settings.load()
    assert settings.allowed_origins == ("https://a.example", "https://b.example")
    assert settings.docs == (Path("one"), Path("two"))


def test_the_model_hub_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_MODEL_HUB_URL", "off")
    assert Settings.load().model_hub_url is None


@pytest.mark.parametrize(
    ("environment", "provider"),
    [
        ({}, "extractive"),
        ({"OPENAI_API_KEY": "sk-test"}, "openai"),
        ({"OPENAI_API_KEY": "sk-test", "LLM_PROVIDER": "gemini"}, "gemini"),
        ({"OPENAI_API_KEY": ""}, "extractive"),
    ],
)
def test_the_provider_follows_from_what_is_set(
    environment: dict[str, str], provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ModelSettings().provider == provider


def test_a_bad_model_setting_is_one_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_PROVIDER", "skynet")
    with pytest.raises(ConfigurationError, match="LLM_PROVIDER"):
        Settings.load()


def test_keys_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    assert "very-secret" not in repr(Settings.load())


def test_the_password_of_redis_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_REDIS_URL", "redis://:very-secret@localhost:6379/0")
    assert "very-secret" not in repr(Settings.load())
    monkeypatch.setenv("CHATKEEP_REDIS_URL", "http://:very-secret@localhost:6379/0")
    with pytest.raises(ConfigurationError, match="CHATKEEP_REDIS_URL: URL scheme") as refused:
        Settings.load()
    assert "very-secret" not in str(refused.value)
