"""What every `Embedder` promises, held against each implementation."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
from pydantic import HttpUrl, SecretStr

from chatkeep.adapters.embeddings.endpoint import EndpointEmbedder
from chatkeep.adapters.embeddings.named import find_named
from chatkeep.adapters.embeddings.weights import find_embedder
from chatkeep.knowledge.protocols import Embedder
from chatkeep.settings import EmbeddingSettings
from chatkeep.testing import ScriptedModelServer
from tests.tiny_model import tiny_model
from tests.unit.knowledge.samples import FewAxes

TEXTS = [
    "A cat sleeps on the warm mat.",
    "The bank lends money at five per cent.",
    "",
    "  \n",
    "🦊 ünïcode 魚",
]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """sentence-transformers as `tests/stand_ins` has it: the real one brings gigabytes of PyTorch."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "stand_ins"))
    yield
    sys.modules.pop("sentence_transformers", None)


@pytest.fixture(
    params=["few-axes", "minilm", "endpoint", "endpoint with marks", "fastembed", "sentence-transformers"]
)
async def embedder(request: pytest.FixtureRequest, models: Path, stand_ins: None) -> AsyncIterator[Embedder]:
    with ScriptedModelServer(api_key="sk-embed") as server:
        opened = await opened_embedder(request.param, models, server.base_url)
        yield opened
        await opened.close()


async def opened_embedder(kind: str, models: Path, url: str) -> Embedder:
    match kind:
        case "minilm":
            found = (await find_embedder(models, None)).embedder
            assert found is not None
            return found
        case "endpoint" | "endpoint with marks":
            model = "nomic-embed-text" if kind.endswith("marks") else "text-embedding-3-small"
            key = SecretStr("sk-embed")
            settings = EmbeddingSettings(url=HttpUrl(url), key=key, model=model, batch=2)
            return await EndpointEmbedder.open(settings)
        case "fastembed" | "sentence-transformers":
            folder = models / "tiny"
            if not folder.exists():
                tiny_model(folder, prompts={"query": "answer: ", "document": "a "})
            named = await find_named(kind, str(folder), models, None, EmbeddingSettings())
            assert named is not None
            return named
        case _:
            return FewAxes()


async def test_vectors_are_of_the_length_it_names_and_of_norm_1(embedder: Embedder) -> None:
    vectors = await embedder.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


async def test_a_query_is_one_vector_of_the_same_space(embedder: Embedder) -> None:
    vector = await embedder.embed_query("a cat on a mat")
    assert vector.dtype == np.float32
    assert vector.shape == (embedder.dimensions,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


async def test_no_texts_make_no_vectors(embedder: Embedder) -> None:
    assert (await embedder.embed([])).shape == (0, embedder.dimensions)


async def test_a_text_has_the_same_vector_in_any_company_and_place(embedder: Embedder) -> None:
    together = await embedder.embed(TEXTS)
    for place, text in enumerate(TEXTS):
        assert (await embedder.embed([text]))[0] == pytest.approx(together[place], abs=1e-4)


async def test_a_query_is_nearest_to_what_answers_it(embedder: Embedder) -> None:
    passages = await embedder.embed(TEXTS[:2])
    for place, query in enumerate(("a cat sleeps on the mat", "the bank lends money")):
        assert int(np.argmax(passages @ await embedder.embed_query(query))) == place


async def test_what_is_longer_than_it_takes_is_cut(embedder: Embedder) -> None:
    vectors = await embedder.embed(["word " * 20_000, "x" * 100_000])
    assert vectors.shape == (2, embedder.dimensions)


async def test_tokens_are_places_in_the_text_in_order(embedder: Embedder) -> None:
    text = "Grüße, 🦊 tokenisation of 魚 and 1234567!\n\nСлово."
    spans = embedder.token_spans(text)
    assert spans == sorted(spans)
    assert all(start < end for start, end in spans)
    covered = {place for start, end in spans for place in range(start, end)}
    assert covered >= {place for place, character in enumerate(text) if character.isalnum()}


async def test_its_name_is_the_same_each_time_and_it_takes_some_tokens(embedder: Embedder) -> None:
    assert embedder.name == embedder.name
    assert embedder.max_tokens >= 128
