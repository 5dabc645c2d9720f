"""A document as HTML, in three parts: what comes before the cited passage, the passage, what comes after.

Above: `http.sources`. Pure. Documents are hostile: raw HTML in them is shown as text, links keep to safe
schemes, and nothing is loaded from elsewhere. Within the passage, the very words that are cited are marked.
"""

import re
from dataclasses import dataclass
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from chatkeep.knowledge.cite import Span
from chatkeep.knowledge.documents import Document

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^\n`]*)$", re.MULTILINE)

# Two brackets that hardly any text uses stand for the mark while Markdown is rendered: punctuation, beside
# which emphasis begins and ends as it does without them.
_OPEN, _CLOSE = "\u2e28", "\u2e29"
_PLAIN_BRACKETS = str.maketrans({_OPEN: "(", _CLOSE: ")"})
_PREFIX = re.compile(r"(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)]|\||#{1,6}))*[ \t]*")
_SUFFIX = re.compile(r"[ \t|]*\Z")
_PIECE = re.compile(rf"<[^>]*>|{_OPEN}|{_CLOSE}|[^<{_OPEN}{_CLOSE}]+")


@dataclass(frozen=True, slots=True)
class RenderedDocument:
    """The document as HTML, in three parts that follow each other.

    Attributes:
        is_marked: words of the passage are marked; the first mark has the id `cited`.
    """

    before: Markup
    passage: Markup
    after: Markup
    is_marked: bool = False


def render(document: Document, passage: Span, cited: Span | None = None) -> RenderedDocument:
    """`document` with `passage` apart and, in it, `cited` marked. Both count in the document's text."""
    text = document.text
    middle = text[passage.start : passage.end]
    if cited and passage.start <= cited.start < cited.end <= passage.end:
        middle = _bracketed(middle, cited.start - passage.start, cited.end - passage.start)
    parts = text[: passage.start], middle, text[passage.end :]
    if document.format == "plain":
        before, shown, after = (f"<pre>{escape(part, quote=False)}</pre>" for part in parts)
    else:
        markdown = _markdown()
        references: EnvType = {}
        markdown.parse(text, references)  # links may be defined in another part
        before, shown, after = (markdown.render(part, dict(references)) for part in _close_fences(*parts))
    marked = _marked(shown) if middle is not parts[1] or _OPEN in middle else None
    # Markdown-it escapes everything it does not itself produce; see `_markdown`.
    return RenderedDocument(
        Markup(before),  # noqa: S704
        Markup(marked or shown.translate(_PLAIN_BRACKETS)),  # noqa: S704
        Markup(after),  # noqa: S704
        is_marked=marked is not None,
    )


def _bracketed(text: str, start: int, end: int) -> str:
    """`text` with brackets around a span, inside of what makes its lines items, quotes or rows."""
    text = text.translate(_PLAIN_BRACKETS)
    opening = _PREFIX.match(text, start, end)
    first = opening.end() if opening else start
    closing = _SUFFIX.search(text, first, end)
    last = closing.start() if closing else end
    return f"{text[:first]}{_OPEN}{text[first:last]}{_CLOSE}{text[last:]}" if first < last else text


def _marked(html: str) -> str | None:
    """`html` with every run of text between the brackets in a mark; None if they did not come through."""
    if html.count(_OPEN) != 1 or html.count(_CLOSE) != 1 or html.index(_OPEN) > html.index(_CLOSE):
        return None
    out: list[str] = []
    inside, is_first = False, True
    for piece in _PIECE.findall(html):
        if piece in (_OPEN, _CLOSE):
            inside = piece == _OPEN
        elif inside and not piece.startswith("<") and piece.strip():
            out += ('<mark id="cited">' if is_first else "<mark>", piece, "</mark>")
            is_first = False
        else:
            out.append(piece)
    return None if is_first else "".join(out)


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
    markdown.add_render_rule("table_open", _table)
    markdown.add_render_rule("table_close", _table_end)
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


def _table(*_: object) -> str:
    """A wide table scrolls by itself, which the keyboard must be able to reach."""
    return '<div class="table" role="region" aria-label="Table" tabindex="0"><table>\n'


def _table_end(*_: object) -> str:
    return "</table></div>\n"
