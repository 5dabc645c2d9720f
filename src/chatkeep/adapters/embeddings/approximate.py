"""Tokens of a model whose tokeniser is not here, by a rule that rather counts too many. Pure.

Above: `endpoint` chunks, cuts and batches by it. Models cut common words into one piece and rare ones into
several. Here a piece has at most four Latin letters, two of Cyrillic, Greek, Hebrew or Arabic, three digits,
and one of anything else. English so has about a quarter more tokens than by MiniLM's tokeniser; a test holds
that it has no fewer. No rule can be safe for every vocabulary, but one bound is: a token covers at least a
byte of UTF-8, so a text of n bytes never has more than n tokens.
"""

import re

_PIECE = re.compile(r"[A-Za-zÀ-ɏ]{1,4}|[Ͱ-׿؀-ۿ]{1,2}|[0-9]{1,3}|[^\sA-Za-zÀ-ɏͰ-׿؀-ۿ0-9]")


def token_spans(text: str) -> list[tuple[int, int]]:
    """The (start, end) of each token, as far as they can be guessed."""
    return [match.span() for match in _PIECE.finditer(text)]


def count(text: str) -> int:
    """How many tokens `text` has, or fewer."""
    return sum(1 for _ in _PIECE.finditer(text))


def cut(text: str, tokens: int) -> str:
    """As much of `text` as has at most so many tokens."""
    if len(text) <= tokens:  # each token has a character
        return text
    for number, match in enumerate(_PIECE.finditer(text)):
        if number == tokens:
            return text[: match.start()].rstrip()
    return text
