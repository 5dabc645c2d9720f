"""Pages of a site: those that can be reached by links from a start, or those that its sitemap lists.

Above: `ingest`, through the `Source` protocol. Below: a `Fetcher`, and `pages`, where what was read is kept,
so that a later visit asks each page whether it changed and reads only what did.

A visit stays within one origin and one part of it, heeds robots.txt, asks one thing at a time with a rest in
between, and is bounded in pages, depth and time. A page that is not found any more is forgotten; one whose
server fails stays as it was read. Redirects are not followed but are addresses to visit like any other, each
checked in the same way.
"""

import asyncio
import codecs
import email.utils
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import anyio.to_thread

from chatkeep.core.clock import Clock, SystemClock
from chatkeep.core.errors import FetchFailed
from chatkeep.knowledge.parse import SUPPORTED, Skipped
from chatkeep.knowledge.protocols import Fetched, Fetcher
from chatkeep.knowledge.sources import robots, sitemap
from chatkeep.knowledge.sources.addresses import Site, normalised, target_of
from chatkeep.knowledge.sources.links import PageLinks, read_links, substance
from chatkeep.knowledge.sources.listing import NOTHING_SAID, Bearing, Listing, SourceFile
from chatkeep.knowledge.sources.pages import Page, PageStore, digest
from chatkeep.knowledge.sources.patterns import Wanted
from chatkeep.knowledge.sources.visits import Visits

ROBOT = "chatkeep"
_ACCEPT = "text/html,application/xhtml+xml,text/markdown,text/plain;q=0.9,*/*;q=0.5"
_LONGEST_REST = 30.0  # seconds between two requests, whatever robots.txt wishes
_LONGEST_RETRY = 60.0
_SAVED_EVERY = 50  # pages
_MOST_SITEMAPS = 100

_SUFFIXES: Mapping[str, str] = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "text/x-rst": ".rst",
    "text/prs.fallenstein.rst": ".rst",
    "text/csv": ".csv",
    "application/json": ".json",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "application/pdf": ".pdf",
    "application/epub+zip": ".epub",
    "message/rfc822": ".eml",
    "application/x-ipynb+json": ".ipynb",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
