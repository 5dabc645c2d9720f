"""Which sentences answer a question, and whether any does.

A sentence is weighed by the closeness of its meaning to the question (cosine of embeddings), by the
share of the question's words it holds, rare ones more, and by the rank of its passage. The constants
were chosen on two corpora; each says what it was chosen on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatkeep.agents.passages import PromptPassage
from chatkeep.agents.sentences import Sentence
from chatkeep.agents.words import rarity, terms
from chatkeep.knowledge.protocols import Embedder

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Selection:
    """The sentences to quote, best first; none when nothing found answers the question.

    Attributes:
        evidence: how well the passages fit the question, on the scale of the threshold in force.
    """

    sentences: Sequence[Sentence]
    evidence: float


# Sentences weighed by meaning. Embedding 60 takes a laptop about 0.2 s; the rest have fewer of the
# question's words and rarely win.
_WEIGHED = 60

_MOST_SENTENCES = 4

MEANING = 0.6  # weight of the cosine against that of the words
RANK = 0.06  # what the best-ranked passage is worth more than the last
FLOOR = 0.8  # a further sentence must reach this share of the best one's score
SAME = 0.85  # sentences closer than this say the same

THRESHOLD_WITH_EMBEDDER = 0.5
THRESHOLD_BY_WORDS = 0.5


async def select(
    question: str,
    passages: Sequence[PromptPassage],
    found: Sequence[Sentence],
    embedder: Embedder | None,
) -> Selection:
    """The sentences of `found` that answer `question`, at most four, best first."""
    terms(question)
    held = [terms(f"{sentence.text} {sentence.block}") for sentence in found]
    rarity(held)
    return Selection((), 0.0)
