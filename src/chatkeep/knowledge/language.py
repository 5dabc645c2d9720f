"""Which language a text is written in, as far as that changes how its words are counted.

Above: ingesting, which keeps the answer as `Document.language`. The script decides where it can; where
several languages share one, the little words that hold sentences together do. Nothing is loaded but those
words (40 KB), and no more of a text is read than shows it.
"""

import re
import unicodedata
from collections import Counter
from functools import cache
from importlib.resources import files

_ENOUGH = 20_000  # code points
_FEWEST_WORDS = 3
_LEAST_SHARE = 0.06  # of all words: prose has a quarter to a half, lists of names and numbers next to none

_WORD = re.compile(r"[^\W\d_]+")

SCRIPTS: tuple[tuple[str, str, str], ...] = (
    ("\u0370", "\u03ff", "el"),
    ("\u1f00", "\u1fff", "el"),
    ("\u0400", "\u052f", "ru"),
    ("\u0530", "\u058f", "hy"),
    ("\u0590", "\u05ff", "he"),
    ("\u0600", "\u06ff", "ar"),
    ("\u0900", "\u097f", "hi"),
    ("\u0b80", "\u0bff", "ta"),
    ("\u0e00", "\u0e7f", "th"),
    ("\u3040", "\u30ff", "ja"),
    ("\uac00", "\ud7a3", "ko"),
    ("\u3400", "\u9fff", "zh"),
)
"""First and last letter of a script, and the language that writes it most. Latin is the rest."""

_CYRILLIC = frozenset({"ru", "uk", "bg", "sr"})
_BY_SCRIPT = frozenset({"el", "hy", "he", "ar", "fa", "hi", "ta", "th", "ja", "ko", "zh"}) | _CYRILLIC
_TELLING_LETTERS = {"sr": "ђћљњџј", "uk": "іїєґ", "fa": "پچژگ"}


@cache
def stop_words() -> dict[str, frozenset[str]]:
    """Language -> the words that say nothing, in lower case."""
    text = files("chatkeep.knowledge").joinpath("stop_words.txt").read_text(encoding="utf-8")
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {language: frozenset(words) for language, *words in lines}


def script_language(letter: str) -> str:
    """The language that writes this letter's script most; empty for Latin and all that is not listed."""
    if letter < SCRIPTS[0][0]:
        return ""
    return next((language for first, last, language in SCRIPTS if first <= letter <= last), "")


def detect_language(text: str) -> str:
    """ISO 639-1, such as `de`; empty where the text does not tell."""
    text = unicodedata.normalize("NFC", text[:_ENOUGH]).casefold()
    letters: Counter[str] = Counter()
    for letter, count in Counter(text).items():
        if letter.isalpha():
            letters[script_language(letter)] += count
    if not letters:
        return ""
    if letters["ja"] * 10 > letters["ja"] + letters["zh"]:
        return _dominant(letters, "ja", letters["ja"] + letters["zh"])
    script, count = letters.most_common(1)[0]
    if script == "":
        return _by_words(text, frozenset(stop_words()) - _BY_SCRIPT)
    return _dominant(letters, _told_by_letters(text, script), count)


def _dominant(letters: Counter[str], language: str, count: int) -> str:
    # A Chinese letter is a word, a Latin one a fifth of it.
    return language if count * 3 > letters.total() else ""


def _told_by_letters(text: str, script: str) -> str:
    """The language, for those that share a script with one that more people write."""
    if script == "ar":
        return "fa" if _share(text, _TELLING_LETTERS["fa"]) > 0.01 else "ar"
    if script != "ru":
        return script
    for language in ("sr", "uk"):
        if _share(text, _TELLING_LETTERS[language]) > 0.01:
            return language
    return _by_words(text, frozenset({"ru", "bg"})) or "ru"


def _share(text: str, letters: str) -> float:
    return sum(text.count(letter) for letter in letters) / len(text)


def _by_words(text: str, among: frozenset[str]) -> str:
    """The language whose stop words are most of the words; one that several share counts for each in part."""
    words = Counter(_WORD.findall(text))
    scores: dict[str, float] = dict.fromkeys(among, 0.0)
    hits: Counter[str] = Counter()
    lists = {language: stop_words()[language] for language in among if language in stop_words()}
    for word, count in words.items():
        having = [language for language, stops in lists.items() if word in stops]
        for language in having:
            scores[language] += count / len(having)
            hits[language] += count
    best = max(scores, key=lambda language: (scores[language], language == "en"))
    enough = hits[best] >= _FEWEST_WORDS and hits[best] >= _LEAST_SHARE * words.total()
    return best if enough else ""