_SLOW = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7"})  # on hostile input
# Servers say these of whatever they do not know: the address may tell more.
_SAYS_LITTLE = frozenset({"", "text/plain", "application/octet-stream", "binary/octet-stream"})


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a visit goes.

    Attributes:
        pages: to ask for, at most.
        depth: links from the start, at most.
        rest: seconds between two requests.
        seconds: in all.
    """

    pages: int = 500
    depth: int = 10
    rest: float = 0.2
    seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class SiteSource:
    """The pages that links lead to from `url`, which is normalised.

    Attributes:
        folder: where its pages are kept, this source's alone.
        prefix: paths of pages begin with this; None: the folder that `url` lies in.
        wanted: by the pages' paths below the start. Pages that are not included are still followed.
    """

    url: str
    folder: Path
    fetcher: Fetcher
    prefix: str | None = None
    wanted: Wanted = field(default_factory=Wanted)
    bearing: Bearing = NOTHING_SAID
    limits: Limits = field(default_factory=Limits)
    clock: Clock = field(default_factory=SystemClock)

    @property
    def name(self) -> str:
        return self.url

    @property
    def root(self) -> None:
        return None

    @property
    def visits(self) -> Visits:
        return Visits(self.folder)

    async def look(self, max_file_bytes: int) -> Listing:
        visit = await _Visit.of(self, Site.around(self.url, self.prefix), max_file_bytes)
        return await visit.made([(self.url, None)], self.limits.depth, needs_first=True)


@dataclass(frozen=True, slots=True)
class SitemapSource:
    """The pages that the sitemap at `url`, or the sitemaps it lists, name. Attributes as `SiteSource`."""

    url: str
    folder: Path
    fetcher: Fetcher
    prefix: str | None = None
    wanted: Wanted = field(default_factory=Wanted)
    bearing: Bearing = NOTHING_SAID
    limits: Limits = field(default_factory=Limits)
    clock: Clock = field(default_factory=SystemClock)

    @property
    def name(self) -> str:
        return self.url

    @property
    def root(self) -> None:
        return None

    @property
    def visits(self) -> Visits:
        return Visits(self.folder)

    async def look(self, max_file_bytes: int) -> Listing:
        visit = await _Visit.of(self, Site.around(self.url, self.prefix or "/"), max_file_bytes)
        try:
            pages = await self._pages(visit)
        except (FetchFailed, sitemap.NoSitemap) as failure:
            return visit.failed_whole(f"the sitemap {failure}")
        return await visit.made(pages, 0)

    async def _pages(self, visit: "_Visit") -> list[tuple[str, datetime | None]]:
        """Raises: FetchFailed, NoSitemap: of the first; what else fails makes the visit incomplete."""
        pages: dict[str, datetime | None] = {}
        waiting, asked = deque([self.url]), {self.url}
        while waiting:
            address = waiting.popleft()
            try:
                read = await self._read(visit, address)
            except (FetchFailed, sitemap.NoSitemap) as failure:
                if address == self.url:
                    raise
                visit.misses(address, f"the sitemap {failure}")
                continue
            pages |= {found: changed for page, changed in read.pages if (found := normalised(page, address))}
            for other in read.sitemaps:
                found = normalised(other, address)
                if found and found not in asked and len(asked) < _MOST_SITEMAPS and visit.is_own(found):
                    asked.add(found)
                    waiting.append(found)
        return list(pages.items())

    async def _read(self, visit: "_Visit", address: str) -> sitemap.Sitemap:
        fetched = await visit.get(address, {}, max_bytes=sitemap.MOST_BYTES)
        if fetched.status != 200:
            raise FetchFailed(f"cannot be read: {address} answered {fetched.status}.")
        return await anyio.to_thread.run_sync(sitemap.parse_sitemap, fetched.body)


@dataclass(frozen=True, slots=True)
class _Read:
    """A page that was read in this visit."""

    page: Page
    links: PageLinks | None


class _Visit:
    """One look at a site."""

    def __init__(
        self, source: SiteSource | SitemapSource, site: Site, store: PageStore, max_file_bytes: int
    ) -> None:
        self._source = source
        self._site = site
        self._store = store
        self._max_file_bytes = max_file_bytes
        self._robots = robots.Robots()
        self._listing = Listing()
        self._listed: dict[str, SourceFile] = {}
        self._known: set[str] = set()
        self._present: set[str] = set()
        self._is_whole = True
        self._next_request = 0.0
        self._deadline = asyncio.get_running_loop().time() + source.limits.seconds

    @classmethod
    async def of(cls, source: SiteSource | SitemapSource, site: Site, max_file_bytes: int) -> "_Visit":
        store = await anyio.to_thread.run_sync(PageStore, source.folder)
        return cls(source, site, store, max_file_bytes)

    def is_own(self, address: str) -> bool:
        """Whether it is of the same origin."""
        return address.startswith(self._site.origin + "/")

    def failed_whole(self, reason: str) -> Listing:
        self._listing.out_of_reach(self._source.name, self._source.url, reason)
        return self._listing

    def misses(self, address: str, reason: str) -> None:
        """Something could not be looked at: what is known of the site's other pages stays known."""
        self._is_whole = False
        self._listing.skipped.append(Skipped(address, reason))

    async def made(
        self, starts: Iterable[tuple[str, datetime | None]], depth: int, *, needs_first: bool = False
    ) -> Listing:
        """Visit the pages at `starts`, with what they link to down to `depth`; what there is.

        Args:
            needs_first: without the first page, nothing can be said of the rest.
        """
        try:
            self._robots = await self._read_robots()
        except FetchFailed as failure:
            return self.failed_whole(f"its robots.txt cannot be read: {failure}")
        waiting: deque[tuple[str, int]] = deque()
        changed = dict(starts)
        for address in changed:
            self._meet(address, 0, waiting)
        visited = 0
        while waiting and visited < self._source.limits.pages:
            if asyncio.get_running_loop().time() > self._deadline:
                self._is_whole = False
                break
            address, far = waiting.popleft()
            is_needed = needs_first and visited == 0
            outcome = await self._visit(address, far, waiting)
            visited += 1
            if isinstance(outcome, str):
                if is_needed:
                    return self.failed_whole(outcome)
            elif outcome is not None:
                self._take(outcome.page, outcome.links, changed.get(address))
                if outcome.links and far < depth:
                    for link in outcome.links.links:
                        self._meet(link, far + 1, waiting)
            if visited % _SAVED_EVERY == 0:
                await anyio.to_thread.run_sync(self._store.save)
        return await self._ended()

    def _meet(self, address: str, far: int, waiting: deque[tuple[str, int]], *, first: bool = False) -> None:
        """Visit `address` later, if it is one to visit and was not met before."""
        if address in self._known or not self._site.holds(address):
            return
        if not Wanted((), self._source.wanted.exclude).takes(self._site.path_of(address)):
            return
        self._known.add(address)
        (waiting.appendleft if first else waiting.append)((address, far))

    async def _visit(self, address: str, far: int, waiting: deque[tuple[str, int]]) -> "_Read | str | None":
        """What is at `address`; a sentence: why that is not known; None: it is nothing to keep."""
        if not self._robots.allows(target_of(address)):
            return "its robots.txt asks not to read it."
        before = self._store.pages.get(address)
        body = await anyio.to_thread.run_sync(self._store.body, address) if before else None
        try:
            fetched = await self.get(address, _conditions(before) if body is not None else {})
        except FetchFailed as failure:
            return self._keeps(address, before, str(failure))
        match fetched.status:
            case 200:
                return await self._read(address, fetched, before, body)
            case 304 if before is not None and body is not None:
                return _Read(before, await self._links(before, body))
            case 301 | 302 | 303 | 307 | 308:
                target = normalised(fetched.headers.get("location", ""), address)
                if target:
                    self._meet(target, far, waiting, first=True)
                return None
            case status if status >= 500 or status in (408, 425, 429):
                return self._keeps(address, before, f"it answered {status}.")
            case status:
                if status not in (404, 410):
                    self._listing.skipped.append(Skipped(address, f"it answered {status}."))
                return f"it answered {status}."

    def _keeps(self, address: str, before: Page | None, reason: str) -> str:
        self.misses(address, f"{reason} What was read before stays." if before else reason)
        if before is not None:
            self._take(before, None, None)
        return reason

    async def _read(
        self, address: str, fetched: Fetched, before: Page | None, body: bytes | None
    ) -> "_Read | None":
        media_type, charset = _content_type(fetched.headers.get("content-type", ""))
        suffix = _suffix(media_type, address)
        if suffix is None:
            self._listing.ignored += 1
            return None
        if not fetched.body.strip():
            self._listing.skipped.append(Skipped(address, "it is empty."))
            return None
        data = _in_utf8(fetched.body, charset) if suffix in (".html", ".txt", ".md") else fetched.body
        seen = await anyio.to_thread.run_sync(substance, data) if suffix == ".html" else ""
        is_same = before is not None and body is not None and seen != "" and seen == before.substance
        page = Page(
            address=address,
            identity=address,
            suffix=suffix,
            content=before.content if is_same and before else digest(data),
            etag=fetched.headers.get("etag", ""),
            last_modified=fetched.headers.get("last-modified", ""),
            substance=seen,
            robots=fetched.headers.get("x-robots-tag", ""),
            modified_at=_moment(fetched.headers.get("last-modified", "")),
        )
        links = await self._links(page, data)
        if links and links.canonical and self._site.holds(links.canonical):
            page = replace(page, identity=links.canonical)
        await anyio.to_thread.run_sync(self._store.keep, page, None if is_same else data)
        return _Read(page, links)

    async def _links(self, page: Page, data: bytes) -> PageLinks | None:
        if page.suffix != ".html":
            return None
        return await anyio.to_thread.run_sync(read_links, data, page.address, page.robots)

    def _take(self, page: Page, links: PageLinks | None, changed: datetime | None) -> None:
        """Put a page into the listing, once for each identity."""
        self._present.add(page.address)
        path = self._site.path_of(page.identity)
        if (links and not links.may_keep) or (links is None and "noindex" in page.robots.lower()):
            return
        if not self._source.wanted.takes(path) or not path.isprintable():
            return
        if page.identity not in self._listed or page.address == page.identity:
            self._listed[page.identity] = SourceFile(
                self._source.name,
                path,
                self._store.file(page.address),
                stamp=page.content,
                file_name=path if path.lower().endswith(page.suffix) else f"{path}{page.suffix}",
                url=page.identity,
                modified_at=changed or page.modified_at,
                bearing=self._source.bearing,
            )

    async def _ended(self) -> Listing:
        listing, store = self._listing, self._store
        if not self._is_whole:
            # Some pages could not be looked at, and what they link to neither: it may all still be there.
            for page in store.pages.values():
                if page.address not in self._known:
                    self._take(page, None, None)
        paths: dict[str, SourceFile] = {}
        for file in self._listed.values():
            path = file.path if file.path not in paths else target_of(file.url)
            paths.setdefault(path, replace(file, path=path))
        listing.files = list(paths.values())
        if self._is_whole:
            await anyio.to_thread.run_sync(store.forget_all_but, self._present)
        else:
            await anyio.to_thread.run_sync(store.save)
        await anyio.to_thread.run_sync(self._source.visits.note, self._source.clock.now())
        return listing

    async def _read_robots(self) -> robots.Robots:
        """Raises: FetchFailed: whether the site may be read is not known."""
        fetched = await self.get(
            f"{self._site.origin}/robots.txt", {}, max_bytes=robots.MOST_BYTES, follow=True
        )
        if fetched.status >= 500 or fetched.status == 429:
            raise FetchFailed(f"it answered {fetched.status}.")
        if fetched.status != 200:
            return robots.Robots()
        return robots.Robots.parse(fetched.body.decode("utf-8", errors="replace"), ROBOT)

    async def get(
        self, address: str, conditions: Mapping[str, str], max_bytes: int = 0, *, follow: bool = False
    ) -> Fetched:
        """Ask, politely. Raises: FetchFailed."""
        headers = {"Accept": _ACCEPT, **conditions}
        loop = asyncio.get_running_loop()
        for attempt in (1, 2):
            await asyncio.sleep(self._next_request - loop.time())
            try:
                fetched = await self._source.fetcher.fetch(
                    address,
                    max_bytes=max_bytes or self._max_file_bytes,
                    headers=headers,
                    may_follow=None if follow else _never,
                )
            finally:
                rest = max(self._source.limits.rest, min(self._robots.delay, _LONGEST_REST))
                self._next_request = loop.time() + rest
            wish = fetched.headers.get("retry-after", "")
            if attempt == 2 or fetched.status not in (429, 503) or not wish.isdecimal():
                break
            if int(wish) > _LONGEST_RETRY:
                break
            self._next_request = loop.time() + int(wish)
        return fetched


def _never(_target: str) -> bool:
    return False


def _conditions(page: Page | None) -> dict[str, str]:
    asked = {}
    if page and page.etag:
        asked["If-None-Match"] = page.etag
    if page and page.last_modified:
        asked["If-Modified-Since"] = page.last_modified
    return asked


def _content_type(header: str) -> tuple[str, str]:
    """The media type and the charset."""
    media_type, *parameters = header.split(";")
    charset = ""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip("\"'")
    return media_type.strip().lower(), charset


def _suffix(media_type: str, address: str) -> str | None:
    """The extension of files of this kind; None: it is not read."""
    own = PurePosixPath(urlsplit(address).path).suffix.lower()
    if media_type in _SAYS_LITTLE and own in SUPPORTED:
        return own
    suffix = _SUFFIXES.get(media_type)
    return suffix if suffix in SUPPORTED else None


def _in_utf8(data: bytes, charset: str) -> bytes:
    """The text as parsers read it without being told the charset."""
    try:
        name = codecs.lookup(charset).name if charset else "utf-8"
        return data if name == "utf-8" or name in _SLOW else codecs.BOM_UTF8 + data.decode(name).encode()
    except (LookupError, UnicodeError):
        return data


def _moment(header: str) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
