"""What every `DocumentStore` promises."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatkeep.adapters.sql.documents import SqlDocuments
from chatkeep.adapters.sql.engine import open_database
from chatkeep.core.context import RequestContext
from chatkeep.core.errors import NotFound
from chatkeep.core.ids import TenantId, UserId
from chatkeep.knowledge.documents import Document, DocumentId, Landmark
from chatkeep.knowledge.protocols import DocumentStore, KnownSource

ACME = RequestContext(tenant=TenantId("acme"), user=UserId("ada"), request_id="req_1")
OTHER = RequestContext(tenant=TenantId("other"), user=UserId("ada"), request_id="req_2")
GUIDE = Document(
    id=DocumentId("11111111-1111-1111-1111-111111111111"),
    source="/docs",
    path="a/guide.md",
    title="Guide – \U0001f642",
    format="markdown",
    text="# Guide\n\u0000 \u2028 \U0001f642 text\r\n" * 1000,
    fingerprint="f1",
    ingested_at=datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    landmarks=(Landmark(0, "page", "1"), Landmark(40, "page", "2")),
    language="de",
    modified_at=datetime(2029, 1, 2, tzinfo=UTC),
    url="https://docs.test/guide",
    metadata={"product": "radio"},
)


@asynccontextmanager
async def sql(folder: Path) -> AsyncIterator[DocumentStore]:
    database = await open_database(folder / "chatkeep.db")
    yield SqlDocuments(database)
    await database.close()


IMPLEMENTATIONS = {"sql": sql}


@pytest.fixture(params=IMPLEMENTATIONS)
async def documents(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DocumentStore]:
    async with IMPLEMENTATIONS[request.param](tmp_path) as store:
        yield store


async def test_a_document_comes_back_as_it_was(documents: DocumentStore) -> None:
    await documents.save(GUIDE, ACME)
    assert await documents.load(GUIDE.id, ACME) == GUIDE


async def test_saving_again_replaces(documents: DocumentStore) -> None:
    await documents.save(GUIDE, ACME)
    changed = replace(GUIDE, path="b.txt", title="B", format="plain", text="", fingerprint="f2")
    await documents.save(changed, ACME)
    assert await documents.load(GUIDE.id, ACME) == changed
    assert await documents.count(ACME) == 1
    assert await documents.fingerprints("/docs", ACME) == {"b.txt": (GUIDE.id, "f2")}


async def test_fingerprints_are_of_one_source(documents: DocumentStore) -> None:
    elsewhere = replace(GUIDE, id=DocumentId("2"), source="/docs/a", path="guide.md", fingerprint="f2")
    for document in (GUIDE, elsewhere):
        await documents.save(document, ACME)
    assert await documents.fingerprints("/docs", ACME) == {"a/guide.md": (GUIDE.id, "f1")}
    assert await documents.fingerprints("/docs/a", ACME) == {"guide.md": (elsewhere.id, "f2")}
    assert await documents.fingerprints("/doc", ACME) == {}


async def test_deleted_documents_are_gone_and_unknown_ids_do_no_harm(documents: DocumentStore) -> None:
    keep = replace(GUIDE, id=DocumentId("keep"), path="keep.md")
    for document in (GUIDE, keep):
        await documents.save(document, ACME)
    await documents.delete([], ACME)
    await documents.delete([GUIDE.id, DocumentId("unknown")], ACME)
    with pytest.raises(NotFound, match=GUIDE.id):
        await documents.load(GUIDE.id, ACME)
    assert await documents.fingerprints("/docs", ACME) == {"keep.md": (keep.id, "f1")}
    assert await documents.count(ACME) == 1


async def test_thousands_can_be_deleted_at_once(documents: DocumentStore) -> None:
    await documents.save(GUIDE, ACME)
    await documents.delete([*(DocumentId(f"no{number}") for number in range(40_000)), GUIDE.id], ACME)
    assert await documents.count(ACME) == 0


async def test_tenants_do_not_see_each_other(documents: DocumentStore) -> None:
    await documents.save(GUIDE, ACME)
    with pytest.raises(NotFound):
        await documents.load(GUIDE.id, OTHER)
    assert await documents.fingerprints("/docs", OTHER) == {}
    assert await documents.count(OTHER) == 0
    await documents.delete([GUIDE.id], OTHER)
    await documents.save(replace(GUIDE, text="theirs"), OTHER)
    assert await documents.load(GUIDE.id, ACME) == GUIDE


async def test_the_users_of_a_tenant_share_its_documents(documents: DocumentStore) -> None:
    await documents.save(GUIDE, ACME)
    colleague = replace(ACME, user=UserId("bob"))
    assert await documents.load(GUIDE.id, colleague) == GUIDE


async def test_documents_can_be_saved_at_the_same_time(documents: DocumentStore) -> None:
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for number in range(30):
            document = replace(GUIDE, id=DocumentId(f"d{number}"), path=f"{number}.md")
            group.create_task(documents.save(document, ACME))
    assert await documents.count(ACME) == 30


async def test_what_bears_labels_looks_absent_to_those_who_bear_none_of_them(
    documents: DocumentStore,
) -> None:
    secret = replace(GUIDE, labels=("staff",))
    await documents.save(secret, ACME)
    with pytest.raises(NotFound):
        await documents.load(GUIDE.id, ACME)
    assert await documents.some(5, ACME) == []
    staff = replace(ACME, labels=("guest", "staff"))
    assert await documents.load(GUIDE.id, staff) == secret
    assert await documents.some(5, staff) == [secret]


async def test_labels_can_be_asked_for_by_whoever_ingests(documents: DocumentStore) -> None:
    await documents.save(replace(GUIDE, labels=("staff", "board")), ACME)
    others = [DocumentId(f"no{number}") for number in range(2_000)]
    assert await documents.labels([*others, GUIDE.id], ACME) == {GUIDE.id: ("staff", "board")}
    assert await documents.labels([GUIDE.id], OTHER) == {}
    assert await documents.labels([], ACME) == {}


async def test_sources_are_listed_with_their_documents_and_the_time_of_the_latest(
    documents: DocumentStore,
) -> None:
    later = datetime(2031, 1, 1, tzinfo=UTC)
    assert await documents.sources(ACME) == []
    for number, (source, moment) in enumerate(
        [("/docs", GUIDE.ingested_at), ("/docs", later), ("/another", GUIDE.ingested_at)]
    ):
        id_ = DocumentId(f"11111111-1111-1111-1111-11111111111{number}")
        one = replace(GUIDE, id=id_, path=f"{number}.md", source=source, ingested_at=moment)
        await documents.save(one, ACME)
    await documents.save(GUIDE, OTHER)
    assert await documents.sources(ACME) == [
        KnownSource("/another", 1, GUIDE.ingested_at),
        KnownSource("/docs", 2, later),
    ]


async def test_pages_hold_every_document_once_whoever_may_read_it(documents: DocumentStore) -> None:
    stored = [
        replace(
            GUIDE,
            id=DocumentId(f"{number}{GUIDE.id[1:]}"),
            path=str(number),
            labels=("staff",) * (number % 2),
        )
        for number in range(5)
    ]
    for each in reversed(stored):
        await documents.save(each, ACME)
    await documents.save(replace(GUIDE, id=DocumentId(f"9{GUIDE.id[1:]}")), OTHER)
    seen: list[Document] = []
    while page := await documents.page(seen[-1].id if seen else None, 2, ACME):
        assert len(page) <= 2
        seen += page
    assert seen == stored
