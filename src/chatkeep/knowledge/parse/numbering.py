"""The numbers that a word processor shows before paragraphs and does not keep in their text.

People cite "clause 3.2", so the numbers belong to the text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from chatkeep.knowledge.parse.office import child, value

_PLACEHOLDER = re.compile(r"%([1-9])")
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
    (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_LEVELS = 9


@dataclass(frozen=True, slots=True)
class _Level:
    format: str
    text: str
    start: int


class Numbering:
    """Counts as it goes: `label` is asked once for each numbered paragraph, in their order."""

    def __init__(self, root: Element) -> None:
        abstract = {each.get("abstractNumId"): _levels(each) for each in root if each.tag == "abstractNum"}
        self._levels: dict[str, Mapping[int, _Level]] = {}
        self._lists: dict[str, str] = {}
        for number in (each for each in root if each.tag == "num"):
            name = number.get("numId", "")
            base = value(number, "abstractNumId") or ""
            self._levels[name] = abstract.get(base, {})
            # Lists made from one template go on counting, unless they say where they start.
            restarts = child(number, "lvlOverride", "startOverride") is not None
            self._lists[name] = name if restarts else f"abstract {base}"
        self._counts: dict[str, list[int | None]] = {}

    def label(self, number: str, depth: int) -> str:
        """Such as `3.2.` or `(a)`; empty for a bullet and for what is not numbered."""
        levels = self._levels.get(number, {})
        level = levels.get(depth)
        if level is None or not 0 <= depth < _LEVELS:
            return ""
        counts = self._counts.setdefault(self._lists[number], [None] * _LEVELS)
        before = counts[depth]
        counts[depth] = level.start if before is None else before + 1
        counts[depth + 1 :] = [None] * (_LEVELS - depth - 1)
        if level.format in ("bullet", "none"):
            return ""

        def shown(found: re.Match[str]) -> str:
            at = int(found[1]) - 1
            other = levels.get(at)
            count = counts[at]
            if other is None:
                return ""
            return _written(other.start if count is None else count, other.format)

        return " ".join(_PLACEHOLDER.sub(shown, level.text).split())[:40]


def _levels(abstract: Element) -> dict[int, _Level]:
    found = {}
    for level in (each for each in abstract if each.tag == "lvl"):
        at, start = level.get("ilvl", ""), value(level, "start") or "1"
        if at.isdecimal() and int(at) < _LEVELS:
            found[int(at)] = _Level(
                format=value(level, "numFmt") or "decimal",
                text=value(level, "lvlText") or "",
                start=int(start) if start.isdecimal() and len(start) < 7 else 1,
            )
    return found


def _written(count: int, format: str) -> str:  # noqa: A002
    if format in ("lowerLetter", "upperLetter") and count > 0:
        letters = chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, 5)
        return letters.upper() if format == "upperLetter" else letters
    if format in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        roman = ""
        for size, digits in _ROMAN:
            roman += digits * (count // size)
            count %= size
        return roman.upper() if format == "upperRoman" else roman
    return f"{count:02}" if format == "decimalZero" else str(count)
