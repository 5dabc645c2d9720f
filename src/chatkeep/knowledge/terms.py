"""The words of a text as BM25 counts them, whichever index keeps them.

Above: every `VectorIndex`. Below: Snowball's stemmers and the stop words of `language`. A word is folded
in case, dropped when it says nothing in its language, and stemmed; what is written without spaces is
counted in pairs of letters. An identifier is found whole and by its parts: `max_tokens` and `maxTokens`
are the same word, made of two others. A term is a 32-bit number, stable across processes and machines,
which is what sparse vectors are indexed by.
"""

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import Stemmer

from chatkeep.knowledge.language import script_language, stop_words

TERMS_VERSION = 1
"""Raise it when the same text gives other terms: what is stored must then be weighed again."""

_K, _B = 1.2, 0.75
_DEFAULT = "en"  # what a text of no known language is counted as
_READING_WEIGHT = 0.5  # measured: a match of a whole and of its parts is one match, seen twice
_LONGEST = 64  # code points of a word that count: longer ones are data, not words

_STEMMERS = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
_CYRILLIC = frozenset({"ru", "uk", "bg", "sr"})
_ARABIC = frozenset({"ar", "fa"})
_OTHER_SCRIPTS = frozenset({"el", "hy", "he", "hi", "ta", "th", "ja", "ko", "zh"}) | _CYRILLIC | _ARABIC

# Marks that belong to a word though `\w` leaves them out: accents, Hebrew and Arabic points, Indic vowels.
_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0980-\u0dff"
)
_WORD = re.compile(rf"[\w{_MARKS}]+(?:\.[\w{_MARKS}]+)*")
_PLAIN = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z][a-z])|(?<=[A-Z]{2})(?=[A-Z][a-z]{2})")
_CONTRACTED = re.compile(r"(?<=\w)(?:n['’]t|['’](?:s|t|d|m|ll|re|ve))(?!\w)", re.IGNORECASE)
_UNSPACED = re.compile(
    "[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ede\u1000-\u109f\u1780-\u17d3"  # Thai, Lao, Burmese, Khmer
    "\u1100-\u11ff\uac00-\ud7a3"  # Hangul: particles cling to its words
    "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3005"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)

_ours = threading.local()  # a stemmer is not safe in two threads at once


@dataclass(frozen=True, slots=True)
class Terms:
    """A text's terms, each once, and how often each occurs.

    Attributes:
        length: how many words there are. An identifier is as many as it is without its other readings.
    """

    indices: list[int]
    counts: list[int]
    length: int

    def weights(self, average: float) -> list[float]:
        """BM25's half of the document, for each term: tf (k + 1) / (tf + k (1 - b + b length / average)).

        The other half, how rare the term is, is the index's when it searches.

        Args:
            average: mean length of all chunks of the index.
        """
        damping = _K * (1 - _B + _B * self.length / average)
        return [count * (_K + 1) / (count + damping) for count in self.counts]


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """What is looked for, each term once, and how much a match of it counts."""

    indices: list[int]
    weights: list[float]


def terms(text: str, language: str = "") -> Terms:
    """What a text is indexed by.

    Args:
        language: as `Document.language`; empty: English.
    """
    words, runs = _split(text)
    language = language or _DEFAULT
    numbers: list[int] = []
    others: list[int] = []
    for word in words:
        itself, readings = _numbers(word, language)
        numbers += itself
        others += readings
    for run in runs:
        numbers += map(_number, _pairs(run))
        if len(run) > 1:  # so that a question of one letter finds it, too
            others += map(_number, filter("\u3400".__le__, run))
    counted = Counter(numbers)
    for reading in others:  # that it is there, not how often
        counted.setdefault(reading, 1)
    return Terms(list(counted), list(counted.values()), len(numbers))


