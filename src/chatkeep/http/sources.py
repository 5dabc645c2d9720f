"""`GET /sources/{id}`: the document a citation points to, opened at the cited passage.

The document's text is rendered in three parts, before, passage and after, so that the passage can
be highlighted as one. Documents are hostile: raw HTML in them is shown as text, links keep to safe
schemes, and nothing is loaded from elsewhere.
"""

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files

import anyio.to_thread
from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from jinja2 import DictLoader, Environment
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from chatkeep.core.errors import NotFound
from chatkeep.http.deps import ContextDep, ServicesDep
from chatkeep.knowledge.documents import Document, Passage

router = APIRouter(include_in_schema=False)

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^\n`]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RenderedDocument:
    """The document as HTML, in three parts that follow each other."""

    before: Markup
    passage: Markup
    after: Markup


@router.get("/sources/{passage_id}")
async def source(passage_id: str, services: ServicesDep, context: ContextDep) -> HTMLResponse:
    """The page of one citation; what is gone or another's gets a page that says so."""
    try:
        passage, document = await services.sources.passage(passage_id, context)
    except NotFound:
        return HTMLResponse(templates().get_template("missing.html").render(), status_code=404)
    # In a thread: a document of a megabyte takes seconds, in which every answer would stand still.
    return HTMLResponse(await anyio.to_thread.run_sync(_page, passage, document))


def _page(passage: Passage, document: Document) -> str:
    return (
        templates()
        .get_template("source.html")
        .render(
            document=document,
            shows_own_title=document.text.lstrip().startswith(f"# {document.title}"),
            headings=[heading for heading in passage.headings if heading != document.title],
            rendered=render(document, passage.start, passage.end),
        )
    )


def render(document: Document, start: int, end: int) -> RenderedDocument:
    """`document` with the code points from `start` to `end` apart."""
    parts = document.text[:start], document.text[start:end], document.text[end:]
    if document.format == "plain":
        return RenderedDocument(*(Markup("<pre>{}</pre>").format(part) for part in parts))
    markdown = _markdown()
    references: EnvType = {}
    markdown.parse(document.text, references)  # links may be defined in another part
    rendered = [markdown.render(part, dict(references)) for part in _close_fences(*parts)]
    # Markdown-it escapes everything it does not itself produce; see `_markdown`.
    return RenderedDocument(*(Markup(part) for part in rendered))  # noqa: S704


def _close_fences(*parts: str) -> list[str]:
    """Each part with its fenced code closed, and opened again in the next."""
    closed = []
    opening: re.Match[str] | None = None
    for part in parts:
        prefix = f"{opening[1]}{opening[2]}\n" if opening else ""
        for fence in _FENCE.finditer(part):
            if opening is None:
                opening = fence
            elif fence[1].startswith(opening[1]) and not fence[2].strip():
                opening = None
        closed.append(f"{prefix}{part}\n{opening[1]}" if opening else f"{prefix}{part}")
    return closed


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
    markdown.add_render_rule("image", _image)
    markdown.add_render_rule("link_open", _link)
    return markdown


def _image(
    renderer: RendererHTML, tokens: list[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    alt = renderer.renderInlineAsText(tokens[index].children, options, env)
    return f'<span class="image">{escape(alt or "image")}</span>'


def _link(renderer: RendererHTML, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    href = str(tokens[index].attrGet("href") or "")
    if not href.startswith(("https://", "http://", "mailto:")):
        return "<a>"  # a path inside the documents' own site leads nowhere here
    tokens[index].attrSet("rel", "noopener noreferrer nofollow")
    tokens[index].attrSet("target", "_blank")
    return str(renderer.renderToken(tokens, index, options, env))


@cache
def templates() -> Environment:
    """The pages' templates, read and compiled: while the server starts, in a thread, and never again."""
    folder = files("chatkeep.http") / "templates"
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in ("source.html", "missing.html")}
    environment = Environment(loader=DictLoader(texts), autoescape=True)
    for name in texts:
        environment.get_template(name)
    return environment
