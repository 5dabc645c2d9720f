"""Markdown: kept verbatim, except for the front matter that static site generators read."""

import re

from chatkeep.knowledge.blocks import scan
from chatkeep.knowledge.parse.declared import described, language_code, point_in_time
from chatkeep.knowledge.parse.decode import decode
from chatkeep.knowledge.parse.parsed import ParsedText, Unreadable

_OPENS = re.compile(r"\A(---|\+\+\+)[ \t]*\n")
_CLOSES = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE),
}
# One line is all we read of YAML and TOML: `title: Install` or `title = "Install"`.
_FACT = re.compile(
    r"""^(title|author|description|lang|language|date|lastmod|last_modified|updated)"""
    r"""[ \t]*[:=][ \t]*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([^\s"'|>#][^\n]*?))[ \t]*$""",
    re.MULTILINE,
)


def parse_markdown(data: bytes, name: str) -> ParsedText | Unreadable:
    """The title is the front matter's, else the first level-1 heading, else the file's `name`."""
    text = decode(data)
    if isinstance(text, Unreadable):
        return text
    said, text = _without_front_matter(text)
    if not text.strip():
        return Unreadable("it has no text besides its front matter.")
    changed = (said.get(name) for name in ("lastmod", "last_modified", "updated", "date"))
    return ParsedText(
        title=said.get("title") or _first_heading(text) or name,
        format="markdown",
        text=text,
        language=language_code(said.get("lang") or said.get("language")),
        modified_at=next(filter(None, map(point_in_time, changed)), None),
        metadata=described({name: said.get(name) for name in ("author", "description")}),
    )


def _without_front_matter(text: str) -> tuple[dict[str, str], str]:
    opening = _OPENS.match(text)
    closing = _CLOSES[opening[1]].search(text, opening.end()) if opening else None
    if opening is None or closing is None:
        return {}, text
    said: dict[str, str] = {}
    for fact in _FACT.finditer(text, opening.end(), closing.start()):
        value = next((group for group in fact.groups()[1:] if group), "")
        said.setdefault(fact[1], re.sub(r"\\(.)", r"\1", value).strip())
    return said, text[closing.end() + 1 :]


def _first_heading(text: str) -> str:
    return next(
        (b.title for b in scan(text, "markdown") if b.kind == "heading" and b.level == 1 and b.title), ""
    )
