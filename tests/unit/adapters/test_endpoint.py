"""The embeddings endpoint: what it is asked, what it may answer, and when it is asked again."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from pydantic import HttpUrl, SecretStr

from chatkeep.adapters.embeddings import approximate
from chatkeep.adapters.embeddings.answer import retry_after
from chatkeep.adapters.embeddings.endpoint import EndpointEmbedder
from chatkeep.adapters.embeddings.known import facts
from chatkeep.adapters.embeddings.pace import Pace, pause
from chatkeep.adapters.embeddings.provider import Chance
from chatkeep.adapters.embeddings.weights import find_embedder
from chatkeep.core.errors import ConfigurationError, EmbedderUnavailable
from chatkeep.settings import EmbeddingSettings
from chatkeep.testing import EmbeddingsLimits, EmbeddingsReply, Fault, ScriptedModelServer
from chatkeep.testing.embeddings import vector

KEY = "sk-very-secret-0123456789"


class Time:
    """A clock that moves when somebody rests, and remembers each rest."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.rests: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.rests.append(seconds)
        self.seconds += seconds


def held(resting: asyncio.Event) -> Callable[[float], Awaitable[None]]:
    """A rest that does not end, and says that it has begun."""

    async def sleep(_: float) -> None:
        resting.set()
        await asyncio.Event().wait()

    return sleep


@pytest.fixture
def server() -> Iterator[ScriptedModelServer]:
    with ScriptedModelServer(api_key=KEY) as running:
        yield running


@asynccontextmanager
async def opened(
    server: ScriptedModelServer,
    time: Time | None = None,
    sleep: Callable[[float], Awaitable[None]] | None = None,
    **settings: Any,
) -> AsyncIterator[EndpointEmbedder]:
    """An embedder whose length of vectors is set, so that the first request is the test's own."""
    chosen = {
        "url": HttpUrl(server.base_url),
        "key": SecretStr(KEY),
        "model": "some",
        "dimensions": 64,
        **settings,
    }
    time = time or Time()
    chance = Chance(lambda: time.seconds, sleep or time.sleep, lambda: 1.0)
    embedder = await EndpointEmbedder.open(EmbeddingSettings(**chosen), chance)
    try:
        yield embedder
    finally:
        await embedder.close()


def asked(server: ScriptedModelServer) -> list[list[str]]:
    bodies: list[Any] = [request.json for request in server.requests]
    return [body["input"] for body in bodies]


def expected(texts: Sequence[str]) -> Any:
    return pytest.approx(np.array([vector(text, 64) for text in texts]), abs=1e-6)


async def test_texts_go_out_in_batches_and_come_back_in_order(server: ScriptedModelServer) -> None:
    texts = [f"text number {n}" for n in range(7)]
    async with opened(server, batch=3) as embedder:
        assert await embedder.embed(texts) == expected(texts)
    assert sorted(len(batch) for batch in asked(server)) == [1, 3, 3]
    body = server.requests[0].json
    assert (body["model"], body["dimensions"], body["encoding_format"]) == ("some", 64, "base64")


async def test_a_batch_has_no_more_tokens_than_it_may(server: ScriptedModelServer) -> None:
    texts = ["one two ten"] * 10
    async with opened(server, batch_tokens=16) as embedder:
        await embedder.embed(texts)
    assert [len(batch) for batch in asked(server)] == [5, 5]


async def test_no_more_requests_at_a_time_than_allowed(server: ScriptedModelServer) -> None:
    async with opened(server, batch=1, concurrency=2) as embedder:
        await embedder.embed([f"text {n}" for n in range(24)])
    assert len(server.requests) == 24
    assert len({request.port for request in server.requests}) <= 2  # a connection carries one at a time


async def test_a_question_does_not_wait_behind_an_ingestion(server: ScriptedModelServer) -> None:
    server.script_embeddings(EmbeddingsReply(fail=Fault.http(500)))
    resting = asyncio.Event()
    async with opened(server, None, held(resting), concurrency=1) as embedder, asyncio.timeout(20):
        ingesting = asyncio.create_task(embedder.embed(["a passage"]))
        await resting.wait()
        assert (await embedder.embed_query("a question")).shape == (64,)
        ingesting.cancel()
        await asyncio.gather(ingesting, return_exceptions=True)


