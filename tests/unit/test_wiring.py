"""What `wiring` opens for which settings."""

import sys
from pathlib import Path

import pytest
from pydantic import HttpUrl

from chatkeep.adapters.memory_journal import MemoryJournal
from chatkeep.core.context import local_context
from chatkeep.core.errors import ConfigurationError, EmbedderUnavailable, MissingDependency
from chatkeep.knowledge.ingest import ingest
from chatkeep.knowledge.retrieve import Options
from chatkeep.settings import EmbeddingSettings, Settings
from chatkeep.testing import ScriptedModelServer
from chatkeep.wiring.knowledge import open_knowledge, open_reranker, retrieval_options
from chatkeep.wiring.services import open_journal, open_services
from tests.redis import RedisServer


async def test_without_a_redis_the_journal_is_in_memory() -> None:
    async with open_journal(Settings()) as journal:
        assert isinstance(journal, MemoryJournal)
        await journal.check()


async def test_a_missing_client_for_redis_is_told_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "redis"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.delitem(sys.modules, "chatkeep.adapters.redis_journal", raising=False)
    with pytest.raises(MissingDependency, match=r"pip install 'chatkeep\[redis\]'"):
        async with open_journal(Settings.load({}, redis_url="redis://localhost")):
            pass


async def test_the_server_does_not_start_without_the_redis_it_was_given(tmp_path: Path) -> None:
    settings = Settings.load({}, redis_url=RedisServer(tmp_path).url, data_dir=tmp_path / "data")
    with pytest.raises(ConfigurationError, match="CHATKEEP_REDIS_URL"):
        async with open_services(settings):
            pass
    assert not (tmp_path / "data").exists()


async def test_an_endpoint_that_is_not_there_stops_the_start_and_leaves_the_data_folder_free(
    tmp_path: Path,
) -> None:
    embeddings = EmbeddingSettings(url=HttpUrl("http://127.0.0.1:9/v1"), model="m", dimensions=None)
    settings = Settings.load({}, data_dir=tmp_path, embedder="endpoint", embeddings=embeddings)
    with pytest.raises(EmbedderUnavailable, match="CHATKEEP_EMBEDDINGS_URL"):
        async with open_knowledge(settings):
            pass
    async with open_knowledge(Settings.load({}, data_dir=tmp_path, embedder="none")):
        pass


async def test_a_document_is_ingested_and_found_through_an_endpoint(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "boats.md").write_text("# Boats\n\nThe ferry leaves at noon.\n")
    with ScriptedModelServer() as server:
        embeddings = EmbeddingSettings(url=HttpUrl(server.base_url), model="m")
        settings = Settings.load({}, data_dir=tmp_path / "data", embedder="endpoint", embeddings=embeddings)
        async with open_knowledge(settings) as knowledge:
            context = local_context("test")
            await ingest([tmp_path / "docs"], knowledge.library(settings), context)
            legs = await knowledge.retriever.candidates("ferry at noon", context)
            assert len(legs.dense) == len(legs.sparse) == 1
            assert [p.path for p in await knowledge.retriever.search("ferry", 3, context)] == ["boats.md"]


async def test_no_reranker_is_opened_unless_one_is_asked_for() -> None:
    async with open_reranker(Settings.load({})) as reranker:
        assert reranker is None


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"CHATKEEP_RERANKER": "cross-encoder"}, "CHATKEEP_RERANKER_MODEL must say which"),
        ({"CHATKEEP_RERANKER": "llm", "LLM_PROVIDER": "extractive"}, "no language model is set"),
    ],
)
async def test_a_reranker_that_cannot_be_is_a_line_about_its_settings(
    environment: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=words):
        async with open_reranker(Settings.load()):
            pass


async def test_a_cross_encoder_is_opened_from_its_folder_and_the_language_model_by_its_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chatkeep.adapters.reranking.cross_encoder import CrossEncoder
    from chatkeep.agents.rerank import ModelReranker

    for name in ("model.onnx", "tokenizer.json"):
        (tmp_path / name).touch()
    settings = Settings.load({}, reranker="cross-encoder", reranker_model=str(tmp_path))
    async with open_reranker(settings) as reranker:
        assert isinstance(reranker, CrossEncoder)
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    async with open_reranker(Settings.load({}, reranker="llm")) as reranker:
        assert isinstance(reranker, ModelReranker)


def test_retrieval_follows_the_settings() -> None:
    settings = Settings.load({}, passages=5, passage_reach=100, passage_relevance=0.4, half_life=30.0)
    options = retrieval_options(settings)
    assert (options.most, options.reach, options.relevance, options.half_life) == (5, 100, 0.4, 30.0)
    assert retrieval_options(Settings.load({})) == Options()
