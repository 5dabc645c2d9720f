"""From the lines of printed pages to paragraphs, headings and lists. Pure: it knows no PDF.

What is certain is done: words divided at a line's end are joined, what runs along at the pages' edges is
left out after its first time, page numbers are left out. What is guessed, such as headings by their
size, changes how the text looks and never what it says.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chatkeep.knowledge.parse.draft import Draft

_LARGER = 1.15
_EDGE = 0.12
_MIN_RUNS = 3
_MAX_HEADING = 160
_MAX_LEVELS = 4

_NUMBER = re.compile(r"\d{1,4}")
_PAGE_NUMBER = re.compile(
    r"(?i)\W*(?:(?:page|seite|pagina|página|p\.|s\.|pág\.)\s*)?(\d{1,5})(?:\s*(?:/|of|von|de|di|sur|van)\s*\d{1,5})?\W*\Z"
)
_BULLET = re.compile(r"(?:[•‣▪●○◦∙·■□➢✓–—*-]|\uf0b7|\uf0a7)\s+(?=\S)")
_NUMBERED = re.compile(r"(\d{1,3}[.)])\s+(?=\S)")
_DIVIDED = re.compile(r"([^\W\d_]+)[-\xad‐]\Z")
_COMPOUND = re.compile(r"[^\W\d_]+-[^\W\d_]+")
_BEGINNING = re.compile(r"[^\W\d_]+")
_LEADERS = re.compile(r"(?:\s?[.·…]){4,}(?=\s*\S{0,8}\Z)")  # as in a table of contents
_SENTENCE_ENDS = (".", "!", "?", ":", "。", "！", "？", '."', ".”", ".)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page, in points from its left lower corner; zeros where the place is not known."""

    text: str
    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    size: float = 0.0


@dataclass(frozen=True, slots=True)
class PageLines:
    """A page's lines in reading order."""

    height: float
    lines: list[Line]


def write_pages(draft: Draft, pages: Sequence[PageLines]) -> str:
    """Write the pages, a landmark each. Returns the heading that names the document; empty without one."""
    body = _body_size(pages)
    levels = _heading_levels(pages, body)
    compounds = Counter(
        word.lower() for page in pages for line in page.lines for word in _COMPOUND.findall(line.text)
    )
    named = ""
    for number, lines in enumerate(_without_running(pages, body), 1):
        draft.landmark("page", str(number))
        for level, group in _groups(lines, levels):
            words = _joined(group, compounds)
            if level:
                draft.heading(level, words)
                named = named or (words if number == 1 and level == 1 else "")
            elif bullet := _BULLET.match(words):
                draft.item(words[bullet.end() :])
            elif numbered := _NUMBERED.match(words):
                draft.item(words[numbered.end() :], marker=numbered[1])
            else:
                draft.paragraph(words)
    return named


def _body_size(pages: Sequence[PageLines]) -> float:
    """The size most of the text has."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            sizes[line.size] += len(line.text)
    del sizes[0.0]
    return max(sizes, key=lambda size: sizes[size], default=0.0)


def _heading_levels(pages: Sequence[PageLines], body: float) -> dict[float, int]:
    """A level for each size that is clearly larger than the text's and used for little."""
    if not body:
        return {}
    large: Counter[float] = Counter()
    total = 0
    for page in pages:
        for line in page.lines:
            total += len(line.text)
            if line.size >= body * _LARGER:
                large[line.size] += len(line.text)
    if large.total() > total * 0.25:
        return {}
    levels: dict[float, int] = {}
    level, before = 0, 0.0
    for size in sorted(large, reverse=True):
        if not before or size < before * 0.96:  # sizes that differ by less are one
            level, before = min(level + 1, _MAX_LEVELS), size
        levels[size] = level
    return levels


def _without_running(pages: Sequence[PageLines], body: float) -> Iterator[list[Line]]:
    """The pages without their page numbers, and without what runs along their edges after its first time."""
    runs: Counter[tuple[bool, str]] = Counter()
    for number, page in enumerate(pages, 1):
        runs.update({key for line in page.lines for key in _running_keys(page, line, number, body)})
    shown: set[tuple[bool, str]] = set()
    for number, page in enumerate(pages, 1):
        kept = []
        for line in page.lines:
            keys = [key for key in _running_keys(page, line, number, body) if runs[key] >= _MIN_RUNS]
            paged = _PAGE_NUMBER.match(line.text) if _at_edge(page, line) else None
            if paged and (keys or int(paged[1]) == number):
                continue
            if any(key in shown for key in keys):
                continue
            shown.update(keys)
            kept.append(line)
        yield kept