async def test_the_length_of_vectors_is_found_out_where_it_is_not_set(server: ScriptedModelServer) -> None:
    async with opened(server, dimensions=None) as embedder:
        assert embedder.dimensions == 64
        assert "dimensions" not in server.requests[0].json


async def test_questions_and_passages_are_marked_as_the_model_wants_it(server: ScriptedModelServer) -> None:
    async with opened(server, model="intfloat/multilingual-e5-small") as embedder:
        await embedder.embed(["a passage"])
        await embedder.embed_query("a question")
    assert asked(server) == [["passage: a passage"], ["query: a question"]]


async def test_marks_can_be_set_and_switched_off(server: ScriptedModelServer) -> None:
    async with opened(server, model="e5-small", query_prefix="Q: ", passage_prefix="off") as embedder:
        await embedder.embed(["a passage"])
        await embedder.embed_query("a question")
    assert asked(server) == [["a passage"], ["Q: a question"]]


@pytest.mark.parametrize(
    ("model", "query", "passage"),
    [
        ("intfloat/e5-small-v2", "query: ", "passage: "),
        ("nomic-embed-text:v1.5", "search_query: ", "search_document: "),
        ("BAAI/bge-small-en-v1.5", "Represent this sentence for searching relevant passages: ", ""),
        ("snowflake-arctic-embed2:568m", "query: ", ""),
        ("BAAI/bge-m3", "", ""),
        ("text-embedding-3-small", "", ""),
        ("nobody-knows-this", "", ""),
    ],
)
def test_what_models_want_is_known_by_their_names(model: str, query: str, passage: str) -> None:
    assert (facts(model).query, facts(model).passage) == (query, passage)


async def test_what_shapes_the_vectors_is_in_the_name_and_secrets_are_not(
    server: ScriptedModelServer,
) -> None:
    url = HttpUrl(server.base_url.replace("http://", "http://user:hidden@") + "?key=hidden")
    names = []
    changes: list[dict[str, Any]] = [
        {},
        {"model": "other"},
        {"dimensions": 32},
        {"url": HttpUrl("http://127.0.0.1:9/v1")},
        {"passage_prefix": "p: "},
        {"max_tokens": 100},
    ]
    for change in changes:
        async with opened(server, **{"url": url, **change}) as embedder:
            names.append(embedder.name)
    async with opened(server, url=url, query_prefix="q: ", batch=7) as embedder:
        assert embedder.name == names[0]  # what only concerns questions needs no reading again
    assert len(set(names)) == len(changes)
    assert not any("hidden" in name or KEY in name for name in names)


async def test_a_busy_endpoint_is_asked_again_when_it_says(server: ScriptedModelServer) -> None:
    server.script_embeddings(
        EmbeddingsReply(fail=Fault.http(429, "Slow down.", headers={"Retry-After": "7"}))
    )
    time = Time()
    async with opened(server, time) as embedder:
        assert await embedder.embed(["text"]) == expected(["text"])
    assert time.rests == [8.0]  # and a second at most, so that not all come back at once
    assert len(server.requests) == 2


@pytest.mark.parametrize("fault", [Fault.http(500), Fault.http(503), Fault.cut(0)])
async def test_trouble_is_waited_out_longer_and_longer(server: ScriptedModelServer, fault: Fault) -> None:
    server.script_embeddings(*(EmbeddingsReply(fail=fault) for _ in range(3)))
    time = Time()
    async with opened(server, time) as embedder:
        assert await embedder.embed(["text"]) == expected(["text"])
    assert time.rests == [0.5, 1.0, 2.0]


async def test_who_asks_a_question_is_not_kept_waiting(server: ScriptedModelServer) -> None:
    server.script_embeddings(
        EmbeddingsReply(fail=Fault.http(429, "Slow down.", headers={"Retry-After": "60"}))
    )
    time = Time()
    async with opened(server, time) as embedder:
        with pytest.raises(EmbedderUnavailable, match=r"is busy \(HTTP 429\): “Slow down\.” Try again later"):
            await embedder.embed_query("text")
    assert time.rests == []