def query_terms(text: str, languages: Collection[str]) -> QueryTerms:
    """What is looked for in an index that holds documents in these languages.

    A question is too short to tell its language for certain, so its words are stemmed in each of them; a
    stem that no document has costs nothing. Which words say nothing is decided by the language that has
    most of them, for what is empty in one language may be the subject in another.
    """
    words, runs = _split(text)
    present = sorted({language or _DEFAULT for language in languages}) or [_DEFAULT]
    stops = _stops_of_question(words, present)
    numbers: dict[int, float] = {}
    for word in words:
        if word.casefold() in stops:
            continue
        for language in present:
            itself, readings = _numbers(word, language)
            numbers.update(dict.fromkeys(itself, 1.0))
            for reading in readings:
                numbers.setdefault(reading, _READING_WEIGHT)
    for run in runs:
        numbers.update(dict.fromkeys(map(_number, _pairs(run)), 1.0))
    return QueryTerms(list(numbers), list(numbers.values()))


def _stops_of_question(words: Collection[str], languages: Collection[str]) -> frozenset[str]:
    """The stop words of the language, or of those languages, that most of the question's words are of."""
    if len(languages) == 1:
        return frozenset()  # its own analysis drops them
    folded = [word.casefold() for word in words]
    having = {language: stop_words().get(language, frozenset()) for language in languages}
    hits = {language: sum(word in stops for word in folded) for language, stops in having.items()}
    most = max(hits.values())
    return frozenset().union(*(having[language] for language in languages if most and hits[language] == most))


def _split(text: str) -> tuple[list[str], list[str]]:
    """The words of a text, as they are written, and the runs of letters that know no spaces."""
    runs: list[str] = []
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        runs = _UNSPACED.findall(text)
        if runs:
            text = _UNSPACED.sub(" ", text)
    if "'" in text or "’" in text:
        text = _CONTRACTED.sub("", text)
    return _WORD.findall(text), runs


def _pairs(run: str) -> Iterator[str]:
    if len(run) == 1:
        return iter(run)
    return (run[place : place + 2] for place in range(len(run) - 1))


@lru_cache(maxsize=1 << 16)
def _numbers(word: str, language: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The terms of one word as it is written; and, if it is an identifier, those of its other readings.

    By itself `max_tokens` is two words and `maxTokens` one. The other readings are the whole of the first,
    which is the same term as the second, and the parts of the second.
    """
    word = word[:_LONGEST]
    if _PLAIN.fullmatch(word) and not _CAMEL.search(word):
        return _term(word, language), ()
    names: list[str] = []
    readings: list[str] = []
    dotted = word.split(".")
    if len(dotted) > 1 and max(map(len, dotted)) > 1:
        readings.append(word)
    for name in dotted:
        pieces = [piece for piece in name.split("_") if piece]
        names += pieces
        if len(pieces) > 1:
            readings.append("".join(pieces))
        for piece in pieces:
            if len(parts := _CAMEL.split(piece)) > 1:
                readings += parts
    return _terms(names, language), _terms(readings, language)


def _terms(words: Iterable[str], language: str) -> tuple[int, ...]:
    return tuple(number for word in words for number in _term(word, language))


def _term(word: str, language: str) -> tuple[int, ...]:
    word = word.casefold()
    language = _reading(word, language)
    if word in stop_words().get(language, ()):
        return ()
    if language in _STEMMERS:
        word = _stemmer(language).stemWord(word)
    return (_number(_without_accents(word)),)


def _reading(word: str, language: str) -> str:
    """The language to read one word in: a quotation in another script is not the document's language."""
    script = script_language(word[0])
    if not script:
        return _DEFAULT if language in _OTHER_SCRIPTS else language
    if (
        script == language
        or (script == "ru" and language in _CYRILLIC)
        or (script == "ar" and language == "fa")
    ):
        return language
    return script


def _stemmer(language: str) -> Stemmer.Stemmer:
    stemmers: dict[str, Stemmer.Stemmer] = _ours.__dict__.setdefault("stemmers", {})
    if language not in stemmers:
        stemmers[language] = Stemmer.Stemmer(_STEMMERS[language], 0)  # what it gives is remembered above
    return stemmers[language]


def _without_accents(word: str) -> str:
    """People leave accents out when they ask. In scripts where a mark is a vowel, it stays."""
    if word.isascii() or word[0] > "\u052f":
        return word
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def _number(term: str) -> int:
    return crc32(term.encode())
