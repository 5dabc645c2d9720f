"""Where models are: providers' addresses, the variables that configure them, what they speak. Pure.

Above: `models` makes clients of it, and `chatkeep serve` asks whether all that is needed is set before
it listens. Knows nothing of the Agents SDK, which takes seconds to import.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

from chatkeep.core.errors import ConfigurationError
from chatkeep.settings import ModelSettings

Api = Literal["responses", "chat_completions"]

_OPENAI_HOST = "api.openai.com"
OPENAI = f"https://{_OPENAI_HOST}/v1"
_OPENAI_MODEL = "gpt-5-mini"
_GEMINI = "https://generativelanguage.googleapis.com/v1beta/openai/"
_OPENROUTER = "https://openrouter.ai/api/v1"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a provider's API is and what opens it."""

    label: str
    base_url: str
    api: Api
    model: str
    key: SecretStr
    key_variable: str
    model_variable: str


def find_endpoint(settings: ModelSettings) -> Endpoint | None:
    """Where the model that `settings` name answers; None for the `extractive` answerer, which is here.

    Raises:
        ConfigurationError: a key, a model's name or an address is missing; the message names the variable.
    """
    match settings.provider:
        case "extractive":
            return None
        case "openai":
            return _openai(settings)
        case "compatible":
            return _compatible(settings)
        case "gemini":
            key = _required(settings.gemini_api_key, "GEMINI_API_KEY", "gemini")
            api, model = settings.llm_api or "chat_completions", settings.gemini_default_model
            return Endpoint("Gemini", _GEMINI, api, model, key, "GEMINI_API_KEY", "GEMINI_DEFAULT_MODEL")
        case _:
            key = _required(settings.openrouter_api_key, "OPENROUTER_API_KEY", "openrouter")
            api, model = settings.llm_api or "chat_completions", settings.openrouter_default_model
            return Endpoint(
                "OpenRouter", _OPENROUTER, api, model, key, "OPENROUTER_API_KEY", "OPENROUTER_DEFAULT_MODEL"
            )


def _openai(settings: ModelSettings) -> Endpoint:
    key = _required(settings.openai_api_key, "OPENAI_API_KEY", "openai")
    elsewhere = settings.openai_base_url
    if elsewhere is not None and elsewhere.host == _OPENAI_HOST:
        elsewhere = None
    return Endpoint(
        label="The model's server" if elsewhere else "OpenAI",
        base_url=str(elsewhere) if elsewhere else OPENAI,
        api=settings.llm_api or ("chat_completions" if elsewhere else "responses"),
        model=settings.openai_default_model or _OPENAI_MODEL,
        key=key,
        key_variable="OPENAI_API_KEY",
        model_variable="OPENAI_DEFAULT_MODEL",
    )


def _compatible(settings: ModelSettings) -> Endpoint:
    if settings.openai_base_url is None:
        raise ConfigurationError(
            "LLM_PROVIDER=compatible needs OPENAI_BASE_URL, the address of the API, such as "
            "http://localhost:11434/v1."
        )
    if not settings.openai_default_model:
        raise ConfigurationError(
            "LLM_PROVIDER=compatible needs OPENAI_DEFAULT_MODEL, the model's name as the server at "
            f"{settings.openai_base_url} knows it."
        )
    return Endpoint(
        label="The model's server",
        base_url=str(settings.openai_base_url),
        api=settings.llm_api or "chat_completions",
        model=settings.openai_default_model,
        # The client insists on a key; servers on one's own machine want none.
        key=settings.openai_api_key or SecretStr("none"),
        key_variable="OPENAI_API_KEY",
        model_variable="OPENAI_DEFAULT_MODEL",
    )


def _required(key: SecretStr | None, variable: str, provider: str) -> SecretStr:
    if key is None or not key.get_secret_value().strip():
        raise ConfigurationError(
            f"LLM_PROVIDER={provider} needs {variable}. Set it, or set LLM_PROVIDER=extractive to answer "
            "with sentences of the documents, without a model."
        )
    return key
