"""Sitemaps of any shape; hostile ones are refused."""

import gzip
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.knowledge.sources.sitemap import NoSitemap, parse_sitemap, w3c_time

PAGES = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/image">
  <url>
    <loc> https://a.test/one?x=1&amp;y=2 </loc><lastmod>2026-02-03T04:05:06+01:00</lastmod>
    <image:image><image:loc>https://a.test/one.png</image:loc></image:image>
  </url>
  <url><loc>https://a.test/two</loc></url>
</urlset>"""


def test_pages_come_with_the_time_they_changed() -> None:
    expected = (
        ("https://a.test/one?x=1&y=2", datetime(2026, 2, 3, 3, 5, 6, tzinfo=UTC)),
        ("https://a.test/two", None),
    )
    assert parse_sitemap(PAGES.encode()).pages == expected
    assert parse_sitemap(gzip.compress(PAGES.encode())).pages == expected


def test_an_index_lists_sitemaps() -> None:
    index = "<sitemapindex><sitemap><loc>https://a.test/1.xml</loc></sitemap></sitemapindex>"
    assert parse_sitemap(index.encode()).sitemaps == ("https://a.test/1.xml",)


def test_lines_of_addresses_are_a_sitemap_too() -> None:
    assert parse_sitemap(b"https://a.test/1\nhttps://a.test/2\n").pages[1] == ("https://a.test/2", None)


ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    "<urlset><url><loc>&b;</loc></url></urlset>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset><url><loc>&a;</loc></url></urlset>'


@pytest.mark.parametrize(
    "data",
    [
        ENTITIES.encode(),
        OUTSIDE.encode(),
        b"<urlset><url>",
        b"\x1f\x8bnothing",
        b"",
        b"no addresses",
        b"<html/>",
    ],
)
def test_what_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(NoSitemap):
        parse_sitemap(data)


def test_a_bomb_is_refused() -> None:
    with pytest.raises(NoSitemap, match="larger"):
        parse_sitemap(gzip.compress(bytes(60_000_000)))


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: f"<urlset>{text}</urlset>".encode()))
def test_nothing_else_is_raised(data: bytes) -> None:
    with suppress(NoSitemap):
        parse_sitemap(data)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01"])
def test_a_time_that_is_none_is_none(text: str) -> None:
    assert w3c_time(text) is None
