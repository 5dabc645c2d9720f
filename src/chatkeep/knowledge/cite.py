"""Which words of a passage a citation rests on, and which sentences of an answer no cited passage supports.

Above: `chat.translate` asks when a message is complete. Below: `spans` cuts into sentences, `words` compares
them; an embedder, where there is one, is asked once an answer, about what words alone do not decide.

A sentence of the answer is weighed by the share of its words, rare ones more, that the best one to three
neighbouring sentences of a cited passage hold, and by the share that the whole passage holds. A number that
stands in no cited passage decides by itself, and so does a "not" that nearly the same sentence lacks.

The constants come from 3,100 sentences with passages that do and do not say them: reference answers to 100
questions on a product's documentation, titles and sentences of abstracts, each against its own passage,
against the nearest other one, and with a number changed or a "not" put in. `benchmarks/citations` makes them
again.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import anyio.to_thread

from chatkeep.knowledge.blocks import BlockKind, prose
from chatkeep.knowledge.protocols import TextEmbedder
from chatkeep.knowledge.spans import Sentence, sentences
from chatkeep.knowledge.words import rarity, stem, terms

# Where words alone decide, and the share of the whole below which nothing supports a sentence. Between the
# two, meaning has a say if there is time to ask for it: 0.71 of the wrong citations were found with it and
# 0.63 without, each with 4 of 100 right ones doubted.
_CLEARLY = 0.6
_ENOUGH = 0.38
_HARDLY = 0.2
_MEANING = 0.4
_ENOUGH_WITH_MEANING = 0.46

# Two sentences that differ by a "not" contradict each other if they say the same otherwise: the passage has
# the first share of the answer's words, and the answer the second of the passage's.
_SAME_SENTENCE = 0.85
_SAME_PASSAGE = 0.6
_WIDEST = 3  # neighbouring sentences that may support one together
_WIDER = 0.04  # what each further sentence must add
_FEWEST_TERMS = 3  # fewer say too little to be judged, unless they are cited
_FEWEST_UNCITED_TERMS = 4
_LEAST_OVERLAP = 0.15  # below it, no sentence of the passage is what the citation means
_SHARED_SMALL_WORDS = 0.4  # of two texts in one language
_MOST_ASKED = 3  # sentences an answer whose meaning is asked for: some 5 ms each, twice
_LONGEST_ANSWER = 20_000  # characters; a longer one would take more time than anybody waits
_QUOTE_LENGTH = 300

_NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"[.,](?=\d{3}(?:\D|$))")
_LIST_MARK = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+")
_NUMBER_WORDS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
)
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|nothing|neither|nor|cannot|without|unable|nicht|kein\w*|nie|pas|jamais|nunca)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]{2,}")
# "The passages do not say ...": what an answer says of the documents as a whole is not in any of them.
_OF_THE_DOCUMENTS = re.compile(
    r"\b(?:passages?|documents?|documentation|sources?|context|information)\b.*?\b(?:no|not|nothing|none|only)\b"
    r"|\b(?:no|not|nothing|none|cannot|only)\b.*?\b(?:passages?|documents?|documentation|sources?|context)\b"
    r"|n['’]t\b.*\b(?:passages?|documents?|documentation|sources?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]`, in code points."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A citation of the passage at place `passage`, after the first `index` code points of the answer."""

    index: int
    passage: int


