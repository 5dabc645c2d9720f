"""The one place where models are made: settings in, something the Agents SDK can run out.

Facts about providers are data here: addresses, variables, what they accept. Above: `workflow` runs
the model and knows none of them. Each model owns its HTTP client; the SDK's global client is never
made, its tracing never exports.
"""

import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal

import agents as sdk
import openai
from agents.items import TResponseStreamEvent
from agents.models.interface import Model
from pydantic import SecretStr

from chatkeep.agents.extractive import ExtractiveModel
from chatkeep.agents.failures import Source
from chatkeep.core.errors import ConfigurationError
from chatkeep.knowledge.protocols import Embedder
from chatkeep.settings import ModelSettings, Provider

Api = Literal["responses", "chat_completions"]

_CONNECT_TIMEOUT = 10.0  # seconds; a provider that is up accepts within one or two
_RETRIES = 2  # only before the first byte: the client never repeats a stream that has begun

_OPENAI_HOST = "api.openai.com"
_OPENAI = f"https://{_OPENAI_HOST}/v1"
_OPENAI_MODEL = "gpt-5-mini"
_GEMINI = "https://generativelanguage.googleapis.com/v1beta/openai/"
_OPENROUTER = "https://openrouter.ai/api/v1"


@dataclass(frozen=True, slots=True)
class CreatedModel:
    """A model ready to run, what to ask of it, and how to speak of it.

    Attributes:
        name: the model's name, as the provider knows it.
        settings: sent with every request.
        source: for messages about its failures.
    """

    model: Model
    name: str
    provider: Provider
    settings: sdk.ModelSettings
    source: Source
    close: Callable[[], Awaitable[None]]

    async def aclose(self) -> None:
        """Close the connections to the provider."""
        await self.close()


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """Where a provider's API is and what opens it."""

    label: str
    base_url: str
    api: Api
    model: str
    key: SecretStr
    key_variable: str
    model_variable: str


def create_model(settings: ModelSettings, embedder: Embedder | None = None) -> CreatedModel:
    """The model `settings` name.

    Args:
        embedder: what the `extractive` answerer weighs sentences with; without it, words alone count.

    Raises:
        ConfigurationError: a key, a model's name or an address is missing; the message names the variable.
    """
    # Belt and braces: every run says so too. Without this, the first run with OPENAI_API_KEY in the
    # environment would send its prompts to OpenAI's trace collector, whoever the model's provider is.
    sdk.set_tracing_disabled(True)
    if settings.provider == "extractive":
        return _extractive(settings, embedder)
    return _remote(settings, _endpoint(settings))


def _extractive(settings: ModelSettings, embedder: Embedder | None) -> CreatedModel:
    source = Source("The extractive answerer", "extractive", settings.llm_timeout)
    return CreatedModel(
        ExtractiveModel(embedder), "extractive", "extractive", sdk.ModelSettings(), source, _nothing_to_close
    )


def _remote(settings: ModelSettings, endpoint: _Endpoint) -> CreatedModel:
    client = openai.AsyncOpenAI(
        api_key=endpoint.key.get_secret_value(),
        base_url=endpoint.base_url,
        timeout=openai.Timeout(settings.llm_timeout, connect=_CONNECT_TIMEOUT),
        max_retries=_RETRIES,
    )
    if endpoint.base_url != _OPENAI:
        # The client reads these from the environment; they are nobody else's business.
        client.organization = None
        client.project = None
    source = Source(
        label=endpoint.label,
        model=endpoint.model,
        timeout=settings.llm_timeout,
        key_variable=endpoint.key_variable,
        model_variable=endpoint.model_variable,
        key=endpoint.key,
    )
    return CreatedModel(
        _speaker(endpoint, client), endpoint.model, settings.provider, _asked(endpoint), source, client.close
    )


