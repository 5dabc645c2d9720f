"""The knowledge base over a socket answers as it does in one process, and fails in the open."""

import asyncio
import struct
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from chatkeep.adapters.knowledge_socket.client import KnowledgeClient, Patience, connected
from chatkeep.adapters.knowledge_socket.frames import IN_FLIGHT, MOST_BYTES
from chatkeep.adapters.knowledge_socket.server import answering
from chatkeep.adapters.memory import MemoryIndex
from chatkeep.core.context import RequestContext
from chatkeep.core.errors import ChatkeepError, NotFound, NotReady, TooLarge
from chatkeep.core.ids import TenantId, UserId
from chatkeep.knowledge.documents import Passage, PassageId
from chatkeep.knowledge.protocols import Where
from chatkeep.knowledge.retrieve import Options, Retriever
from tests.unit.knowledge.samples import FewAxes, sample

ALICE = RequestContext(TenantId("alice"), UserId("a"), "req_1")
BOB = RequestContext(TenantId("bob"), UserId("b"), "req_2")
IMPATIENT = Patience(start=0.1, connection=0.05, reply=0.05, frame=0.05)


class WatchedIndex(MemoryIndex):
    """An index whose `passages` waits for a gate, tells who asked, and may fail."""

    def __init__(self) -> None:
        super().__init__()
        self.gates: dict[str, asyncio.Event] = {}
        self.arrived = asyncio.Queue[str]()
        self.asked_by: list[RequestContext] = []
        self.failure: Exception | None = None
        self.text = ""

    def gate(self, *names: str) -> None:
        self.gates |= {name: asyncio.Event() for name in names}

    async def passages(self, ids: Sequence[PassageId], context: RequestContext) -> list[Passage]:
        self.asked_by.append(context)
        for id_ in ids:
            self.arrived.put_nowait(id_)
            if id_ in self.gates:
                await self.gates[id_].wait()
        if self.failure:
            raise self.failure
        return await super().passages(ids, context) or [
            passage(id_, self.text) for id_ in ids if id_ in self.gates
        ]


def passage(name: str, text: str = "") -> Passage:
    return Passage(
        PassageId(name), sample("d", "", None).chunk.document_id, "p", "t", ("h",), 0, 1, text, 0.5
    )


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is too long a path for a socket
        yield Path(folder) / "knowledge"


@pytest.fixture
def index() -> WatchedIndex:
    return WatchedIndex()


@pytest.fixture
async def retriever(index: WatchedIndex) -> Retriever:
    embedder = FewAxes()
    texts = ["Cats purr when they are content.", "Dogs bark at cats.", "Fish swim: «ähnlich», 魚."]
    vectors = await embedder.embed(texts)
    chunks = [
        sample(text.split()[0], text, vector, headings=("Pets", "Loud"))
        for text, vector in zip(texts, vectors, strict=True)
    ]
    await index.upsert(chunks, ALICE)
    return Retriever(embedder, index, ("/docs",))


@pytest.fixture
async def client(path: Path, retriever: Retriever) -> AsyncIterator[KnowledgeClient]:
    async with answering(path, retriever), connected(path) as client, asyncio.timeout(20):
        yield client


async def test_it_answers_as_the_retriever_does(client: KnowledgeClient, retriever: Retriever) -> None:
    found = await client.search("cats purr", 2, ALICE)
    assert found == await retriever.search("cats purr", 2, ALICE)
    assert len(found) == 2
    ids = [found[1].id, PassageId("unknown"), found[0].id]
    assert await client.passages(ids, ALICE) == await retriever.index.passages(ids, ALICE)


