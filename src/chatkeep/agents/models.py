"""The one place where models are made: settings in, something the Agents SDK can run out.

Above: `workflow` runs the model. Below: `providers` knows where each is. Each model owns its HTTP
client; the SDK's global client is never made, its tracing never exports.
"""

import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import agents as sdk
import openai
from agents.items import TResponseStreamEvent
from agents.models.interface import Model

from chatkeep.agents.extractive import ExtractiveModel
from chatkeep.agents.failures import Source
from chatkeep.agents.providers import OPENAI, Endpoint, find_endpoint
from chatkeep.knowledge.protocols import Embedder
from chatkeep.settings import ModelSettings, Provider

_CONNECT_TIMEOUT = 10.0  # seconds; a provider that is up accepts within one or two
_RETRIES = 2  # only before the first byte: the client never repeats a stream that has begun


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
    endpoint = find_endpoint(settings)
    return _remote(settings, endpoint) if endpoint else _extractive(settings, embedder)


def _extractive(settings: ModelSettings, embedder: Embedder | None) -> CreatedModel:
    source = Source("The extractive answerer", "extractive", settings.llm_timeout)
    return CreatedModel(
        ExtractiveModel(embedder), "extractive", "extractive", sdk.ModelSettings(), source, _nothing_to_close
    )


def _remote(settings: ModelSettings, endpoint: Endpoint) -> CreatedModel:
    client = openai.AsyncOpenAI(
        api_key=endpoint.key.get_secret_value(),
        base_url=endpoint.base_url,
        timeout=openai.Timeout(settings.llm_timeout, connect=_CONNECT_TIMEOUT),
        max_retries=_RETRIES,
    )
    if endpoint.base_url != OPENAI:
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


def _speaker(endpoint: Endpoint, client: openai.AsyncOpenAI) -> Model:
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


def _asked(endpoint: Endpoint) -> sdk.ModelSettings:
    """What every request asks for.

    Usage is not counted in Chat Completions streams unless asked for. OpenAI keeps what is sent for
    30 days unless told not to (`store`), by default in the SDK too; others do not know the parameter
    in Chat Completions.
    """
    if endpoint.api == "responses":
        return sdk.ModelSettings(store=False)
    official = endpoint.base_url == OPENAI
    return sdk.ModelSettings(include_usage=True, store=False if official else None)


async def _nothing_to_close() -> None:
    pass
