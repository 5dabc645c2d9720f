"""What only the index on a server promises: it is shared, it is reached over HTTP, and it bears failures."""

from dataclasses import replace

import numpy as np
import pytest

from chatkeep.adapters.qdrant.calls import Calls, new_client
from chatkeep.adapters.qdrant.server import QdrantServerIndex
from chatkeep.core.context import local_context
from chatkeep.core.errors import ConfigurationError, NotReady
from chatkeep.core.ids import TenantId
from chatkeep.settings import QdrantSettings, Settings
from chatkeep.wiring.indexes import open_index
from tests.qdrant import Qdrant, stand_in
from tests.unit.knowledge.samples import FewAxes, sample

HERE = local_context("test")
AXIS = np.eye(FewAxes.dimensions, dtype=np.float32)[0]


class Pauses(list[float]):
    """Does not pause, and remembers for how long it would have."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


async def patient_index(qdrant: Qdrant, pauses: Pauses, *, patience: float = 10) -> QdrantServerIndex:
    calls = Calls(new_client(qdrant.url, qdrant.api_key, patience), qdrant.url, pauses, lambda: 0.0)
    return await QdrantServerIndex.over(calls, FewAxes(), prefix=qdrant.prefix)


async def test_the_key_is_sent_with_every_request() -> None:
    async with stand_in("secret") as qdrant:
        index = await qdrant.index(FewAxes())
        await index.upsert([sample("a", "Cats purr.", AXIS)], HERE)
        await index.close()
        assert len(qdrant.seen) > 5
        assert all(headers["api-key"] == "secret" for _, headers in qdrant.seen)


async def test_a_wrong_key_is_named_in_one_line() -> None:
    async with stand_in("secret") as qdrant:
        qdrant.seen.clear()
        with pytest.raises(ConfigurationError, match="QDRANT_API_KEY") as refused:
            await QdrantServerIndex.open(qdrant.url, "wrong", None, prefix="test", patience=5)
        assert "\n" not in str(refused.value)
        assert "wrong" not in str(refused.value)
        assert len(qdrant.seen) == 1, "asking again would not help"


async def test_a_server_that_is_not_there_stops_the_start() -> None:
    async with stand_in() as gone:
        address = gone.url.removeprefix("http://")
    settings = Settings.load({}, qdrant=QdrantSettings(qdrant_url=f"http://user:password@{address}"))
    with pytest.raises(ConfigurationError, match="QDRANT_URL is its address") as error:
        await open_index(settings, None)
    assert address in str(error.value)
    assert "password" not in str(error.value)


@pytest.mark.parametrize("failure", [429, 500, 503, 0])
async def test_a_failure_that_passes_is_not_noticed(failure: int) -> None:
    async with stand_in() as qdrant:
        pauses = Pauses()
        index = await patient_index(qdrant, pauses)
        qdrant.failures += [failure] * 3
        await index.upsert([sample("a", "Cats purr.", AXIS)], HERE)
        assert await index.count(HERE) == 1
        assert pauses == ([1.0, 1.0, 1.0] if failure == 429 else [0.25, 0.5, 1.0])
        await index.close()


async def test_a_failure_that_stays_says_that_a_moment_may_help() -> None:
    async with stand_in() as qdrant:
        pauses = Pauses()
        index = await patient_index(qdrant, pauses)
        qdrant.failures += [503] * 5
        with pytest.raises(NotReady, match="status 503"):
            await index.count(HERE)
        assert len(pauses) == 4
        qdrant.failures += [503]
        with pytest.raises(NotReady):
            await index.check()
        await index.check()
        await index.close()


async def test_a_silent_server_is_not_waited_for() -> None:
    async with stand_in() as qdrant:
        index = await patient_index(qdrant, Pauses(), patience=1)
        qdrant.failures += [-1]
        assert await index.count(HERE) == 0
        await index.close()


async def test_what_the_server_refuses_is_said_and_not_repeated() -> None:
    async with stand_in() as qdrant:
        pauses = Pauses()
        index = await patient_index(qdrant, pauses)
        qdrant.failures += [400]
        with pytest.raises(ConfigurationError, match="status 400"):
            await index.count(HERE)
        assert not pauses
        await index.close()


async def test_an_old_server_is_refused() -> None:
    async with stand_in() as qdrant:
        qdrant.version = "1.15.4"
        with pytest.raises(ConfigurationError, match=r"1\.15.*1\.16"):
            await qdrant.index(None)


async def test_a_collection_of_somebody_else_is_left_alone() -> None:
    async with stand_in() as qdrant:
        index = await qdrant.index(None)
        client = new_client(qdrant.url, None, 5)
        await client.delete_collection(index.collection)
        await client.create_collection(index.collection, {})
        with pytest.raises(ConfigurationError, match="QDRANT_COLLECTION"):
            await qdrant.index(None)
        await client.close()
        await index.close()


async def test_two_processes_share_generation_languages_and_points() -> None:
    async with stand_in() as qdrant:
        one, other = await qdrant.index(FewAxes()), await qdrant.index(FewAxes())
        assert one.generation == other.generation
        await one.upsert([sample("a", "Die Häuser stehen leer.", AXIS, language="de")], HERE)
        await other.upsert([sample("b", "Les chevaux courent.", AXIS, language="fr")], HERE)
        late = await qdrant.index(FewAxes())
        for question in ("ein leeres Haus", "un cheval"):
            assert (await late.search(question, None, 5, HERE)).sparse, question
        for index in (one, other, late):
            await index.close()


async def test_another_embedder_has_another_collection() -> None:
    async with stand_in() as qdrant:
        one, other = await qdrant.index(FewAxes()), await qdrant.index(None)
        await one.upsert([sample("a", "Cats purr.", AXIS)], HERE)
        assert await other.count(HERE) == 0
        assert one.generation != other.generation
        await one.close()
        await other.close()


async def test_points_are_weighed_again_when_the_average_length_has_drifted() -> None:
    """Short chunks first, long ones later, by different writers: the scores end as if all came at once."""
    short = [sample(f"s{n}", f"zebra stripes {n}", AXIS) for n in range(5)]
    long = [
        sample(f"l{n}", f"giraffe neck {n} " + " ".join(f"leaf{n}{m}" for m in range(40)), AXIS)
        for n in range(5)
    ]
    async with stand_in() as grown, stand_in() as whole:
        one, other, at_once = [await qdrant.index(FewAxes()) for qdrant in (grown, grown, whole)]
        for index, part in ((one, short), (other, long), (at_once, [*short, *long])):
            await index.upsert(part, HERE)
            await index.flush()
        expected = {hit.id: hit.score for hit in (await at_once.search("zebra", None, 9, HERE)).sparse}
        found = {hit.id: hit.score for hit in (await one.search("zebra", None, 9, HERE)).sparse}
        assert len(found) == 5
        assert found == pytest.approx(expected, rel=1e-5)
        assert set(await one.vectors([each.id for each in short], HERE)) == {each.id for each in short}
        for index in (one, other, at_once):
            await index.close()


async def test_a_weighing_that_was_cut_off_is_done_by_the_next_writer() -> None:
    async with stand_in() as qdrant:
        index = await patient_index(qdrant, Pauses())
        await index.upsert([sample("a", "zebra " + "leaf " * 9, AXIS)], HERE)
        before = (await index.search("zebra", None, 1, HERE)).sparse[0].score
        client = new_client(qdrant.url, None, 5)
        (state,) = [
            record.id
            for record in (await client.scroll(index.collection, with_payload=True))[0]
            if record.payload and "tenant" not in record.payload
        ]
        await client.set_payload(
            index.collection, {"weighed_with": 1.0, "reweighing": True}, points=[state], wait=True
        )
        other = await qdrant.index(FewAxes())
        await other.flush()
        after = (await index.search("zebra", None, 1, HERE)).sparse[0].score
        assert after < before
        for each in (client, index, other):
            await each.close()


@pytest.mark.parametrize(("version", "by_tenant"), [("1.16.0", False), ("1.19.0", True), ("dev", True)])
async def test_rarity_is_the_tenants_where_the_server_can_count_it(version: str, by_tenant: bool) -> None:
    async with stand_in() as qdrant:
        qdrant.version = version
        index = await qdrant.index(None)
        await index.upsert([sample("a", "zebra", None)], HERE)
        elsewhere = replace(HERE, tenant=TenantId("other"))
        await index.upsert([sample(f"b{n}", "zebra", None) for n in range(50)], elsewhere)
        ((_, score),) = [(hit.id, hit.score) for hit in (await index.search("zebra", None, 5, HERE)).sparse]
        assert (score > 0.1) is by_tenant, (
            "among 51 documents that all have it, a word weighs next to nothing"
        )
        await index.close()