async def test_what_is_given_to_a_model_and_why_come_across_with_filters_and_options(
    client: KnowledgeClient, retriever: Retriever
) -> None:
    nowhere = Where(metadata={"team": "pets"}, since=datetime(2026, 1, 1, tzinfo=UTC))
    two = Options(most=2, relevance=0.5)
    assert await client.search("cats", 3, ALICE, nowhere) == []
    assert await client.gather("cats", 500, ALICE, nowhere) == []
    assert len(await client.gather("cats", 500, ALICE)) == 3
    given = await client.gather("cats", 500, ALICE, options=two)
    assert given == await retriever.gather("cats", 500, ALICE, options=two)
    assert len(given) == 2
    told = await client.explain("cats", 3, 500, ALICE, Where(sources=("/docs",)), two)
    assert list(told.given) == given
    there = (await retriever.explain("cats", 3, 500, ALICE, options=two)).trace
    assert told.trace.candidates == there.candidates
    assert [step.name for step in told.trace.steps] == [step.name for step in there.steps]


async def test_vectors_arrive_to_the_last_bit(client: KnowledgeClient) -> None:
    vectors = await client.embed(["one two", "three"])
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors, await FewAxes().embed(["one two", "three"]))
    assert (await client.embed([])).shape == (0, FewAxes.dimensions)
    assert np.array_equal(await client.embed_query("one two"), vectors[0])


async def test_without_an_embedder_it_says_so(path: Path, index: WatchedIndex) -> None:
    async with answering(path, Retriever(None, index)), connected(path) as client:
        assert not await client.embeds()


async def test_who_asks_comes_across(client: KnowledgeClient, index: WatchedIndex) -> None:
    (best, *_) = await client.search("fish", 3, ALICE)
    assert await client.search("fish", 3, BOB) == []
    assert await client.passages([best.id], BOB) == []
    assert index.asked_by[-1] == BOB


async def test_calls_share_the_connection_and_may_be_answered_in_any_order(
    client: KnowledgeClient, index: WatchedIndex
) -> None:
    names = [f"p{number}" for number in range(20)]
    index.gate(*names)
    calls = [asyncio.create_task(client.passages([PassageId(name)], ALICE)) for name in names]
    assert {await index.arrived.get() for _ in names} == set(names)
    for name, call in reversed(list(zip(names, calls, strict=True))):
        index.gates[name].set()
        assert await call == [passage(name)]


async def test_calls_over_the_bound_wait_for_their_turn(client: KnowledgeClient, index: WatchedIndex) -> None:
    names = [f"p{number}" for number in range(IN_FLIGHT + 3)]
    index.gate(*names)
    calls = [asyncio.create_task(client.passages([PassageId(name)], ALICE)) for name in names]
    for _ in range(IN_FLIGHT):
        await index.arrived.get()
    assert index.arrived.empty()
    for gate in index.gates.values():
        gate.set()
    assert await asyncio.gather(*calls) == [[passage(name)] for name in names]


async def test_errors_keep_their_kind_and_faults_their_secrets(
    client: KnowledgeClient, index: WatchedIndex
) -> None:
    index.failure = NotFound("It is gone.")
    with pytest.raises(NotFound, match="It is gone"):
        await client.passages([PassageId("x")], ALICE)
    index.failure = KeyError("secret")
    with pytest.raises(ChatkeepError) as raised:
        await client.passages([PassageId("x")], ALICE)
    assert "secret" not in str(raised.value)


async def test_what_is_too_large_is_refused_and_the_connection_lives_on(
    client: KnowledgeClient, index: WatchedIndex
) -> None:
    with pytest.raises(TooLarge):
        await client.search("x" * (MOST_BYTES + 1), 1, ALICE)
    index.text = "x" * (MOST_BYTES + 1)
    index.gate("long")
    index.gates["long"].set()
    with pytest.raises(TooLarge):
        await client.passages([PassageId("long")], ALICE)
    assert await client.search("cats", 1, ALICE)


@pytest.mark.parametrize(
    "sent",
    [struct.pack(">I", MOST_BYTES + 1), struct.pack(">I", 4) + b"nope", struct.pack(">I", 2) + b"{}"],
    ids=["a frame too long", "no JSON", "no request"],
)
async def test_a_peer_that_sends_no_frames_is_dropped_alone(
    client: KnowledgeClient, path: Path, sent: bytes
) -> None:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(sent)
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    assert await client.search("cats", 1, ALICE)