async def test_who_asks_while_the_endpoint_rests_is_told_so(server: ScriptedModelServer) -> None:
    limited = EmbeddingsReply(fail=Fault.http(429, "Slow down.", headers={"Retry-After": "60"}))
    server.script_embeddings(limited)
    resting = asyncio.Event()
    time = Time()
    async with opened(server, time, held(resting)) as embedder, asyncio.timeout(20):
        ingesting = asyncio.create_task(embedder.embed(["text"]))
        await resting.wait()
        with pytest.raises(EmbedderUnavailable, match="must not be asked for another 61 s"):
            await embedder.embed_query("text")
        ingesting.cancel()
        await asyncio.gather(ingesting, return_exceptions=True)
    assert len(server.requests) == 1


async def test_patience_ends(server: ScriptedModelServer) -> None:
    server.script_embeddings(*(EmbeddingsReply(fail=Fault.http(503, "No room.")) for _ in range(20)))
    async with opened(server) as embedder:
        with pytest.raises(EmbedderUnavailable, match=r"having trouble \(HTTP 503\): “No room\.”"):
            await embedder.embed(["text"])
    assert len(server.requests) == 8


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault.http(400, "Invalid model."), r"refused the request \(HTTP 400\): “Invalid model\.”"),
        (
            Fault.http(404, "No such model"),
            r"\(HTTP 404\): “No such model”\. Check CHATKEEP_EMBEDDINGS_MODEL",
        ),
        (Fault.http(429, "Pay.", code="insufficient_quota"), r"the account is used up \(HTTP 429\): “Pay\.”"),
        (Fault.http(307, "", headers={"Location": "http://192.0.2.1/"}), "another address"),
        (Fault.malformed(0), "not an answer to a request for embeddings"),
    ],
)
async def test_what_is_of_no_use_to_repeat_is_not_repeated(
    server: ScriptedModelServer, fault: Fault, said: str
) -> None:
    server.script_embeddings(EmbeddingsReply(fail=fault))
    async with opened(server) as embedder:
        with pytest.raises(ConfigurationError, match=said):
            await embedder.embed(["text"])
    assert len(server.requests) == 1


async def test_a_refused_key_is_told_without_the_key(
    server: ScriptedModelServer, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = "a-wrong-and-secret-key"
    async with opened(server, key=SecretStr(wrong)) as embedder:
        with pytest.raises(ConfigurationError, match="Check CHATKEEP_EMBEDDINGS_KEY") as refused:
            await embedder.embed(["text"])
    written = capsys.readouterr()
    assert "Incorrect API key provided: …" in str(refused.value)
    assert wrong not in str(refused.value) + caplog.text + written.out + written.err


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("count", "gave 1 vectors for 2 texts"),
        ("index", "did not say which vector belongs to which text"),
        ("nan", "NaN"),
        ("zero", "vector of zeros"),
        ("uneven", "vectors of different lengths"),
        ("dimensions", "vectors of 65 numbers where 64 were expected"),
    ],
)
async def test_an_answer_that_is_wrong_is_refused(server: ScriptedModelServer, spoil: Any, said: str) -> None:
    server.script_embeddings(EmbeddingsReply(spoil=spoil))
    async with opened(server) as embedder:
        with pytest.raises(ConfigurationError, match=said):
            await embedder.embed(["one", "two"])


async def test_vectors_may_come_in_any_order(server: ScriptedModelServer) -> None:
    server.script_embeddings(EmbeddingsReply(spoil="order"))
    async with opened(server) as embedder:
        assert await embedder.embed(["one", "two", "three"]) == expected(["one", "two", "three"])


async def test_one_who_does_not_answer_is_given_up(server: ScriptedModelServer) -> None:
    server.script_embeddings(*(EmbeddingsReply(fail=Fault.hang()) for _ in range(3)))
    async with opened(server, timeout=0.2) as embedder:
        with pytest.raises(EmbedderUnavailable, match=r"did not answer within 0\.2 s"):
            await embedder.embed_query("text")
    assert len(server.requests) == 3


async def test_one_who_is_not_there_is_named(server: ScriptedModelServer) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/v1"
        async with opened(server, url=HttpUrl(url)) as embedder:
            with pytest.raises(EmbedderUnavailable, match=f"{url} .* cannot be reached"):
                await embedder.embed_query("text")


async def test_numbers_do_where_base64_is_not_known() -> None:
    with ScriptedModelServer(embeddings_limits=EmbeddingsLimits(base64=False)) as server:
        async with opened(server) as embedder:
            assert await embedder.embed(["one", "two"]) == expected(["one", "two"])
            assert await embedder.embed(["three"]) == expected(["three"])
        assert ["encoding_format" in request.json for request in server.requests] == [True, False, False]


