"""A citation's page shows the words that were cited, or says what became of them."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from chatkeep.chat.citations import Quoted
from chatkeep.core.context import RequestContext
from chatkeep.core.errors import NotFound
from chatkeep.http import sources
from chatkeep.http.deps import Services
from chatkeep.http.errors import install_error_handlers
from chatkeep.knowledge.documents import Document, DocumentId, Landmark, Passage, PassageId
from chatkeep.knowledge.pages import Page, PageImage
from chatkeep.streams.follow import Reading

TEXT = "# Harbour\n\nWater is free. Dogs are not.\n\nStorage costs 910 euros."
DOCUMENT = Document(
    id=DocumentId("d"),
    source="/docs",
    path="harbour.pdf",
    title="Harbour",
    format="markdown",
    text=TEXT,
    fingerprint="f",
    ingested_at=datetime(2026, 11, 21, tzinfo=UTC),
    landmarks=(Landmark(0, "page", "1"), Landmark(TEXT.index("Storage"), "page", "2")),
)


def passage(document: Document, text: str) -> Passage:
    start = document.text.index(text)
    return Passage(
        PassageId("p"),
        document.id,
        document.path,
        document.title,
        ("Prices",),
        start,
        start + len(text),
        text,
        1.0,
    )


@dataclass
class Library:
    """One document, the passages in it that still stand, and pictures of some of its pages."""

    held: Document = DOCUMENT
    passages: dict[str, Passage] = field(default_factory=dict)
    drawn: frozenset[int] = frozenset()
    asked: list[Page] = field(default_factory=list)

    async def passage(self, passage_id: str, context: RequestContext) -> tuple[Passage, Document]:
        if passage_id not in self.passages:
            raise NotFound("gone")
        return self.passages[passage_id], self.held

    async def document(self, document_id: str, context: RequestContext) -> Document:
        if document_id != self.held.id:
            raise NotFound("gone")
        return self.held

    async def page_image(self, document: Document, page: Page) -> PageImage | None:
        self.asked.append(page)
        return PageImage(b"png", 1, 1) if page.number in self.drawn else None


@dataclass
class Threads:
    """Remembers what the answers cited."""

    cited: dict[tuple[str, str], Quoted] = field(default_factory=dict)

    async def handle(
        self,
        body: bytes,
        context: RequestContext,
        idempotency_key: str | None = None,
        *,
        steps: bool = False,
    ) -> bytes | Reading:
        raise NotImplementedError

    async def quoted(self, answer: str, passage_id: str, context: RequestContext) -> Quoted | None:
        return self.cited.get((answer, passage_id))


def client(library: Library, threads: Threads | None = None) -> httpx.AsyncClient:
    app = FastAPI()

    @app.middleware("http")
    async def named(request: Any, call_next: Any) -> Any:
        request.state.request_id = "r"
        return await call_next(request)

    async def started() -> Services:
        return Services(
            chat=threads or Threads(), sources=library, suggestions=cast("Any", None), model_name=""
        )

    app.state.starting = asyncio.ensure_future(started())
    app.include_router(sources.router)
    install_error_handlers(app)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


async def get(library: Library, address: str, threads: Threads | None = None) -> httpx.Response:
    async with client(library, threads) as asking:
        return await asking.get(address)


def standing(text: str = "Water is free. Dogs are not.", **more: Any) -> Library:
    return Library(passages={"p": passage(DOCUMENT, text)}, **more)


async def test_the_words_of_the_link_are_marked_in_the_passage() -> None:
    reply = await get(standing(), "/sources/p?from=0&to=14")
    assert reply.status_code == 200
    assert '<mark id="cited">Water is free.</mark> Dogs are not.' in reply.text
    assert 'href="#cited"' in reply.text


@pytest.mark.parametrize(
    "query", ["", "?from=5", "?from=9&to=4", "?from=0&to=99", "?from=-1&to=3", "?from=a&to=²"]
)
async def test_words_that_the_passage_has_not_are_not_marked(query: str) -> None:
    reply = await get(standing(), f"/sources/p{query}")
    assert reply.status_code == 200
    assert "<mark" not in reply.text
    assert 'id="passage"' in reply.text


async def test_a_changed_passage_whose_words_still_stand_is_shown_where_they_stand() -> None:
    threads = Threads({("t.m", "gone"): Quoted("Harbour", "harbour.pdf · page 1", "Water is free.")})
    reply = await get(standing(), "/sources/gone?document=d&answer=t.m&from=0&to=14", threads)
    assert reply.status_code == 200
    assert "The words it cites still stand" in reply.text
    assert '<mark id="cited">Water is free.</mark>' in reply.text


async def test_a_changed_passage_shows_what_was_cited_and_the_document_as_it_is_now() -> None:
    threads = Threads({("t.m", "gone"): Quoted("Harbour", "harbour.pdf · page 1", "Water costs <1> euro.")})
    reply = await get(standing(), "/sources/gone?document=d&answer=t.m", threads)
    assert reply.status_code == 200
    assert "<blockquote>Water costs &lt;1&gt; euro.</blockquote>" in reply.text
    assert "Water is free." in reply.text
    assert "<mark" not in reply.text


async def test_a_link_without_its_answer_still_leads_to_the_document() -> None:
    reply = await get(standing(), "/sources/gone?document=d&answer=another.one")
    assert "Below is the document as it is now" in reply.text
    assert "What the answer cited then" not in reply.text


async def test_a_source_that_is_gone_with_its_document_says_what_was_cited() -> None:
    threads = Threads({("t.m", "gone"): Quoted("Harbour", "harbour.pdf", "Water is free.")})
    reply = await get(standing(), "/sources/gone?document=other&answer=t.m", threads)
    assert reply.status_code == 404
    assert "<blockquote>Water is free.</blockquote>" in reply.text
    assert (await get(standing(), "/sources/gone")).status_code == 404


async def test_the_page_that_holds_the_words_is_shown_as_a_picture() -> None:
    library = standing("Storage costs 910 euros.", drawn=frozenset([2]))
    reply = await get(library, "/sources/p?from=0&to=24")
    assert 'src="/sources/p/pages/2.png?from=0&amp;to=24"' in reply.text
    assert "page 2" in reply.text
    assert library.asked == [Page(2, "Storage costs 910 euros.")]
    picture = await get(library, "/sources/p/pages/2.png?from=0&to=24")
    assert (picture.content, picture.headers["content-type"]) == (b"png", "image/png")
    assert picture.headers["cache-control"].startswith("private")


async def test_there_are_no_pictures_of_other_pages_nor_of_what_cannot_be_drawn() -> None:
    library = standing("Storage costs 910 euros.", drawn=frozenset([1]))
    assert "<img" not in (await get(library, "/sources/p")).text
    for number in (1, 2, 3):
        assert (await get(library, f"/sources/p/pages/{number}.png")).status_code == 404
    assert (await get(library, "/sources/gone/pages/1.png")).status_code == 404


@pytest.mark.parametrize(("url", "shown"), [("https://x.test/a", True), ("javascript:alert(1)", False)])
async def test_the_original_on_the_web_is_a_link_if_it_is_safe(url: str, shown: bool) -> None:
    library = standing(held=replace(DOCUMENT, url=url))
    assert ("Open the original" in (await get(library, "/sources/p")).text) is shown


async def test_the_loop_goes_on_while_a_large_document_is_rendered() -> None:
    text = "Some *text* with `code` in it.\n\n" * 3_000
    large = replace(DOCUMENT, text=text, landmarks=())
    library = Library(held=large, passages={"p": replace(passage(large, "Some"), end=20)})
    showing = asyncio.create_task(get(library, "/sources/p"))
    turns = 0
    async with asyncio.timeout(60):
        while not showing.done():
            await asyncio.sleep(0)
            turns += 1
    assert (await showing).text.count("<em>") == 3_000
    assert turns > 40  # on the loop itself it is rendered within some fifteen
