"""robots.txt as RFC 9309 reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.knowledge.sources.robots import Robots

RULES = """
# Everybody
User-agent: *
Disallow: /private/
Allow: /private/open
Disallow: /*.pdf$
Disallow: /search?*q=
Crawl-delay: 2

User-agent: otherbot
User-agent: ChatKeep/2.0
Disallow: /only-us
Disallow:
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        *(
            ("/", True),
            ("/private/a", False),
            ("/private/open/a", True),
            ("/a.pdf", False),
            ("/a.pdf?x", True),
        ),
        *(("/search?page=1&q=a", False), ("/search?page=1", True), ("/privat", True)),
    ],
)
def test_the_longest_rule_that_matches_decides(path: str, allowed: bool) -> None:
    assert Robots.parse(RULES, "somebot").allows(path) is allowed


def test_the_group_that_names_us_is_the_one_that_counts() -> None:
    ours = Robots.parse(RULES, "chatkeep")
    assert ours.allows("/private/a")
    assert not ours.allows("/only-us/a")
    assert (ours.delay, Robots.parse(RULES, "somebot").delay) == (0, 2)


def test_a_tie_allows() -> None:
    assert Robots.parse("User-agent: *\nDisallow: /a\nAllow: /a", "x").allows("/a")


def test_a_file_of_nothing_allows_everything() -> None:
    assert Robots.parse("\ufeff<html>not robots</html>\nDisallow: /", "x").allows("/")


def test_many_stars_cost_no_time() -> None:
    rules = Robots.parse("User-agent: *\nDisallow: /" + "*a" * 900 + "$", "x")
    assert rules.allows("/" + "a" * 1_900 + "b")


@given(st.text(), st.text())
def test_nothing_fails(text: str, path: str) -> None:
    Robots.parse(f"User-agent: *\n{text}", "x").allows(path)
