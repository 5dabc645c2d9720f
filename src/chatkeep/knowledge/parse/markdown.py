"""Markdown: kept verbatim, except for the front matter that static site generators read."""

import re

from chatkeep.knowledge.blocks import scan
from chatkeep.knowledge.parse.decode import decode
from chatkeep.knowledge.parse.parsed import ParsedText, Unreadable

_OPENS = re.compile(r"\A(---|\+\+\+)[ \t]*\n")
_CLOSES = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE),
}
# One line is all we read of YAML and TOML: `title: Install` or `title = "Install"`.
_TITLE = re.compile(
    r"""^title[ \t]*[:=][ \t]*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([^\s"'|>#][^\n]*?))[ \t]*$""",
    re.MULTILINE,
)


def parse_markdown(data: bytes, name: str) -> ParsedText | Unreadable:
    """The title is the front matter's, else the first level-1 heading, else the file's `name`."""
    text = decode(data)
    if isinstance(text, Unreadable):
        return text
    declared, text = _without_front_matter(text)
    if not text.strip():
        return Unreadable("it has no text besides its front matter.")
    return ParsedText(title=declared or _first_heading(text) or name, format="markdown", text=text)


def _without_front_matter(text: str) -> tuple[str, str]:
    opening = _OPENS.match(text)
    closing = _CLOSES[opening[1]].search(text, opening.end()) if opening else None
    if opening is None or closing is None:
        return "", text
    title = _TITLE.search(text, opening.end(), closing.start())
    declared = next((group for group in title.groups() if group), "") if title else ""
    return re.sub(r"\\(.)", r"\1", declared).strip(), text[closing.end() + 1 :]


def _first_heading(text: str) -> str:
    return next(
        (b.title for b in scan(text, "markdown") if b.kind == "heading" and b.level == 1 and b.title), ""
    )