def _speaker(endpoint: _Endpoint, client: openai.AsyncOpenAI) -> Model:
    if endpoint.api == "responses":
        return sdk.OpenAIResponsesModel(endpoint.model, client)
    return AskingForUsage(sdk.OpenAIChatCompletionsModel(endpoint.model, client))


class AskingForUsage(Model):
    """Has tokens counted in the stream, unless the server refuses to be asked.

    Most servers know `stream_options`; those that do not answer HTTP 400 or 422 and name it. They are
    asked again without, and not bothered with it afterwards.
    """

    def __init__(self, inner: Model) -> None:
        self._inner = inner
        self._refused = False

    async def get_response(self, *args: Any, **kwargs: Any) -> sdk.ModelResponse:
        """Not streamed: usage is always there."""
        return await self._inner.get_response(*args, **kwargs)

    async def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[sdk.TResponseInputItem],  # noqa: A002 - the SDK's name for it
        model_settings: sdk.ModelSettings,
        *args: Any,
        **kwargs: Any,
    ) -> AsyncIterator[TResponseStreamEvent]:
        """The model's events."""
        if not self._refused:
            stream = self._inner.stream_response(system_instructions, input, model_settings, *args, **kwargs)
            try:
                async with aclosing(stream):  # type: ignore[type-var]  # every one is an async generator
                    async for event in stream:
                        yield event
                return
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if "stream_options" not in str(error):
                    raise
                self._refused = True  # an HTTP error comes before the first event: nothing is repeated
        plain = dataclasses.replace(model_settings, include_usage=None)
        stream = self._inner.stream_response(system_instructions, input, plain, *args, **kwargs)
        async with aclosing(stream):  # type: ignore[type-var]
            async for event in stream:
                yield event


def _asked(endpoint: _Endpoint) -> sdk.ModelSettings:
    """What every request asks for.

    Usage is not counted in Chat Completions streams unless asked for. OpenAI keeps what is sent for
    30 days unless told not to (`store`), by default in the SDK too; others do not know the parameter
    in Chat Completions.
    """
    if endpoint.api == "responses":
        return sdk.ModelSettings(store=False)
    official = endpoint.base_url == _OPENAI
    return sdk.ModelSettings(include_usage=True, store=False if official else None)


def _endpoint(settings: ModelSettings) -> _Endpoint:
    match settings.provider:
        case "openai":
            return _openai(settings)
        case "compatible":
            return _compatible(settings)
        case "gemini":
            key = _required(settings.gemini_api_key, "GEMINI_API_KEY", "gemini")
            api, model = settings.llm_api or "chat_completions", settings.gemini_default_model
            return _Endpoint("Gemini", _GEMINI, api, model, key, "GEMINI_API_KEY", "GEMINI_DEFAULT_MODEL")
        case _:
            key = _required(settings.openrouter_api_key, "OPENROUTER_API_KEY", "openrouter")
            api, model = settings.llm_api or "chat_completions", settings.openrouter_default_model
            return _Endpoint(
                "OpenRouter", _OPENROUTER, api, model, key, "OPENROUTER_API_KEY", "OPENROUTER_DEFAULT_MODEL"
            )


def _openai(settings: ModelSettings) -> _Endpoint:
    key = _required(settings.openai_api_key, "OPENAI_API_KEY", "openai")
    elsewhere = settings.openai_base_url
    if elsewhere is not None and elsewhere.host == _OPENAI_HOST:
        elsewhere = None
    return _Endpoint(
        label="The model's server" if elsewhere else "OpenAI",
        base_url=str(elsewhere) if elsewhere else _OPENAI,
        api=settings.llm_api or ("chat_completions" if elsewhere else "responses"),
        model=settings.openai_default_model or _OPENAI_MODEL,
        key=key,
        key_variable="OPENAI_API_KEY",
        model_variable="OPENAI_DEFAULT_MODEL",
    )


def _compatible(settings: ModelSettings) -> _Endpoint:
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
    return _Endpoint(
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


async def _nothing_to_close() -> None:
    pass
