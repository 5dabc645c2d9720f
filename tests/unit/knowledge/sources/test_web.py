"""A site is read within its bounds, politely, and cheaply when nothing changed. Each test runs a real one."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from chatkeep.adapters.egress import Allowed, Egress
from chatkeep.adapters.memory import MemoryDocuments, MemoryIndex
from chatkeep.adapters.parsing.in_process import InProcessParser
from chatkeep.core.context import local_context
from chatkeep.knowledge.ingest import Library, ingest
from chatkeep.knowledge.sources import Bearing, Listing
from chatkeep.knowledge.sources.patterns import Wanted
from chatkeep.knowledge.sources.web import Limits, SitemapSource, SiteSource
from tests.sites import Answer, Site, site

MOST = 1_000_000
QUICK = Limits(rest=0)


def page(words: str, *links: str, head: str = "") -> str:
    anchors = " ".join(f'<a href="{link}">{link}</a>' for link in links)
    return f"<html><head><title>{words}</title>{head}</head><body><p>{words}</p>{anchors}</body></html>"


@pytest.fixture
def running() -> Iterator[Site]:
    with site() as one:
        yield one


@pytest.fixture
async def egress(running: Site) -> AsyncIterator[Egress]:
    async with Egress(Allowed.parse([f"127.0.0.1:{running.port}"])) as one:
        yield one


@pytest.fixture
def docs(running: Site, egress: Egress, tmp_path: Path) -> SiteSource:
    """The site below `/docs/`: a start, two pages, and much that is not to be read."""
    running.pages |= {
        "/docs/": Answer(
            page("Start", "guide/one", "/docs/two#part", "/blog/", "https://elsewhere.test/docs/"),
            etag='"s1"',
        ),
        "/docs/guide/one": Answer(page("First page", "../two", "?utm_source=mail", "gone"), etag='"o1"'),
        "/docs/two": Answer(page("Second page", "/docs/", "mailto:a@b.test", "javascript:x"), etag='"t1"'),
        "/blog/": Answer(page("Blog")),
    }
    return SiteSource(f"{running.url}/docs/", tmp_path / "kept", egress, limits=QUICK)


def paths(listing: Listing) -> list[str]:
    return sorted(file.path for file in listing.files)


def other(source: SiteSource, **changes: Any) -> SiteSource:
    return replace(source, **changes)


async def test_pages_are_found_by_links_within_the_part_that_counts(docs: SiteSource, running: Site) -> None:
    listing = await docs.look(MOST)
    assert paths(listing) == ["guide/one", "index", "two"]
    by_path = {file.path: file for file in listing.files}
    assert by_path["guide/one"].url == f"{running.url}/docs/guide/one"
    assert by_path["guide/one"].parsed_as == "guide/one.html"
    assert b"First page" in bytes(by_path["guide/one"].load(MOST))  # type: ignore[arg-type]
    assert "/blog/" not in running.paths_asked
    assert len(running.paths_asked) == len(set(running.paths_asked))  # each once


async def test_a_second_visit_asks_whether_each_page_changed(docs: SiteSource, running: Site) -> None:
    before = await docs.look(MOST)
    running.asked.clear()
    again = await docs.look(MOST)
    assert [(file.path, file.stamp) for file in again.files] == [
        (file.path, file.stamp) for file in before.files
    ]
    conditions = {path: headers.get("if-none-match") for path, headers in running.asked}
    assert conditions["/docs/two"] == '"t1"'
    assert conditions["/docs/guide/one"] == '"o1"'


async def test_a_changed_page_is_read_and_a_token_in_it_is_no_change(docs: SiteSource, running: Site) -> None:
    def with_token(words: str, token: str) -> Answer:
        return Answer(page(words, head=f'<meta name="csrf" content="{token}"><script>x="{token}"</script>'))

    running.pages["/docs/two"] = with_token("Second page", "a1")
    stamps = {file.path: file.stamp for file in (await docs.look(MOST)).files}
    running.pages["/docs/two"] = with_token("Second page", "b2")
    assert {file.path: file.stamp for file in (await docs.look(MOST)).files} == stamps
    running.pages["/docs/two"] = with_token("Second page, edited", "c3")
    now = {file.path: file.stamp for file in (await docs.look(MOST)).files}
    assert {path for path in now if now[path] != stamps[path]} == {"two"}


@pytest.mark.parametrize("status", [404, 410])
async def test_a_page_that_is_gone_is_forgotten(docs: SiteSource, running: Site, status: int) -> None:
    await docs.look(MOST)
    running.pages["/docs/two"] = Answer("gone", status)
    listing = await docs.look(MOST)
    assert paths(listing) == ["guide/one", "index"]
    assert not listing.may_hold(docs.name, "two")


async def test_a_page_that_nothing_links_to_any_more_is_forgotten(docs: SiteSource, running: Site) -> None:
    await docs.look(MOST)
    running.pages["/docs/"] = Answer(page("Start", "two"))
    assert paths(await docs.look(MOST)) == ["index", "two"]
    assert len(list((docs.folder / "pages").iterdir())) == 2


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_pages_of_a_failing_server_stay_as_they_were(
    docs: SiteSource, running: Site, status: int
) -> None:
    before = {file.path: file.stamp for file in (await docs.look(MOST)).files}
    running.pages["/docs/guide/one"] = Answer("no", status)  # the only one that links to a further page
    running.pages["/docs/"] = Answer(page("Start", "guide/one"))
    listing = await docs.look(MOST)
    stamps = {file.path: file.stamp for file in listing.files}
    assert stamps["guide/one"] == before["guide/one"]
    assert stamps["two"] == before["two"]
    assert [str(status) in skipped.reason for skipped in listing.skipped] == [True]


@pytest.mark.parametrize("broken", ["/docs/", "/robots.txt"])
async def test_a_site_that_is_down_loses_nothing(docs: SiteSource, running: Site, broken: str) -> None:
    await docs.look(MOST)
    running.pages[broken] = Answer("no", 500)
    listing = await docs.look(MOST)
    assert listing.files == []
    assert listing.may_hold(docs.name, "two")


async def test_redirects_are_visited_under_their_own_address(docs: SiteSource, running: Site) -> None:
    running.pages["/docs/two"] = Answer(status=301, headers={"Location": "/docs/three"})
    running.pages["/docs/three"] = Answer(page("Third"))
    running.pages["/docs/gone"] = Answer(status=302, headers={"Location": "/blog/"})
    assert paths(await docs.look(MOST)) == ["guide/one", "index", "three"]
    assert "/blog/" not in running.paths_asked


async def test_redirects_in_a_circle_end(docs: SiteSource, running: Site) -> None:
    running.pages["/docs/two"] = Answer(status=301, headers={"Location": "/docs/gone"})
    running.pages["/docs/gone"] = Answer(status=301, headers={"Location": "/docs/two"})
    assert paths(await docs.look(MOST)) == ["guide/one", "index"]


async def test_a_redirect_to_a_forbidden_address_is_not_followed(docs: SiteSource, running: Site) -> None:
    with site() as inner:
        inner.pages["/docs/two"] = Answer(page("secret"))
        running.pages["/docs/two"] = Answer(status=301, headers={"Location": f"{inner.url}/docs/two"})
        assert paths(await docs.look(MOST)) == ["guide/one", "index"]
        assert inner.asked == []


async def test_what_robots_txt_excludes_is_not_asked_for(docs: SiteSource, running: Site) -> None:
    running.pages["/robots.txt"] = Answer(
        "User-agent: *\nDisallow: /\n\nUser-agent: chatkeep\nDisallow: /docs/two\n", content_type="text/plain"
    )
    assert paths(await docs.look(MOST)) == ["guide/one", "index"]
    assert "/docs/two" not in running.paths_asked


async def test_pages_say_what_robots_may_do_with_them(docs: SiteSource, running: Site) -> None:
    nofollow = '<meta name="robots" content="noindex, nofollow">'
    running.pages["/docs/guide/one"] = Answer(page("First", "secret", head=nofollow))
    running.pages["/docs/two"] = Answer(page("Second"), headers={"X-Robots-Tag": "noindex"})
    assert paths(await docs.look(MOST)) == ["index"]
    assert "/docs/guide/secret" not in running.paths_asked


async def test_a_page_is_kept_under_the_address_it_calls_its_own(docs: SiteSource, running: Site) -> None:
    canonical = '<link rel="canonical" href="/docs/two">'
    running.pages["/docs/"] = Answer(page("Start", "two?view=print", "two"))
    running.pages["/docs/two?view=print"] = Answer(page("Second, to print", head=canonical))
    listing = await docs.look(MOST)
    assert paths(listing) == ["index", "two"]
    (two,) = [file for file in listing.files if file.path == "two"]
    assert b"to print" not in bytes(two.load(MOST))  # type: ignore[arg-type]


async def test_a_visit_is_bounded_in_pages_and_in_depth(docs: SiteSource, running: Site) -> None:
    for number in range(50):
        running.pages[f"/docs/{number}"] = Answer(page(f"Page {number}", str(number + 1)))
    running.pages["/docs/"] = Answer(page("Start", "0"))
    assert len((await other(docs, limits=Limits(pages=7, rest=0)).look(MOST)).files) == 7
    assert paths(await other(docs, limits=Limits(depth=2, rest=0)).look(MOST)) == ["0", "1", "index"]


async def test_patterns_choose_among_the_pages(docs: SiteSource, running: Site) -> None:
    assert paths(await other(docs, wanted=Wanted(include=("guide/**",))).look(MOST)) == ["guide/one"]
    running.asked.clear()
    assert paths(await other(docs, wanted=Wanted(exclude=("guide/**",))).look(MOST)) == ["index", "two"]
    assert "/docs/guide/one" not in running.paths_asked


async def test_the_content_type_chooses_the_parser(docs: SiteSource, running: Site) -> None:
    running.pages["/docs/"] = Answer(page("Start", "notes", "raw.md", "logo.png", "odd"))
    running.pages["/docs/notes"] = Answer("Plain notes", content_type="text/plain")
    running.pages["/docs/raw.md"] = Answer("# Raw", content_type="text/plain; charset=utf-8")
    running.pages["/docs/logo.png"] = Answer(b"\x89PNG", content_type="image/png")
    running.pages["/docs/odd"] = Answer(
        "Füchse".encode("latin-1"), content_type="text/plain; charset=latin-1"
    )
    listing = await docs.look(MOST)
    assert {file.path: file.parsed_as for file in listing.files} == {
        "index": "index.html",
        "notes": "notes.txt",
        "raw.md": "raw.md",
        "odd": "odd.txt",
    }
    assert listing.ignored == 1
    (odd,) = [file for file in listing.files if file.path == "odd"]
    assert bytes(odd.load(MOST)).decode("utf-8-sig") == "Füchse"  # type: ignore[arg-type]


async def test_between_two_requests_is_a_rest(docs: SiteSource, running: Site) -> None:
    rested: list[float] = []

    class Timed:
        async def fetch(self, url: str, **rest: Any) -> Any:
            rested.append(asyncio.get_running_loop().time())
            return await docs.fetcher.fetch(url, **rest)

        async def addresses(self, url: str) -> list[str]:
            return await docs.fetcher.addresses(url)

    running.pages["/robots.txt"] = Answer("User-agent: *\nCrawl-delay: 0.1\n", content_type="text/plain")
    await other(docs, fetcher=Timed(), limits=Limits(rest=0.05, pages=3)).look(MOST)
    assert all(late - early >= 0.05 for early, late in pairwise(rested))
    assert rested[3] - rested[1] >= 0.2


def sitemap(*addresses: str, index: bool = False, changed: str = "") -> str:
    one, many = ("sitemap", "sitemapindex") if index else ("url", "urlset")
    lastmod = f"<lastmod>{changed}</lastmod>" if changed else ""
    entries = "".join(f"<{one}><loc>{address}</loc>{lastmod}</{one}>" for address in addresses)
    return (
        f'<?xml version="1.0"?><{many} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</{many}>'
    )


@pytest.fixture
def mapped(running: Site, docs: SiteSource, egress: Egress, tmp_path: Path) -> SitemapSource:
    url = running.url
    index = sitemap(f"{url}/map-1.xml.gz", f"{url}/map-2.xml", "https://elsewhere.test/map.xml", index=True)
    first = sitemap(f"{url}/docs/two", "https://elsewhere.test/a", changed="2026-03-01")
    running.pages |= {
        "/sitemap.xml": Answer(index, content_type="application/xml"),
        "/map-1.xml.gz": Answer(gzip.compress(first.encode()), content_type="application/gzip"),
        "/map-2.xml": Answer(sitemap(f"{url}/docs/guide/one"), content_type="text/xml"),
    }
    return SitemapSource(f"{url}/sitemap.xml", tmp_path / "mapped", egress, limits=QUICK)


async def test_the_pages_of_a_sitemap_are_read_and_their_links_are_not_followed(
    mapped: SitemapSource,
) -> None:
    listing = await mapped.look(MOST)
    assert {file.path: file.modified_at for file in listing.files} == {
        "docs/two": datetime(2026, 3, 1, tzinfo=UTC),
        "docs/guide/one": None,
    }


async def test_a_page_that_left_the_sitemap_is_forgotten(mapped: SitemapSource, running: Site) -> None:
    await mapped.look(MOST)
    running.pages["/map-2.xml"] = Answer(sitemap())
    assert paths(await mapped.look(MOST)) == ["docs/two"]


@pytest.mark.parametrize(
    ("broken", "answer"),
    [
        ("/sitemap.xml", Answer("no", 500)),
        ("/sitemap.xml", Answer("<html>not found</html>")),
        ("/map-2.xml", Answer("no", 503)),
        ("/map-1.xml.gz", Answer(b"\x1f\x8b broken")),
    ],
)
async def test_a_sitemap_that_cannot_be_read_loses_nothing(
    mapped: SitemapSource, running: Site, broken: str, answer: Answer
) -> None:
    await mapped.look(MOST)
    running.pages[broken] = answer
    listing = await mapped.look(MOST)
    for path in ("docs/two", "docs/guide/one"):
        assert path in paths(listing) or listing.may_hold(mapped.name, path)


async def found_by(library: Library, words: str, labels: Sequence[str] = ()) -> Mapping[str, str]:
    context = replace(local_context("test"), labels=tuple(labels))
    hits = (await library.index.search(words, None, 10, context)).sparse
    passages = await library.index.passages([hit.id for hit in hits], context)
    return {passage.path: passage.url for passage in passages}


async def test_pages_are_ingested_with_address_labels_and_metadata(docs: SiteSource, running: Site) -> None:
    library = Library(MemoryDocuments(), MemoryIndex(), None, MOST, InProcessParser())
    labelled = other(docs, bearing=Bearing(("staff",), {"product": "boats"}))
    report = await ingest([labelled], library, local_context("test"))
    assert report.added == 3
    assert await found_by(library, "second") == {}
    assert await found_by(library, "second", ["staff"]) == {"two": f"{running.url}/docs/two"}
    running.pages["/docs/two"] = Answer("gone", 410)
    report = await ingest([labelled], library, local_context("test"))
    assert (report.removed, report.unchanged) == (1, 2)
    assert await found_by(library, "second", ["staff"]) == {}