async def test_a_batch_that_is_too_large_is_halved_and_not_tried_again() -> None:
    texts = [f"text {n}" for n in range(20)]
    with ScriptedModelServer(embeddings_limits=EmbeddingsLimits(texts=6)) as server:
        async with opened(server, concurrency=1) as embedder:
            assert await embedder.embed(texts) == expected(texts)
            await embedder.embed(texts)
        assert [len(batch) for batch in asked(server)] == [20, 10, 5, 5, 10, 5, 5, 5, 5, 5, 5]


async def test_a_text_that_is_too_long_is_cut_until_it_fits() -> None:
    with ScriptedModelServer(embeddings_limits=EmbeddingsLimits(words=100)) as server:
        async with opened(server, max_tokens=300) as embedder:
            vectors = await embedder.embed(["short", "word " * 1000])
        assert vectors.shape == (2, 64)
        assert len(asked(server)[-1][0].split()) <= 100


async def test_a_short_text_that_is_refused_is_not_cut(server: ScriptedModelServer) -> None:
    server.script_embeddings(EmbeddingsReply(fail=Fault.http(400, "maximum of something")))
    async with opened(server) as embedder:
        with pytest.raises(ConfigurationError, match="maximum of something"):
            await embedder.embed(["short"])
    assert len(server.requests) == 1


async def test_requests_are_spread_over_the_minute(server: ScriptedModelServer) -> None:
    time = Time()
    async with opened(server, time, batch=1, concurrency=1, requests_per_minute=60) as embedder:
        await embedder.embed(["text"] * 10)
    assert len(server.requests) == 10
    assert sum(time.rests) == pytest.approx(4.0)  # six at once, then one a second


async def test_tokens_are_spread_over_the_minute(server: ScriptedModelServer) -> None:
    time = Time()
    async with opened(server, time, batch=1, concurrency=1, tokens_per_minute=600) as embedder:
        await embedder.embed(["a b c d e f g h i j"] * 10)
    assert sum(time.rests) == pytest.approx(4.0)


async def test_an_endpoint_needs_an_address_and_a_model() -> None:
    with pytest.raises(ConfigurationError, match="CHATKEEP_EMBEDDINGS_URL"):
        await EndpointEmbedder.open(EmbeddingSettings(model="m"))
    with pytest.raises(ConfigurationError, match="CHATKEEP_EMBEDDINGS_MODEL"):
        await EndpointEmbedder.open(EmbeddingSettings(url=HttpUrl("http://localhost/v1")))


def test_a_pace_lets_wait_in_the_order_asked() -> None:
    pace = Pace(60)
    assert [pace.take(1, now=0.0) for _ in range(8)] == [0, 0, 0, 0, 0, 0, 1, 2]
    assert pace.take(1, now=100.0) == 0
    assert pace.take(26, now=100.0) == 21


def test_a_pause_grows_to_a_bound_and_never_falls_short_of_what_was_asked() -> None:
    assert [pause(n, None, 1.0) for n in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert pause(3, None, 0.0) == 2
    assert pause(0, 20.0, 0.0) == 20
    assert 20 < pause(9, 20.0, 1.0) <= 21


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:30 GMT"}, 30.0),
        ({"retry-after": "Wed, 31 Dec 2025 00:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, datetime(2026, 1, 1, tzinfo=UTC)) == seconds


def test_a_cut_text_has_the_tokens_it_may_have() -> None:
    text = "Grüße an die Füchse 🦊 und 12345 Fische, 魚!"
    for tokens in range(1, approximate.count(text) + 1):
        assert approximate.count(approximate.cut(text, tokens)) == tokens
        assert text.startswith(approximate.cut(text, tokens))
    assert approximate.cut(text, 1000) == text


@pytest.mark.parametrize("page", sorted(Path("docs").rglob("*.md")), ids=str)
async def test_guessed_tokens_of_english_are_rather_too_many(page: Path, tmp_path: Path) -> None:
    minilm = (await find_embedder(tmp_path, None)).embedder
    assert minilm is not None
    text = await anyio.Path(page).read_text()
    assert 1 <= approximate.count(text) / len(minilm.token_spans(text)) < 1.4


async def test_no_proxy_is_taken_from_the_environment(
    server: ScriptedModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with opened(server) as embedder:
        assert await embedder.embed(["text"]) == expected(["text"])
