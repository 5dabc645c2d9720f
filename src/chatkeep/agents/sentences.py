"""A passage, taken apart into the sentences an answer may be made of. Pure.

Knows Markdown: prose, list items and the rows of tables (that is where settings are described) make
sentences; headings, code, images and the debris of navigation do not. A code block or list that a
sentence introduces stays with that sentence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from chatkeep.agents.passages import PromptPassage

# A block longer than this is reference material, not part of an answer of a few sentences.
_LONGEST_BLOCK_LINES = 15
_LONGEST_SENTENCE = 420  # characters; longer "sentences" are lists of names or broken layout

# Fewer words than this is a label or a link of a menu; an item of a list, or what ends as a sentence
# does, may be shorter.
_FEWEST_WORDS = 6
_FEWEST_ITEM_WORDS = 3


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as it would be quoted.

    Attributes:
        passage: the number its citation bears.
        position: its place in the passage.
        text: Markdown, without links and images.
        item: it is an item of a list.
        block: the code block or list that follows directly, as Markdown; "" if none.
        context: the passage's title and section, which say what the sentence is about.
    """

    passage: int
    position: int
    text: str
    item: bool = False
    block: str = ""
    context: str = ""


def sentences(passage: PromptPassage) -> list[Sentence]:
    """The quotable sentences of `passage`, in order."""
    context = " ".join(part for part in (passage.title, passage.section) if part)
    return [
        Sentence(passage.number, position, text, item, block, context)
        for position, (text, item, block) in enumerate(_pieces(passage))
    ]


def _pieces(passage: PromptPassage) -> Iterator[tuple[str, bool, str]]:
    text = _without_cut_code(passage.text)
    lines = text.splitlines()
    tokens = _markdown().parse(text)
    heading = passage.section.rsplit(" › ", 1)[-1]
    fresh = True  # nothing has been said yet under this heading
    for n, token in enumerate(tokens):
        if token.type == "fence" and fresh and heading and (block := _block(token, lines)):
            yield f"{heading.rstrip(':.')}:", False, block
        if token.type != "inline":
            continue
        kind = tokens[n - 1].type
        if kind == "td_open" and tokens[n - 2].type == "tr_open" and (row := _row(tokens, n)):
            yield row, True, ""
        if kind == "heading_open":
            heading, fresh = clean(token.content), True
            for text in _ends(heading):
                if _is_said(text):
                    yield text, False, ""
        elif kind == "paragraph_open" and token.level > 1 and _ENTRY.fullmatch(token.content):
            continue
        elif kind == "paragraph_open":
            item = token.level > 1
            block = _following(tokens, n + 2, lines)
            texts = _split(token.content, item, leads=bool(block))
            for last, text in _marked_last(texts):
                # A list belongs to the sentence that announces it; code to whatever stands before it.
                goes_with = last and (text.endswith(":") or block.startswith(("```", "~~~")))
                yield text, item, block if goes_with else ""
            fresh = fresh and not texts


def _row(tokens: list[Token], at: int) -> str:
    """The row whose first cell is at `at`: "first: second · third"."""
    cells = []
    for token in tokens[at:]:
        if token.type == "tr_close":
            break
        if token.type == "inline" and (text := clean(token.content)):
            cells.append(text)
    row = f"{cells[0]}: {' · '.join(cells[1:])}" if len(cells) > 1 else ""
    return row if _quotable(row, item=True) else ""


def _following(tokens: list[Token], at: int, lines: list[str]) -> str:
    """The block that starts at `at`, if one does: a code block, or a short list."""
    if at < len(tokens) and tokens[at].type in ("fence", "bullet_list_open", "ordered_list_open"):
        return _block(tokens[at], lines)
    return ""


def _block(token: Token, lines: list[str]) -> str:
    if token.map is None:
        return ""
    start, end = token.map
    taken = lines[start:end]
    while taken and not taken[-1].strip():
        taken.pop()
    if token.type == "fence":
        closed = len(taken) > 2 and taken[-1].strip().startswith(token.markup)
        drawn = any(_DRAWING.search(line) for line in taken)  # a picture, not something to type
        if drawn or not closed or len(taken) > _LONGEST_BLOCK_LINES + 2:
            return ""
    elif len(taken) > _LONGEST_BLOCK_LINES:
        return ""
    indent = min((len(line) - len(line.lstrip()) for line in taken if line.strip()), default=0)
    text = "\n".join(line[indent:].rstrip() for line in taken)
    return text if token.type == "fence" else clean(text, keep_lines=True)


def _split(content: str, item: bool, *, leads: bool) -> list[str]:
    """The sentences of one paragraph that are worth quoting. `leads`: a block follows it.

    A few words that lead up to a block ("Then run:") join the sentence before them; words that lead
    up to something that is not here are left out.
    """
    texts = _ends(clean(content))
    found: list[str] = []
    for last, text in _marked_last(texts):
        lead = last and leads and text.endswith(":")
        if lead and found and not _quotable(text, item):
            found[-1] += " " + text
        elif lead or (_quotable(text, item) and not text.endswith(":")):
            found.append(text)
    return found


