"""`GET /sources/{id}`: the document a citation points to, opened at the words that are cited.

A link names the passage, the words in it (`from` and `to`, counted in its text), its document and the answer
that cites it. The words are marked in the document's text and, for a PDF whose file is still there, on a
picture of its page. When the passage has changed since, the page shows the document as it is now, the words
cited if they still stand in it, and otherwise what the answer cited then, which the thread has kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from urllib.parse import quote as quoted_url

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import DictLoader, Environment

from chatkeep.core.context import RequestContext
from chatkeep.core.errors import NotFound
from chatkeep.http.deps import ContextDep, Quoted, Services, ServicesDep
from chatkeep.http.rendering import RenderedDocument, render
from chatkeep.knowledge.cite import Span, find_quote
from chatkeep.knowledge.documents import Document, place
from chatkeep.knowledge.pages import Page, pages_of

router = APIRouter(include_in_schema=False)

_IMAGE_SECONDS = 3600  # what a browser may keep of a page it has shown


@dataclass(frozen=True, slots=True)
class Link:
    """What a citation's link says.

    Attributes:
        start, end: the words cited, in the passage's text; absent on answers that were not checked.
        document, answer: where to look when the passage is gone.
    """

    passage: str
    start: int | None = None
    end: int | None = None
    document: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Cited:
    """What a link leads to in the document as it is now.

    Attributes:
        passage: where the passage stands; None: nowhere any more.
        words: what is cited of it; None: it as a whole.
        headings: what it stands under, where that is known.
        changed: the passage is not the one that was cited.
        quoted: what the answer cited, if it has changed.
    """

    document: Document
    passage: Span | None
    words: Span | None = None
    headings: Sequence[str] = ()
    changed: bool = False
    quoted: Quoted | None = None


@router.get("/sources/{passage_id}")
async def source(
    passage_id: str, request: Request, services: ServicesDep, context: ContextDep
) -> HTMLResponse:
    """The page of one citation; what is gone or another's gets a page that says so."""
    asked = _link(passage_id, request)
    try:
        cited = await _find(asked, services, context)
    except NotFound:
        then = await _quoted(asked, services, context)
        return HTMLResponse(templates().get_template("missing.html").render(quoted=then), status_code=404)
    pictures = [
        page for page in _pages(cited) if await services.sources.page_image(cited.document, page) is not None
    ]
    # In a thread: a document of a megabyte takes seconds, in which every answer would stand still.
    return HTMLResponse(await anyio.to_thread.run_sync(_page, asked, cited, pictures, request.url.query))


@router.get("/sources/{passage_id}/pages/{number}.png")
async def page_image(
    passage_id: str, number: int, request: Request, services: ServicesDep, context: ContextDep
) -> Response:
    """A picture of a page that the citation stands on, with the words marked.

    Raises:
        NotFound: it stands on another page, or the original is gone or says something else now.
    """
    cited = await _find(_link(passage_id, request), services, context)
    page = next((page for page in _pages(cited) if page.number == number), None)
    image = await services.sources.page_image(cited.document, page) if page else None
    if image is None:
        raise NotFound("There is no picture of this page.")
    headers = {"Cache-Control": f"private, max-age={_IMAGE_SECONDS}"}
    return Response(image.png, media_type="image/png", headers=headers)


def _link(passage_id: str, request: Request) -> Link:
    query = request.query_params
    start, end = (
        int(given) if given.isdecimal() else None for given in (query.get("from", ""), query.get("to", ""))
    )
    return Link(passage_id, start, end, query.get("document", ""), query.get("answer", ""))


async def _find(asked: Link, services: Services, context: RequestContext) -> Cited:
    """Where the citation leads.

    Raises:
        NotFound: to nothing that the reader may see.
    """
    try:
        passage, document = await services.sources.passage(asked.passage, context)
    except NotFound:
        return await _find_changed(asked, services, context)
    where = Span(passage.start, passage.end)
    words = None
    if asked.start is not None and asked.end is not None and asked.start < asked.end <= len(passage.text):
        words = Span(passage.start + asked.start, passage.start + asked.end)
    return Cited(document, where, words, [title for title in passage.headings if title != document.title])


async def _find_changed(asked: Link, services: Services, context: RequestContext) -> Cited:
    if not asked.document:
        raise NotFound("This source is no longer here.")
    document = await services.sources.document(asked.document, context)
    then = await _quoted(asked, services, context)
    words = await anyio.to_thread.run_sync(find_quote, then.words, document.text) if then else None
    around = _paragraphs(document.text, words) if words else None
    return Cited(document, around, words, changed=True, quoted=then)


async def _quoted(asked: Link, services: Services, context: RequestContext) -> Quoted | None:
    return await services.chat.quoted(asked.answer, asked.passage, context) if asked.answer else None


def _paragraphs(text: str, words: Span) -> Span:
    """`words` and the rest of the paragraphs they stand in."""
    before, after = text.rfind("\n\n", 0, words.start), text.find("\n\n", words.end)
    return Span(before + 2 if before >= 0 else 0, after if after >= 0 else len(text))


def _pages(cited: Cited) -> list[Page]:
    span = cited.words or cited.passage
    return pages_of(cited.document, span.start, span.end) if span else []


def _page(asked: Link, cited: Cited, pictures: Sequence[Page], query: str) -> str:
    document, span = cited.document, cited.words or cited.passage
    where = place(document.landmarks, span.start, span.end) if span else ""
    rendered: RenderedDocument = render(document, cited.passage or Span(0, 0), cited.words)
    address = f"/sources/{quoted_url(asked.passage, safe='')}/pages"
    return (
        templates()
        .get_template("source.html")
        .render(
            cited=cited,
            document=document,
            original=document.url if document.url.startswith(("https://", "http://")) else "",
            shows_own_title=document.text.lstrip().startswith(f"# {document.title}"),
            where=[part for part in (where, " › ".join(cited.headings)) if part],
            rendered=rendered,
            pictures=[(page.number, f"{address}/{page.number}.png?{query}") for page in pictures],
        )
    )


@cache
def templates() -> Environment:
    """The pages' templates, read and compiled: while the server starts, in a thread, and never again."""
    folder = files("chatkeep.http") / "templates"
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in ("source.html", "missing.html")}
    environment = Environment(loader=DictLoader(texts), autoescape=True)
    for name in texts:
        environment.get_template(name)
    return environment
