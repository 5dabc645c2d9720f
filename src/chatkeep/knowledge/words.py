"""Words of a question and of sentences, made comparable, and what share of a question a text covers. Pure."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

# What carries no subject of its own in a question put to documents. English; in other languages
# frequency within the passages takes care of most of it.
_STOP_WORDS = """
a about above after again all also an and any are as at be because been before being below between both but
by can could did do does doing down during each few for from further get had has have having he her here
hers him his how i if in into is it its itself just know let like me more most my need no nor not now of off
on once only or other our out over own please same she should show so some such tell than that the their
them then there these they this those through to too under until up us use used using very want was way we
were what when where which while who whom why will with would you your explain describe mean many much vs
happen happens work works thing things whether must may might shall
"""
_STOP = frozenset(_STOP_WORDS.split())

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SUFFIXES = (
    "ization", "isation", "ations", "ation", "ingly", "ments", "ment", "ness", "ings", "ing",
    "ized", "ised", "izes", "ises", "ize", "ise", "ies", "ied", "ers", "er", "ed", "es", "ly", "s", "y", "e",
)  # fmt: skip
_SHORTEST_STEM = 3


@lru_cache(maxsize=1 << 14)  # most words of a text are the same few thousand
def stem(word: str) -> str:
    """`word` without its English ending: crude, and the same for question and passage."""
    if not word.isascii():
        return word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST_STEM:
            word = word[: -len(suffix)]
            break
    # "install", "installing" and "stop", "stopped": without the doubled consonant they agree.
    return word[:-1] if len(word) > _SHORTEST_STEM and word[-1] == word[-2] else word


def terms(text: str) -> list[str]:
    """The stems of the words of `text` that carry meaning, with repetitions."""
    words = (match[0].replace("’", "'").removesuffix("'s") for match in _WORD.finditer(text.lower()))
    return [stem(word) for word in words if word not in _STOP and (len(word) > 1 or not word.isascii())]


def rarity(texts: Sequence[Iterable[str]]) -> Mapping[str, float]:
    """How much each term tells, from how few of `texts` hold it (idf, as BM25 smooths it)."""
    frequency = Counter(term for text in texts for term in set(text))
    return {term: math.log(1 + (len(texts) - n + 0.5) / (n + 0.5)) for term, n in frequency.items()}


def coverage(question: Sequence[str], text: Iterable[str], rarities: Mapping[str, float]) -> float:
    """The share of `question`'s weight that `text` holds, 0 to 1. Terms found nowhere weigh the most."""
    unseen = max(rarities.values(), default=1.0)
    present = set(text)
    weights = {term: rarities.get(term, unseen) for term in question}
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in present) / total if total else 0.0