def _is_said(heading: str) -> bool:
    """Some warnings are set as headings: whole sentences, not names or questions."""
    return heading.endswith((".", "!")) and _quotable(heading, item=False) and not _is_menu(heading)


def _quotable(text: str, item: bool) -> bool:
    if _DRAWING.search(text) or _is_code(text):
        return False
    ended = text.rstrip("*_)”\"'`").endswith((".", "!", "?", ":", "。", "！", "？"))
    if not ended and not item and _is_menu(text):
        return False
    fewest = _FEWEST_ITEM_WORDS if item or ended else _FEWEST_WORDS
    return len(text.split()) + _unspaced(text) // 2 >= fewest and len(text) <= _LONGEST_SENTENCE


_DRAWING = re.compile(r"[\u2500-\u257f]")  # lines of trees and boxes, from code cut in two


# An entry of a table of contents.
_ENTRY = re.compile(r"\s*\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(#[^()\s]*\)\s*")

_CODE_MARKS = re.compile(r"[{}();=<>|&\\]|::")
_MAX_CODE_MARKS = 0.06  # of the characters; prose about code stays below half of it


def _is_code(text: str) -> bool:
    """Lines of a code block whose start was in the passage before: they look like a paragraph here."""
    prose = _CODE.sub("", text)
    return len(_CODE_MARKS.findall(prose)) > max(3, _MAX_CODE_MARKS * len(prose))


_FENCE = re.compile(r"^[ \t>]*(?:`{3,}|~{3,})[ \t]*(.*)$", re.MULTILINE)


def _without_cut_code(text: str) -> str:
    """A passage may begin inside a code block; its end would then be read as the beginning of one."""
    fences = list(_FENCE.finditer(text))
    if len(fences) % 2 and not fences[0][1] and _is_code(text[: fences[0].start()]):
        return text[fences[0].end() :]
    return text


def _is_menu(text: str) -> bool:
    """Mostly capitalised words and no end: the entries of a menu, run together."""
    words = text.split()
    return 2 * sum(word[:1].isupper() for word in words) > len(words)


_CODE = re.compile(r"(`+)(?:.+?)\1", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\])")
_TAG = re.compile(
    r"</?(?:a|abbr|b|br|center|code|del|details|div|em|font|h[1-6]|hr|i|img|ins|kbd|li|mark|ol|p|picture|pre|q|s"
    r"|small|source|span|strong|sub|summary|sup|t[dhr]|table|tbody|thead|tt|u|ul|video)(?:\s[^<>]*)?/?>|<!--.*?-->",
    re.DOTALL | re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"</?[A-Za-z][^<>\n]{0,80}>")  # `<name>` that is meant, not markup
_REFERENCE = re.compile(r"\s?\[\^?\d+(?:\s*[,–-]\s*\d+)*\]")  # would read as a citation of ours


def clean(text: str, *, keep_lines: bool = False) -> str:
    """Markdown without images, tags, numbered references and the addresses of links; code untouched."""
    result, at = [], 0
    for code in _CODE.finditer(text):
        result += [_cleaned(text[at : code.start()]), code[0]]
        at = code.end()
    joined = "".join([*result, _cleaned(text[at:])])
    return joined.strip() if keep_lines else " ".join(joined.split())


def _cleaned(text: str) -> str:
    text = _LINK.sub(r"\1", _IMAGE.sub("", text))
    return _PLACEHOLDER.sub(r"`\g<0>`", _REFERENCE.sub("", _TAG.sub("", text)))


_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|ca|approx|resp|Fig|Figs|Eq|No|Nos|Dr|Mr|Mrs|Ms|Prof|St|al|z\.B|d\.h|bzw)"
    r"|\b[A-Z])\.$"
)
_END = re.compile(r"[.!?]+[\"'”’)\]*_]*(\s+)|[。！？](\s*)")


def _ends(text: str) -> list[str]:
    """`text` cut after each end of a sentence; never within code, nor after an abbreviation."""
    shielded = _CODE.sub(lambda code: "x" * len(code[0]), text)
    cuts = [0]
    for end in _END.finditer(shielded):
        before, after = shielded[cuts[-1] : end.end()].rstrip(), shielded[end.end() : end.end() + 1]
        if after and not after.islower() and not _ABBREVIATION.search(before):
            cuts.append(end.end())
    return [text[a:b].strip() for a, b in zip(cuts, [*cuts[1:], len(text)], strict=True) if text[a:b].strip()]


def _unspaced(text: str) -> int:
    """Characters of scripts that do not put blanks between words."""
    if text.isascii():
        return 0
    return sum("\u3040" <= c <= "\u9fff" or "\u0e00" <= c <= "\u0e7f" for c in text)


def _marked_last(texts: list[str]) -> Iterator[tuple[bool, str]]:
    for n, text in enumerate(texts, 1):
        yield n == len(texts), text


@cache
def _markdown() -> MarkdownIt:
    """Made once, when first needed: building the rules takes longer than parsing a passage."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").disable("inline")