def _at_edge(page: PageLines, line: Line) -> bool:
    edge = page.height * _EDGE
    return bool(line.size) and (line.top > page.height - edge or line.top < edge)


def _running_keys(page: PageLines, line: Line, number: int, body: float) -> list[tuple[bool, str]]:
    """What a line at an edge has in common with the same one on other pages: its words, and one of its
    numbers counted from the page's. A line in a heading's size is no such line when it counts."""
    if not _at_edge(page, line):
        return []
    above = line.top > page.height / 2
    keys = [(above, line.text)]
    if line.size < body * _LARGER:
        for found in _NUMBER.finditer(line.text[:300]):
            relative = f"{line.text[: found.start()]}\0{int(found[0]) - number}{line.text[found.end() :]}"
            keys.append((above, relative))
    return keys


def _groups(lines: list[Line], levels: dict[float, int]) -> Iterator[tuple[int, list[Line]]]:
    """Lines that are one heading or one paragraph, with the heading's level or 0."""
    right = _right_edge(lines)
    pitch = _pitch(lines)
    held: list[Line] = []
    held_level = 0
    for line in lines:
        level = levels.get(line.size, 0) if _may_head(line) else 0
        if held and (
            level != held_level
            or (_apart(held, line, right, pitch) if not level else sum(len(each.text) for each in held) > 120)
        ):
            yield held_level, held
            held = []
        held.append(line)
        held_level = level
    if held:
        yield held_level, held


def _may_head(line: Line) -> bool:
    if _LEADERS.search(line.text):
        return False
    return len(line.text) <= _MAX_HEADING and any(letter.isalpha() for letter in line.text)


def _apart(held: list[Line], line: Line, right: float, pitch: float) -> bool:
    """Whether a line begins another paragraph."""
    last = held[-1]
    if _BULLET.match(line.text) or _NUMBERED.match(line.text):
        return True
    if not line.size or not last.size:
        return False
    if abs(line.size - last.size) > 0.12 * max(line.size, last.size):
        return True
    down = last.top - line.top
    if down < -0.5 * line.size or (pitch and down > pitch * 1.3):
        # Up the page, into another column: a sentence that has not ended goes on there.
        return down > 0 or last.text.endswith(_SENTENCE_ENDS)
    return last.right < right - 0.15 * (right - last.left) and last.text.endswith(_SENTENCE_ENDS)


def _right_edge(lines: list[Line]) -> float:
    return max((line.right for line in lines), default=0.0)


def _pitch(lines: list[Line]) -> float:
    """From one line to the next, most of the time."""
    steps = [
        round(one.top - other.top, 1)
        for one, other in pairwise(lines)
        if 0 < one.top - other.top < 2.5 * max(one.size, 1.0)
    ]
    return Counter(steps).most_common(1)[0][0] if steps else 0.0


def _joined(lines: list[Line], compounds: Counter[str]) -> str:
    """The lines as one, divided words whole again; short lines, as of a table, stay lines."""
    width = max(line.right for line in lines) - min(line.left for line in lines)
    words = lines[0].text
    for before, line in pairwise(lines):
        divided, beginning = _DIVIDED.search(words), _BEGINNING.match(line.text)
        if divided and beginning and line.text[0].islower():
            compound = f"{divided[1]}-{beginning[0]}".lower()
            kept = "-" if compounds[compound] and not words.endswith("\xad") else ""
            words = f"{words[:-1]}{kept}{line.text}"
        elif _LEADERS.search(before.text) or (before.size and before.right < before.left + 0.7 * width):
            words = f"{words}\n{line.text}"
        else:
            words = f"{words} {line.text}"
    words = words.replace("\xad", "-" if words.endswith("\xad") else "")
    return "\n".join(_LEADERS.sub(" …", each) for each in words.split("\n"))
