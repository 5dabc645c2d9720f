"""Draws one page of a PDF as a PNG and marks words on it: `python -m chatkeep.adapters.pdf.draw`.

Reads a JSON object from standard input (`file`, `page` from 1, `words`), writes the image's width and height
on one line, and the PNG behind it. `pages` runs it, and kills it when it takes too long.

The words are looked for on the page first. Where they are not, nothing is drawn: the file has changed since
it was read, and a picture would show something else than what is cited.
"""

import json
import re
import resource
import struct
import sys
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

_MEMORY = 1 << 30
_CPU_SECONDS = 10
_MOST_PIXELS = 3_000_000
_LARGEST_SCALE = 2.0  # 144 dots an inch
_MOST_WORDS = 20_000
_PRESENT = 0.6  # share of the cited words that must stand on the page
_SHORTEST_RUN = 2  # words; single ones are matched by chance
_MARK = (255, 228, 110)

_WORD = re.compile(r"\w+")
_SOFT_HYPHENS = "\x02\ufffe\xad"


@dataclass(frozen=True, slots=True)
class Word:
    """A word on the page: as compared, and the numbers of its first and last character."""

    text: str
    first: int
    last: int


Box = tuple[int, int, int, int]  # left, top, right, bottom, in pixels


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    job = json.load(sys.stdin)
    drawn = draw(job["file"], job["page"], job["words"])
    if drawn is None:
        sys.stderr.write("the page does not say what was cited any more\n")
        return 1
    width, height, png = drawn
    sys.stdout.buffer.write(b"%d %d\n" % (width, height) + png)
    return 0


def draw(file: str, number: int, words: str) -> tuple[int, int, bytes] | None:
    """Width, height and PNG of a page with `words` marked; None where they do not stand on it."""
    import pypdfium2

    with open(file, "rb") as opened, pypdfium2.PdfDocument(opened) as pdf:  # noqa: PTH123
        if not 1 <= number <= len(pdf):
            return None
        page = pdf[number - 1]
        text_page = page.get_textpage()
        held = list(_words(text_page))
        marked = find(held, [_compared(word) for word in _WORD.findall(words)])
        if not marked:
            return None
        wide, high = page.get_size()
        scale = min(_LARGEST_SCALE, (_MOST_PIXELS / max(wide * high, 1.0)) ** 0.5)
        bitmap = page.render(scale=scale, rev_byteorder=True, prefer_bgrx=False)
        rows = _rows(bitmap)
        for box in _boxes(page, text_page, marked, bitmap.width, bitmap.height):
            _mark(rows, box)
        return bitmap.width, bitmap.height, _png(rows, bitmap.width, bitmap.height)


def find(held: Sequence[Word], wanted: Sequence[str]) -> list[Word]:
    """The words of the page that are the `wanted` ones, in runs near each other; none if too few are."""
    if not wanted or not held:
        return []
    matcher = SequenceMatcher(None, [word.text for word in held], list(wanted), autojunk=False)
    anchor = matcher.find_longest_match()
    first = anchor.a - anchor.b - len(wanted) // 2
    last = anchor.a - anchor.b + len(wanted) + len(wanted) // 2
    runs = [
        block
        for block in matcher.get_matching_blocks()
        if block.size >= min(_SHORTEST_RUN, len(wanted)) and first <= block.a < last
    ]
    if sum(block.size for block in runs) < _PRESENT * len(wanted):
        return []
    return [word for block in runs for word in held[block.a : block.a + block.size]]


def _words(text_page: Any) -> Iterator[Word]:
    """The words of a page; one that a hyphen divides at a line's end is one word."""
    from pypdfium2 import raw

    letters: list[str] = []
    first = last = 0
    count = min(text_page.count_chars(), 20 * _MOST_WORDS)
    for at in range(count):
        code = raw.FPDFText_GetUnicode(text_page.raw, at)
        letter = chr(code) if code < 0x110000 else " "
        if letter in _SOFT_HYPHENS or (letters and letter in "\r\n" and last_is_hyphen(text_page, at)):
            continue
        if letter.isalnum() or letter == "_":
            first = first if letters else at
            last = at
            letters.append(letter)
        elif letters:
            yield Word(_compared("".join(letters)), first, last)
            letters = []
    if letters:
        yield Word(_compared("".join(letters)), first, last)


def last_is_hyphen(text_page: Any, at: int) -> bool:
    """Whether the line that ends at `at` ends with one of PDFium's hyphens."""
    from pypdfium2 import raw

    for before in (at - 1, at - 2):
        if before >= 0 and chr(raw.FPDFText_GetUnicode(text_page.raw, before)) in _SOFT_HYPHENS:
            return True
    return False


def _compared(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()


def _boxes(page: Any, text_page: Any, marked: Sequence[Word], width: int, height: int) -> list[Box]:
    """Where the words stand in the image, those that follow each other on a line in one box."""
    boxes: list[Box] = []
    before: Word | None = None
    for word in marked:
        box = _box(page, text_page, word, width, height)
        follows = before is not None and 0 < word.first - before.last <= 4
        if follows and boxes and _on_one_line(boxes[-1], box):
            left, top, right, bottom = boxes.pop()
            box = (min(left, box[0]), min(top, box[1]), max(right, box[2]), max(bottom, box[3]))
        boxes.append(box)
        before = word
    return boxes


def _on_one_line(one: Box, other: Box) -> bool:
    return min(one[3], other[3]) - max(one[1], other[1]) > 0.5 * min(one[3] - one[1], other[3] - other[1])


def _box(page: Any, text_page: Any, word: Word, width: int, height: int) -> Box:
    from ctypes import byref, c_int

    from pypdfium2 import raw

    xs, ys = [], []
    for at in range(word.first, word.last + 1):
        left, bottom, right, top = text_page.get_charbox(at, loose=True)
        for x, y in ((left, bottom), (right, top)):
            across, down = c_int(), c_int()
            raw.FPDF_PageToDevice(page.raw, 0, 0, width, height, 0, x, y, byref(across), byref(down))
            xs.append(across.value)
            ys.append(down.value)
    return max(min(xs) - 1, 0), max(min(ys), 0), min(max(xs) + 1, width), min(max(ys), height)


def _rows(bitmap: Any) -> list[bytearray]:
    """The image's lines as RGB; PDFium draws a page without colour in one channel only if it is asked to."""
    data, stride = memoryview(bitmap.buffer).cast("B"), bitmap.stride
    return [
        bytearray(data[line * stride : line * stride + 3 * bitmap.width]) for line in range(bitmap.height)
    ]


_TINTS = [bytes(value * tint // 255 for value in range(256)) for tint in _MARK]


def _mark(rows: list[bytearray], box: Box) -> None:
    """Paint over a box as a felt pen does: what is dark stays dark."""
    left, top, right, bottom = box
    for row in rows[top:bottom]:
        for channel, tint in enumerate(_TINTS):
            at = slice(3 * left + channel, 3 * right, 3)
            row[at] = row[at].translate(tint)


def _png(rows: Sequence[bytearray], width: int, height: int) -> bytes:
    """As the PNG specification has it: 8 bits, RGB, each line unfiltered."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


if __name__ == "__main__":
    sys.exit(main())