@asynccontextmanager
async def impostor(path: Path, reply: bytes) -> AsyncIterator[None]:
    """Listens at `path` and answers whatever is asked with `reply`, then closes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4)
        writer.write(reply)
        writer.close()

    server = await asyncio.start_unix_server(answer, path)
    try:
        yield
    finally:
        server.close()


@pytest.mark.parametrize(
    "reply", [b"", b"\x00", struct.pack(">I", MOST_BYTES + 1), struct.pack(">I", 9) + b"half", b"\0\0\0\2[]"]
)
async def test_an_answer_that_is_none_fails_the_call_at_once(path: Path, reply: bytes) -> None:
    async with impostor(path, reply), connected(path) as client, asyncio.timeout(10):
        with pytest.raises(NotReady, match="starting again"):
            await client.search("cats", 1, ALICE)


async def test_calls_in_flight_fail_when_the_process_goes_and_later_ones_find_the_next(
    path: Path, retriever: Retriever, index: WatchedIndex
) -> None:
    index.gate("held")
    async with connected(path) as client, asyncio.timeout(20):
        async with answering(path, retriever):
            held = asyncio.create_task(client.passages([PassageId("held")], ALICE))
            await index.arrived.get()
        with pytest.raises(NotReady, match="Try again"):
            await held
        waiting = asyncio.create_task(client.search("cats", 1, ALICE))  # nobody is there yet
        async with answering(path, retriever):
            assert await waiting


async def test_nobody_there_is_said_in_time(path: Path) -> None:
    async with connected(path, IMPATIENT) as client, asyncio.timeout(10):
        with pytest.raises(NotReady, match="starting again"):
            await client.search("cats", 1, ALICE)
        with pytest.raises(NotReady, match="starting again"):
            await client.embeds()


async def test_a_worker_that_starts_waits_for_a_process_that_starts(path: Path, retriever: Retriever) -> None:
    async with connected(path, Patience(connection=0.05)) as client, asyncio.timeout(10):
        starting = asyncio.create_task(client.embeds())
        with pytest.raises(NotReady):
            await client.search("cats", 1, ALICE)  # began later, and gave up: the other goes on
        async with answering(path, retriever):
            assert await starting


async def test_an_answer_that_never_comes_is_given_up_and_one_that_comes_late_is_ignored(
    path: Path, retriever: Retriever, index: WatchedIndex
) -> None:
    index.gate("late")
    patience = Patience(connection=5, reply=0.05)
    async with answering(path, retriever), connected(path, patience) as client, asyncio.timeout(20):
        with pytest.raises(NotReady, match="too busy"):
            await client.passages([PassageId("late")], ALICE)
        index.gates["late"].set()
        index.gate("next")
        index.gates["next"].set()
        assert await client.passages([PassageId("next")], ALICE) == [passage("next")]


async def test_a_caller_who_goes_away_disturbs_nobody(client: KnowledgeClient, index: WatchedIndex) -> None:
    index.gate("left")
    call = asyncio.create_task(client.passages([PassageId("left")], ALICE))
    await index.arrived.get()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    index.gates["left"].set()
    assert await client.search("cats", 1, ALICE)


async def test_a_worker_that_goes_away_has_its_calls_ended(
    path: Path, retriever: Retriever, index: WatchedIndex
) -> None:
    ended = asyncio.Event()

    class Ended(asyncio.Event):
        async def wait(self) -> bool:  # type: ignore[override]
            try:
                return await super().wait()
            finally:
                ended.set()

    index.gates["held"] = Ended()
    async with answering(path, retriever), asyncio.timeout(20):
        async with connected(path) as client:
            call = asyncio.create_task(client.passages([PassageId("held")], ALICE))
            await index.arrived.get()
        with pytest.raises(NotReady):
            await call
        await ended.wait()
