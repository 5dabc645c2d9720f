"""Near duplicates: which passages say what a better one already says. Pure.

Two passages are near duplicates when nearly all of their runs of three words are the same (Broder's
resemblance, 1997) and they name the same numbers: the page for version 2 often differs from the page for
version 3 in nothing else, and that is what was asked about.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_WORD = re.compile(r"\w+")
_RUN = 3


@dataclass(frozen=True, slots=True)
class _Said:
    runs: frozenset[tuple[str, ...]]
    numbers: frozenset[str]

    def resembles(self, other: "_Said", likeness: float) -> bool:
        if self.numbers != other.numbers:
            return False
        fewer, more = sorted((len(self.runs), len(other.runs)))
        if fewer < likeness * more:  # too different in length, whatever they say
            return False
        shared = len(self.runs & other.runs)
        return shared >= likeness * (fewer + more - shared)


def near_duplicates(texts: Sequence[str], likeness: float) -> dict[int, int]:
    """The place of each text that repeats an earlier one, with the place of that one.

    Args:
        texts: best first; of two that say the same, the first stays.
        likeness: from 0 to 1, the share of all runs of words that both must have. At 1, only the case, the
            punctuation and the spaces may differ.
    """
    kept: dict[int, _Said] = {}
    repeats: dict[int, int] = {}
    for place, text in enumerate(texts):
        said = _said(text)
        earlier = next((other for other, heard in kept.items() if said.resembles(heard, likeness)), None)
        if earlier is None:
            kept[place] = said
        else:
            repeats[place] = earlier
    return repeats


def _said(text: str) -> _Said:
    words = _WORD.findall(text.casefold())
    runs = zip(*(words[first:] for first in range(_RUN)), strict=False)
    return _Said(
        frozenset(runs) if len(words) >= _RUN else frozenset({tuple(words)}),
        frozenset(word for word in words if any(sign.isdigit() for sign in word)),
    )
