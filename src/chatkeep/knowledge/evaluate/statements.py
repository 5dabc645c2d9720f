"""The statements of an answer, what each of them cites, and whether that says so. Pure.

`supported` is lexical: it finds numbers and words that no cited passage has. A statement that turns its
passage's words round passes; only a judge sees that.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chatkeep.knowledge.documents import Passage

_LEAST_WORDS = 3
_ENOUGH = 0.6
"""Share of a statement's words that its passages must have. Quoted sentences have all, and what a model says
in its own words most, beside a few that join them."""

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,}).*?(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_PARAGRAPH = re.compile(r"\n[ \t]*\n|\n(?=[ \t]*(?:[-*+]|\d{1,3}[.)]|\|)[ \t])")
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])[\"”’)\]*_]*\s+(?=\S)|(?<=[。！？])")
_HEADING = re.compile(r"^ {0,3}#{1,6} ")
_WORD = re.compile(r"[^\W_]+")
_COMMON_WORDS = """
a about above also an and any are as at be been but by can could do does for from had has have how if in into
is it its more not of on one only or other our should so such than that the their them then there these they
this those to was we were what when where which while who will with would you your
der die das den dem des ein eine einer eines einem einen und oder nicht ist sind war mit von zu auf für im am
le la les un une et ou est sont dans pour par sur avec que qui el los las una y o es son en con por para del
"""
_COMMON = frozenset(_COMMON_WORDS.split())

_DOCUMENTS = r"(?:passages?|documents?|documentation|sources?|texts?|context|collection|files?|excerpts?)"
_DENIED = r"(?:no(?! longer)|not|nothing|none|neither|without)"
_WITHIN = r"[^.!?\n]{0,60}?"
_REFUSAL = re.compile(
    r"\b(?:I|we) (?:have )?(?:found|find|see|have|know) (?:no|nothing)\b"
    r"|\b(?:could|can|was|were|am|is)(?: ?not|n['’]t| unable to) (?:be )?(?:find|found|answer|determine|able)"
    rf"|\b{_DOCUMENTS}\b{_WITHIN}(?:\b{_DENIED}\b|n['’]t\b)"
    rf"|\b{_DENIED}\b{_WITHIN}\b(?:in|of|by|from) (?:the|your|these|those|any)\b{_WITHIN}\b{_DOCUMENTS}\b"
    r"|\b(?:no|not enough|insufficient) (?:information|answer|details?|evidence)\b"
    rf"|\b(?:Dokument|Passage|Abschnitt|Quelle|Unterlage|Text)\w*\b{_WITHIN}\b(?:nicht|nichts|kein\w*)\b"
    rf"|\b(?:passages?|documents?|sources?|extraits?)\b{_WITHIN}\b(?:ne|n['’]\w*|aucun\w*)\b"
    rf"|\b(?:pasajes?|documentos?|fuentes?|fragmentos?)\b{_WITHIN}\b(?:no|ningun\w*|nada)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CitedPassage:
    """A citation: of `passage`, right after the first `index` characters of the answer."""

    index: int
    passage: Passage


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence or item of an answer and the passages cited for it."""

    text: str
    passages: tuple[Passage, ...]


def claims(answer: str, citations: Sequence[CitedPassage]) -> list[Claim]:
    """What `answer` claims. Code, headings and what has fewer than three words claim nothing.

    A citation is for the sentence it stands in or after, and for those before it in the same paragraph
    that have none of their own. Sentences after a paragraph's last citation have none.
    """
    found: list[Claim] = []
    for start, end in _paragraphs(answer):
        waiting: list[str] = []
        at = start
        for stop in _sentence_ends(answer, start, end):
            text = answer[at:stop].strip()
            # A citation at a sentence's very end belongs to it, also after the blank that follows.
            cited = {
                each.passage.id: each.passage
                for each in citations
                if at < each.index <= stop or each.index == start == at
            }
            at = stop
            if text and len(_WORD.findall(text)) >= _LEAST_WORDS:
                waiting.append(text)
            if cited:
                found.extend(Claim(each, tuple(cited.values())) for each in waiting)
                waiting = []
        found.extend(Claim(each, ()) for each in waiting)
    return found


def supported(claim: Claim) -> bool:
    """Whether the passages cited have the claim's numbers, and most of its words."""
    if not claim.passages:
        return False
    words = [word for word in _words(claim.text) if word not in _COMMON]
    there = set(
        _words(" ".join(" ".join((each.title, *each.headings, each.text)) for each in claim.passages))
    )
    if any(word.isdigit() and word not in there for word in words):
        return False
    stems = {_stem(word) for word in there}
    return not words or sum(_stem(word) in stems for word in words) >= _ENOUGH * len(words)


def is_refusal(answer: str) -> bool:
    """Whether the answer begins by saying that the documents do not say."""
    beginning = " ".join(_SENTENCE_END.split(answer.strip())[:2])
    return _REFUSAL.search(beginning) is not None


def _paragraphs(answer: str) -> Iterator[tuple[int, int]]:
    """Extents of the answer's prose, each item of a list by itself."""
    prose = _FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), answer)
    start = 0
    for match in _PARAGRAPH.finditer(prose):
        yield from _unless_heading(prose, start, match.start())
        start = match.end()
    yield from _unless_heading(prose, start, len(prose))


def _unless_heading(prose: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    if prose[start:end].strip() and not _HEADING.match(prose[start:end]):
        yield start, end


def _sentence_ends(answer: str, start: int, end: int) -> Iterator[int]:
    for match in _SENTENCE_END.finditer(answer, start, end):
        yield match.end()
    yield end


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _stem(word: str) -> str:
    """The first letters: inflections at the end do not count."""
    return word if word.isdigit() or len(word) <= 5 else word[: max(5, len(word) - 3)]
