"""What a child answers, checked like a stranger's word: a hostile file may be the one that speaks.

Above: `pool`. The child does without this module, and so without Pydantic.
"""

from collections.abc import Sequence
from itertools import pairwise

from pydantic import TypeAdapter, ValidationError

from chatkeep.knowledge.documents import Landmark
from chatkeep.knowledge.parse.parsed import ParsedText

_LONGEST_TITLE = 1_000

_PARSED: TypeAdapter[ParsedText] = TypeAdapter(ParsedText)


class NotParsed(Exception):
    """A child said something that no parser says."""


def longest_body(characters: int) -> int:
    """Bytes. JSON may take six for a character, and beside the text stand titles and landmarks."""
    return 6 * characters + 16 * 2**20


def parsed(body: bytes, most_characters: int) -> ParsedText:
    """What a child read from a file.

    Raises:
        NotParsed: it is not what it should be.
    """
    try:
        found = _PARSED.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))[:80]
        raise NotParsed(f"{place or 'all of it'}: {first['msg'][:200]}") from None
    if len(found.text) > most_characters or len(found.title) > _LONGEST_TITLE:
        raise NotParsed("a title or a text is too long")
    if not _in_order(found.landmarks, len(found.text)):
        raise NotParsed("its landmarks lie outside of its text")
    return found


def sentence(body: bytes, longest: int = 2_000) -> str:
    """Words of a child for people: one line, nothing that a terminal would obey."""
    words = body.decode("utf-8", "replace")[:longest]
    return "".join(c if c.isprintable() else " " for c in words)


def _in_order(landmarks: Sequence[Landmark], length: int) -> bool:
    starts = [landmark.start for landmark in landmarks]
    inside = all(0 <= start <= length for start in starts)
    return inside and all(one <= other for one, other in pairwise(starts))
