"""Sitemaps: the list of its pages that a site offers, or a list of such lists.

Read with expat, which is told to refuse every document type: no entity is ever declared, so none expands.
"""

import gzip
import io
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.parsers import expat

MOST_BYTES = 50 * 1024 * 1024
MOST_ENTRIES = 50_000


class NoSitemap(Exception):
    """It is none; the message completes "the sitemap ..."."""


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What one lists.

    Attributes:
        pages: addresses, each with when it changed, if the site says.
        sitemaps: addresses of further lists.
    """

    pages: tuple[tuple[str, datetime | None], ...]
    sitemaps: tuple[str, ...]


def parse_sitemap(data: bytes) -> Sitemap:
    """Of XML, or of lines of addresses; either may be in gzip.

    Raises:
        NoSitemap: it is neither.
    """
    data = _plain(data)
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = data.decode("utf-8", errors="replace").splitlines()
        pages = [line.strip() for line in lines if line.strip().startswith(("https://", "http://"))]
        if not pages:
            raise NoSitemap("lists no addresses.")
        return Sitemap(tuple((page, None) for page in pages[:MOST_ENTRIES]), ())
    reading = _Reading()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise NoSitemap(f"is not XML ({error}).") from None
    if reading.root not in ("urlset", "sitemapindex"):
        raise NoSitemap(f"is something else: it begins with <{reading.root[:40]}>.")
    return Sitemap(tuple(reading.pages), tuple(reading.sitemaps))


def _plain(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            plain = packed.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise NoSitemap("is broken gzip.") from None
    if len(plain) > MOST_BYTES:
        raise NoSitemap(f"is larger than {MOST_BYTES:,} bytes.")
    return plain


def _refuse(*_: object) -> None:
    raise NoSitemap("declares a document type, which no sitemap needs.")


class _Reading:
    def __init__(self) -> None:
        self.pages: list[tuple[str, datetime | None]] = []
        self.sitemaps: list[str] = []
        self.root = ""
        self._inside: list[str] = []
        self._words: list[str] = []
        self._address, self._changed = "", ""

    def start(self, name: str, _attributes: object) -> None:
        self._inside.append(name.rpartition(" ")[2])
        self.root = self.root or self._inside[0]
        self._words = []

    def text(self, words: str) -> None:
        if self._inside[-1:] in (["loc"], ["lastmod"]):
            self._words.append(words)

    def end(self, _name: str) -> None:
        name = self._inside.pop()
        words = "".join(self._words).strip()
        self._words = []
        if name == "loc" and self._inside[-1:] in (["url"], ["sitemap"]):  # an image has one too
            self._address = words
        elif name == "lastmod":
            self._changed = words
        elif name in ("url", "sitemap"):
            self._take(name)

    def _take(self, name: str) -> None:
        address, changed = self._address, self._changed
        self._address = self._changed = ""
        if not address or len(self.pages) + len(self.sitemaps) >= MOST_ENTRIES:
            return
        if name == "url":
            self.pages.append((address, w3c_time(changed)))
        else:
            self.sitemaps.append(address)


def w3c_time(text: str) -> datetime | None:
    """A moment as sitemaps write it: a date, or a date with its time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
