"""The one place where models are made: settings in, something the Agents SDK can run out.

Above: `workflow` runs the model. Below: `providers` knows where each is. Each model owns its HTTP
client; the SDK's global client is never made, its tracing never exports.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import agents as sdk
import openai
from agents.models.interface import Model

from chatkeep.agents.completions import ChatCompletionsModel
from chatkeep.agents.extractive import ExtractiveModel
from chatkeep.agents.failures import Source
from chatkeep.agents.providers import OPENAI, Endpoint, find_endpoint
from chatkeep.agents.streaming import Bounded
from chatkeep.knowledge.protocols import TextEmbedder
from chatkeep.settings import ModelSettings, Provider

_CONNECT_TIMEOUT = 10.0  # seconds; a provider that is up accepts within one or two
_RETRIES = 2  # only before the first byte: the client never repeats a stream that has begun


Close = Callable[[], Awaitable[None]]


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
    close: Close

    async def aclose(self) -> None:
        """Close the connections to the provider."""
        await self.close()


def create_model(settings: ModelSettings, embedder: TextEmbedder | None = None) -> CreatedModel:
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


def _extractive(settings: ModelSettings, embedder: TextEmbedder | None) -> CreatedModel:
    source = Source("The extractive answerer", "extractive", settings.llm_timeout)
    model = Bounded(ExtractiveModel(embedder), settings.llm_timeout)
    return CreatedModel(model, "extractive", "extractive", sdk.ModelSettings(), source, _nothing_to_close)


def _remote(settings: ModelSettings, endpoint: Endpoint) -> CreatedModel:
    source = Source(
        label=endpoint.label,
        model=endpoint.model,
        timeout=settings.llm_timeout,
        key_variable=endpoint.key_variable,
        model_variable=endpoint.model_variable,
        key=endpoint.key,
    )
    speak = _over_responses if endpoint.api == "responses" else _over_chat_completions
    model, close = speak(endpoint, settings)
    return CreatedModel(model, endpoint.model, settings.provider, _asked(endpoint), source, close)


def _over_chat_completions(endpoint: Endpoint, settings: ModelSettings) -> tuple[Model, Close]:
    billed = {"OpenAI-Organization": settings.openai_org_id, "OpenAI-Project": settings.openai_project_id}
    model = ChatCompletionsModel(
        endpoint.model,
        endpoint.base_url,
        endpoint.key,
        settings.llm_timeout,
        headers={name: value for name, value in billed.items() if value and endpoint.base_url == OPENAI},
    )
    return model, model.aclose


def _over_responses(endpoint: Endpoint, settings: ModelSettings) -> tuple[Model, Close]:
    client = openai.AsyncOpenAI(
        api_key=endpoint.key.get_secret_value(),
        base_url=endpoint.base_url,
        timeout=openai.Timeout(settings.llm_timeout, connect=_CONNECT_TIMEOUT),
        max_retries=_RETRIES,
    )
    # The client reads them from the environment when they are not given, for any address.
    official = endpoint.base_url == OPENAI
    client.organization = settings.openai_org_id if official else None
    client.project = settings.openai_project_id if official else None
    _ = client.responses  # imported when first asked for: now, in a thread, and not on the loop
    model = Bounded(sdk.OpenAIResponsesModel(endpoint.model, client), settings.llm_timeout)
    return model, client.close


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
