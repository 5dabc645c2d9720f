"""The budget: how much of what was found goes to the model. Pure.

What a model counts as a token is its own affair, and known to its provider alone. The estimate here is
the usual one, four characters a token, for ASCII, and one character a token for everything else: a little
too much for most languages, and never far too little.
"""

from collections.abc import Sequence

from chatkeep.knowledge.documents import Passage

_CHARACTERS_A_TOKEN = 4


def tokens(text: str) -> int:
    """About how many tokens a language model makes of `text`."""
    plain = sum(sign < "\x80" for sign in text) if not text.isascii() else len(text)
    return -(-plain // _CHARACTERS_A_TOKEN) + len(text) - plain


def within(passages: Sequence[Passage], budget: int) -> list[Passage]:
    """Those that fit into `budget` tokens together, each taken in turn while it does.

    The best one is there in any case: an answer without a passage is none.
    """
    kept: list[Passage] = []
    left = budget
    for passage in passages:
        cost = tokens(passage.text)
        if cost <= left or not kept:
            kept.append(passage)
            left -= cost
    return kept