@dataclass(frozen=True)
class Evidence:
    """A passage that an answer could cite.

    Attributes:
        names: its document's title and the headings it stands under, which say what it is about.
    """

    text: str
    names: str = ""

    @cached_property
    def sentences(self) -> list[tuple[Sentence, frozenset[str]]]:
        return [(one, _terms(self.text[one.start : one.end])) for one in sentences(self.text)]

    @cached_property
    def terms(self) -> frozenset[str]:
        return _terms(self.names).union(*(held for _, held in self.sentences))

    @cached_property
    def numbers(self) -> frozenset[str]:
        named = (str(n) for n, word in enumerate(_NUMBER_WORDS) if stem(word) in self.terms)
        return _numbers(f"{self.names} {self.text}").union(named)


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of an answer's citations.

    Attributes:
        spans: for each citation the words of its passage that it rests on; None where none stand out.
        unsupported: the sentences of the answer that no cited passage supports.
        statements: how many sentences were judged. None are when nothing is cited, when the answer is longer
            than 20,000 characters, or when it and the passages are in two languages.
        by_words: there was no time for a say of meaning, or no embedder.
    """

    spans: tuple[Span | None, ...]
    unsupported: tuple[Span, ...] = ()
    statements: int = 0
    by_words: bool = True


@dataclass(frozen=True, slots=True)
class _Match:
    """How well a sentence agrees with a passage: `span` is the best place in it, `held` the terms there."""

    span: Span
    held: frozenset[str]
    covered: float
    score: float
    contradicts: bool


@dataclass(slots=True)
class _Statement:
    """What a sentence of the answer says up to a citation, or as a whole.

    Attributes:
        cited: the citations behind it, by their places in the answer's list.
        score: how well all passages that it may rest on agree with it together.
    """

    span: Span
    kind: BlockKind
    text: str
    terms: frozenset[str]
    weights: dict[str, float] = field(default_factory=dict)
    cited: list[int] = field(default_factory=list)
    matches: dict[int, _Match] = field(default_factory=dict)
    score: float = 0.0
    supported: bool = True


class Checker:
    """Checks answers against what they cite.

    Args:
        embedder: asked about sentences that words do not decide; None: words have the last say.
        patience: seconds the embedder may take; then words decide.
    """

    _GIVES_UP = 3

    def __init__(self, embedder: TextEmbedder | None = None, patience: float = 0.03) -> None:
        self._embedder = embedder
        self._patience = patience
        self._too_slow = 0  # times in a row: an embedder behind a network always is

    async def check(self, text: str, placed: Sequence[Placed], evidence: Sequence[Evidence]) -> Checked:
        """The spans and doubts of one answer, `text` without markers, that could cite `evidence`."""
        if not placed or len(text) > _LONGEST_ANSWER:
            return Checked(spans=(None,) * len(placed))
        # In a thread: some milliseconds in which other answers go on.
        answer = await anyio.to_thread.run_sync(_Answer, text, placed, evidence)
        undecided = await anyio.to_thread.run_sync(answer.judge_by_words)
        by_words = not (undecided and await self._ask(answer, undecided))
        return answer.checked(by_words and bool(undecided))

    async def _ask(self, answer: "_Answer", undecided: Sequence[_Statement]) -> bool:
        if self._embedder is None or self._too_slow >= self._GIVES_UP:
            return False
        asked = sorted(undecided, key=lambda one: abs(one.score - _ENOUGH))[:_MOST_ASKED]
        texts = [words for one in asked for words in (one.text, answer.best_words(one))]
        try:
            async with asyncio.timeout(self._patience):
                vectors = await self._embedder.embed(texts)
        except TimeoutError:
            self._too_slow += 1
            return False
        self._too_slow = 0
        for one, said, meant in zip(asked, vectors[::2], vectors[1::2], strict=True):
            weight = (1 - _MEANING) * one.score + _MEANING * float(said @ meant)
            one.supported = weight >= _ENOUGH_WITH_MEANING
        return True


class _Answer:
    """One answer while it is checked."""

    def __init__(self, text: str, placed: Sequence[Placed], evidence: Sequence[Evidence]) -> None:
        self._text = text
        self._placed = placed
        self._evidence = evidence
        self._all_cited = sorted({one.passage for one in placed})
        self._rarities = rarity([held for one in evidence for _, held in one.sentences])
        self._statements = [
            _Statement(span, one.kind, said, _terms(_LIST_MARK.sub("", said, count=1)))
            for one in sentences(text)
            for span in self._clauses(one)
            if (said := text[span.start : span.end].strip())
        ]
        for number, one in enumerate(placed):
            if (at := self._statement_at(one.index)) is not None:
                at.cited.append(number)
        self._judged: list[_Statement] = []

    def judge_by_words(self) -> list[_Statement]:
        """Decide what words decide. Returns the statements that they leave open, already put to one side."""
        for statement in self._statements:
            for passage in {self._placed[number].passage for number in statement.cited} or self._all_cited:
                statement.matches[passage] = self._match(statement, passage)
        if not _same_language(self._text, self._evidence):
            return []
        self._judged = [one for one in self._statements if self._is_claim(one)]
        undecided = []
        for statement in self._judged:
            best = self.best(statement)
            statement.score = self._score(statement, best)
            known = frozenset().union(*(self._evidence[number].numbers for number in statement.matches))
            numbers = _numbers(_LIST_MARK.sub("", statement.text, count=1))
            if best.contradicts or numbers - known:
                statement.supported = False
            else:
                statement.supported = statement.score >= _ENOUGH
                if _HARDLY <= statement.score < _CLEARLY:
                    undecided.append(statement)
        return undecided

    def best(self, statement: _Statement) -> _Match:
        return max(statement.matches.values(), key=lambda match: (not match.contradicts, match.score))

    def best_words(self, statement: _Statement) -> str:
        best = self.best(statement)
        (passage,) = [number for number, match in statement.matches.items() if match is best][:1]
        return self._evidence[passage].text[best.span.start : best.span.end]

    def checked(self, by_words: bool) -> Checked:
        spans: list[Span | None] = [None] * len(self._placed)
        for statement in self._statements:
            for number in statement.cited:
                match = statement.matches[self._placed[number].passage]
                spans[number] = match.span if match.covered >= _LEAST_OVERLAP else None
        unsupported = tuple(one.span for one in self._judged if not one.supported)
        return Checked(tuple(spans), unsupported, len(self._judged), by_words)

    def _statement_at(self, index: int) -> _Statement | None:
        """The sentence a marker at `index` stands in or behind; at a line's start, the one it precedes."""
        before = [one for one in self._statements if one.span.start < index]
        following = self._statements[len(before) :][:1]
        if following and following[0].span.start == index and self._text[index - 1 : index] in ("", "\n"):
            return following[0]
        return before[-1] if before else next(iter(following), None)

    def _is_claim(self, statement: _Statement) -> bool:
        said = statement.text.rstrip("*_`)”\"' ")
        if statement.kind in ("heading", "code"):
            return False
        if statement.cited:
            return len(statement.terms) >= _FEWEST_TERMS
        says_little = len(statement.terms) < _FEWEST_UNCITED_TERMS or said.endswith(("?", ":"))
        return not says_little and not _OF_THE_DOCUMENTS.search(said)

    def _clauses(self, sentence: Sentence) -> Iterator[Span]:
        """The sentence cut at the citations in it: each is for what stands before it, the last for all."""
        start = sentence.start
        inside = sorted({one.index for one in self._placed if sentence.start < one.index < sentence.end})
        for at, following in pairwise([*inside, sentence.end]):
            if following < sentence.end or _terms(self._text[at:following]):
                yield Span(start, at)
                start = at
        yield Span(start, sentence.end)

    def _match(self, statement: _Statement, passage: int) -> _Match:
        evidence = self._evidence[passage]
        best, span, held = 0.0, Span(0, len(evidence.text)), evidence.terms
        for first, (opening, _) in enumerate(evidence.sentences):
            here: frozenset[str] = frozenset()
            for wider, (closing, more) in enumerate(evidence.sentences[first : first + _WIDEST]):
                if closing.kind == "heading":
                    break
                here |= more
                value = self._covered(statement, here) - wider * _WIDER
                if value > best + 1e-9:
                    best, span, held = value, Span(opening.start, closing.end), here
        negated = _negated(statement.text) != _negated(evidence.text[span.start : span.end])
        score = (best + self._covered(statement, evidence.terms)) / 2
        shared = len(statement.terms & held)
        alike = best >= _SAME_SENTENCE and shared >= _SAME_PASSAGE * len(held)
        return _Match(span, held, best, score, contradicts=negated and alike)

    def _score(self, statement: _Statement, best: _Match) -> float:
        """By the best passage, or by all together: a sentence may draw on several."""
        if len(statement.matches) == 1:
            return best.score
        held = frozenset[str]().union(*(match.held for match in statement.matches.values()))
        whole = frozenset[str]().union(*(self._evidence[number].terms for number in statement.matches))
        return max(best.score, (self._covered(statement, held) + self._covered(statement, whole)) / 2)

    def _covered(self, statement: _Statement, held: frozenset[str]) -> float:
        """The share of the statement's weight that `held` has; what is in no passage weighs the most."""
        weights = statement.weights
        if not weights:
            unseen = max(self._rarities.values(), default=1.0)
            weights.update((term, self._rarities.get(term, unseen)) for term in statement.terms)
        total = sum(weights.values())
        return sum(weights[term] for term in statement.terms & held) / total if total else 0.0


