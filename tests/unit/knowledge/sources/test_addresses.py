"""One spelling for each address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.knowledge.sources.addresses import Site, normalised


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("HTTPS://A.Test:443/x#part", "https://a.test/x"),
        ("http://a.test", "http://a.test/"),
        ("http://a.test:8080/a/../b/./c", "http://a.test:8080/b/c"),
        ("http://a.test/../../x", "http://a.test/x"),
        ("http://a.test/ä b", "http://a.test/%C3%A4%20b"),
        ("http://a.test/x?utm_source=m&b=1&fbclid=z", "http://a.test/x?b=1"),
        ("http://a.test/x?b=1&a=%20", "http://a.test/x?b=1&a=%20"),
        ("http://user:secret@a.test/", None),
        ("mailto:a@b.test", None),
        ("javascript:alert(1)", None),
        ("http://[::1", None),
        ("http://a.test:99999/", None),
        ("http://a.test/" + "x" * 3000, None),
    ],
)
def test_an_address_has_one_spelling(address: str, expected: str | None) -> None:
    assert normalised(address) == expected


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalised(text, "https://a.test/docs/")
    assert once is None or normalised(once) == once


def test_a_site_holds_what_lies_below_its_start() -> None:
    site = Site.around("https://a.test/docs/index.html")
    assert site.holds("https://a.test/docs/x/y")
    assert site.holds("https://a.test/docs")
    for other in (
        "https://a.test/docs2",
        "https://a.test/",
        "http://a.test/docs/",
        "https://a.test.evil/docs/",
    ):
        assert not site.holds(other)
    assert site.path_of("https://a.test/docs/x/y?z=1") == "x/y?z=1"
    assert site.path_of("https://a.test/docs/") == "index"
