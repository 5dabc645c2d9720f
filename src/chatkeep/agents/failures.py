"""What a provider's errors mean to the people who see them.

Above: `streaming` translates every error of a model here, where it enters: those of `completions`, and
those of the official client, which speaks the Responses API. A message says what happened and what to
do; the provider's own words are quoted with everything like a key taken out, and headers never.
"""

import json
import re
from dataclasses import dataclass, field

import agents as sdk
import openai
from openai.types import responses
from pydantic import SecretStr

from chatkeep.agents.completion_stream import ProviderError, words_of
from chatkeep.agents.completions import Refused
from chatkeep.agents.http_client import ConnectionFailed
from chatkeep.core.errors import ModelFailed

_LONGEST_QUOTE = 300

# Shapes of the keys of OpenAI, OpenRouter and Anthropic (`sk-`), of Google (`AIza`), and of anything
# sent as a bearer token: providers like to quote the key they refuse.
_KEYS = re.compile(r"\b(?:sk|pk)-[\w*.-]{4,}|\bAIza[\w*-]{10,}|(?<=Bearer )\S+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Source:
    """Whose errors these are, and which settings an operator would change.

    Attributes:
        label: the provider's name, for people.
        key_variable, model_variable: environment variables to name in advice.
        key: taken out of everything quoted.
    """

    label: str
    model: str
    timeout: float
    key_variable: str = ""
    model_variable: str = ""
    key: SecretStr | None = field(default=None, repr=False)


def translate(error: BaseException, source: Source, *, begun: bool) -> ModelFailed:
    """`error` as a `ModelFailed`. `begun`: part of the answer had already come."""
    match error:
        case ModelFailed():
            return error
        case Refused():
            return _status(error.status, error.body, source)
        case openai.APIStatusError():
            return _status(error.status_code, error.body, source)
        case openai.APITimeoutError() | TimeoutError():
            return ModelFailed(_late(source, begun))
        case openai.APIConnectionError() | ConnectionFailed():
            return ModelFailed(_unreachable(source, begun))
        case ProviderError():
            return ModelFailed(f"{source.label} reported an error{_quoted(str(error), source)}")
        case openai.APIError():
            return ModelFailed(f"{source.label} reported an error{_quoted(error.message, source)}")
        case json.JSONDecodeError() | UnicodeDecodeError() | openai.APIResponseValidationError():
            return ModelFailed(
                f"{source.label} sent something that cannot be read as an answer. Please try again; if it "
                "happens every time, the address may not be an OpenAI-compatible API."
            )
        case sdk.ModelBehaviorError():
            return ModelFailed(
                f"{source.label} gave an answer that cannot be used{_quoted(str(error), source)}"
            )
        case _:
            return ModelFailed(f"{source.label} failed in a way nobody foresaw ({type(error).__name__}).")


def empty(source: Source) -> ModelFailed:
    """The model answered, with nothing."""
    return ModelFailed(
        f"The model returned an empty answer ({source.label}, {source.model}). Please try again."
    )


def stopped(
    event: responses.ResponseFailedEvent | responses.ResponseIncompleteEvent | responses.ResponseErrorEvent,
    source: Source,
) -> ModelFailed:
    """The provider ended the stream by saying that it failed."""
    match event:
        case responses.ResponseErrorEvent():
            return ModelFailed(f"{source.label} reported an error{_quoted(event.message, source)}")
        case responses.ResponseIncompleteEvent(response=response) if response.incomplete_details is not None:
            reason = response.incomplete_details.reason or "no reason given"
            return ModelFailed(f"{source.label} ended the answer early{_quoted(reason, source)}")
        case _:
            words = event.response.error.message if event.response.error is not None else ""
            return ModelFailed(f"{source.label} failed while answering{_quoted(words, source)}")


def unfinished(source: Source) -> ModelFailed:
    """The stream ended as if all were well, without saying that the answer is complete."""
    return ModelFailed(_unreachable(source, begun=True))


def _status(status: int, body: object, source: Source) -> ModelFailed:
    said = _quoted(words_of(body), source)
    match status:
        case 401 | 403:
            advice = f" Check {source.key_variable}." if source.key_variable else ""
            refused = f"{source.label} refused the key (HTTP {status}){said}"
            return ModelFailed(refused + advice, retryable=False)
        case 404:
            advice = f" Check {source.model_variable} and the address." if source.model_variable else ""
            missing = f"{source.label} does not know the model {source.model} (HTTP 404){said}"
            return ModelFailed(missing + advice, retryable=False)
        case 429 if _code(body) == "insufficient_quota":
            return ModelFailed(f"The account at {source.label} is used up (HTTP 429){said}", retryable=False)
        case 429:
            return ModelFailed(f"{source.label} is busy (HTTP 429){said} Please try again in a moment.")
        case 408 | 409:
            return ModelFailed(f"{source.label} could not answer in time (HTTP {status}){said}")
        case _ if status >= 500:
            return ModelFailed(f"{source.label} is having trouble (HTTP {status}){said} Please try again.")
        case _:
            return ModelFailed(f"{source.label} refused the request (HTTP {status}){said}", retryable=False)


def _code(body: object) -> object:
    inner = body.get("error", body) if isinstance(body, dict) else None
    return inner.get("code") if isinstance(inner, dict) else None


def _quoted(words: str, source: Source) -> str:
    """The words in quotation marks, without secrets and line breaks; a full stop when there are none."""
    if source.key is not None and (key := source.key.get_secret_value()):
        words = words.replace(key, "…")
    words = " ".join(_KEYS.sub("…", words).split())
    if len(words) > _LONGEST_QUOTE:
        words = words[:_LONGEST_QUOTE].rstrip() + "…"
    if not words:
        return "."
    return f": “{words}”" if words.endswith((".", "!", "?", "…")) else f": “{words}”."


def _late(source: Source, begun: bool) -> str:
    what = "stopped answering" if begun else "did not answer"
    return f"{source.label} {what}: nothing came for {source.timeout:g} seconds. Please try again."


def _unreachable(source: Source, begun: bool) -> str:
    if begun:
        label = source.label.replace("The ", "the ", 1)
        return f"The connection to {label} broke off in the middle of the answer. Please try again."
    return (
        f"{source.label} cannot be reached. Check that it is running and that this machine can connect to it."
    )