def quote(text: str, span: Span | None) -> str:
    """The words of `text` at `span` as people read them, on one line and cut to a card's length."""
    words = text[span.start : span.end] if span else text
    line = prose(words) or " ".join(words.split())
    return line if len(line) <= _QUOTE_LENGTH else line[: _QUOTE_LENGTH - 1].rstrip() + "…"


def find_quote(quoted: str, text: str) -> Span | None:
    """Where `quoted`, as `quote` gave it, stands in `text` word for word; None if it does not any more."""
    words = re.findall(r"\w+", quoted)
    if len(words) < _FEWEST_TERMS:
        return None
    found = re.search(r"[\W_]+".join(map(re.escape, words)), text)
    if found is None:
        return None
    around = [one for one in sentences(text) if one.start < found.end() and found.start() < one.end]
    start = min([found.start(), *(one.start for one in around)])
    return Span(start, max([found.end(), *(one.end for one in around)]))


def _terms(text: str) -> frozenset[str]:
    """Stems; of scripts that put no blanks between words, pairs of characters."""
    return frozenset(terms(_UNSPACED.sub(lambda run: f" {_pairs(run[0])} ", text)))


def _pairs(run: str) -> str:
    return " ".join(run[n : n + 2] for n in range(len(run) - 1))


def _numbers(text: str) -> frozenset[str]:
    """The numbers in `text`, as comparable: `1,000` is `1000`, `2.50` is `2.5`."""
    return frozenset(_plain_number(match[0]) for match in _NUMBER.finditer(text))


def _plain_number(digits: str) -> str:
    whole = _THOUSANDS.sub("", digits).replace(",", ".")
    return whole.rstrip("0").rstrip(".") if whole.count(".") == 1 else whole


def _negated(text: str) -> bool:
    return len(_NEGATION.findall(text)) % 2 == 1


def _same_language(text: str, evidence: Sequence[Evidence]) -> bool:
    """Whether the two have their small words in common: an answer in another language cannot be judged so."""
    said = _small_words(text)
    held = frozenset().union(*(_small_words(one.text) for one in evidence))
    return len(said) < _FEWEST_TERMS or len(said & held) >= _SHARED_SMALL_WORDS * len(said)


def _small_words(text: str) -> frozenset[str]:
    return frozenset(
        word for word in map(str.lower, _WORD.findall(text)) if len(word) <= 3 and word.isascii()
    )
