"""The TOML file: what is meant is taken, and what cannot be is said in one line."""

from datetime import timedelta
from pathlib import Path

import pytest

from chatkeep.core.errors import ConfigurationError
from chatkeep.knowledge.sources.declared import Declarations

EXAMPLE = """
[[source]]
path = "handbook"
exclude = ["drafts/**"]
labels = ["staff"]
metadata = { team = "harbour" }
every = "6h"

[[source]]
path = "handbook/pay"
labels = ["board"]

[[source]]
url = "https://Docs.Example.com/guide/#top"
max_pages = 50
delay = 1

[[source]]
sitemap = "https://example.com/sitemap.xml"
prefix = "/docs/"

[[source]]
git = "https://github.com/o/r"
branch = "main"
include = ["docs/**/*.md"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "handbook" / "pay").mkdir(parents=True)
    (tmp_path / "sources.toml").write_text(EXAMPLE)
    return tmp_path / "sources.toml"


def test_each_kind_is_read(file: Path, tmp_path: Path) -> None:
    handbook, _, site, sitemap, git = Declarations.read(file).sources
    assert handbook.path == tmp_path / "handbook"
    assert (handbook.bearing.labels, handbook.bearing.metadata) == (("staff",), {"team": "harbour"})
    assert handbook.interval == timedelta(hours=6)
    assert handbook.wanted.exclude == ("drafts/**",)
    assert (site.url, site.max_pages, site.delay) == ("https://docs.example.com/guide/", 50, 1.0)
    assert site.interval == timedelta(days=1)
    assert (sitemap.sitemap, sitemap.prefix) == ("https://example.com/sitemap.xml", "/docs/")
    assert (git.git, git.branch, git.is_remote) == ("https://github.com/o/r", "main", True)


def test_nothing_named_is_everything(file: Path) -> None:
    assert len(Declarations.read(file).chosen([])) == 5


def test_what_is_named_by_hand_keeps_what_was_declared_of_it(file: Path, tmp_path: Path) -> None:
    declared = Declarations.read(file)
    assert [each.labels for each in declared.chosen([tmp_path / "handbook"])] == [
        ["staff"],
        ["board"],
    ]
    (inside,) = declared.chosen([tmp_path / "handbook" / "pay" / "2026.md"])
    assert inside.labels == ["board"]
    around = declared.chosen([tmp_path])
    assert [each.labels for each in around] == [[], ["staff"], ["board"]]
    (site,) = declared.chosen(["https://docs.example.com/guide/"])
    assert site.max_pages == 50


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://a.test/docs/", "url"),
        ("https://a.test/sitemap_index.xml", "sitemap"),
        ("https://a.test/o/r.git", "git"),
    ],
)
def test_an_address_named_by_hand_tells_its_kind(address: str, kind: str) -> None:
    (declared,) = Declarations().chosen([address])
    assert getattr(declared, kind) == address


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[source]", "is not TOML"),
        ("[source]\npath='a'", "two brackets"),
        ("[[sources]]\npath='a'", "'sources' is not known there"),
        ("[[source]]", "names none"),
        ("[[source]]\npath='a'\nurl='https://a.test'", "names path and url"),
        ("[[source]]\npath='a'\nlabel=['x']", "label: is not known there. Known: path, url"),
        ("[[source]]\npath='a'\nlabels='x'", "labels: Input should be a valid list"),
        ("[[source]]\npath='a'\nlabels=['a b']", "labels.0: String should match"),
        ("[[source]]\npath='a'\nevery='often'", 'every: write it as "15m"'),
        ("[[source]]\npath='a'\nevery='1s'", "every: every 10s is the most often"),
        ("[[source]]\npath='a'\nevery=60", 'every: write it as "15m"'),
        ("[[source]]\npath='a'\nexclude=['../b']", "leads out of it"),
        ("[[source]]\npath='a'\nmax_pages=3", "max_pages has no meaning for a source with path"),
        ("[[source]]\nurl='ftp://a.test'", "url: it must be an address"),
        ("[[source]]\nurl='https://u:p@a.test'", "url: it must be an address"),
        ("[[source]]\nurl='https://a.test'\nmax_pages=0", "max_pages: Input should be greater"),
        ("[[source]]\ngit='ssh://a.test/x'", "begins with https://"),
        ("[[source]]\npath='a'\n[[source]]\npath='a'", "source 2 is at .*a, as source 1 is"),
    ],
)
def test_what_cannot_be_meant_is_said(text: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=complaint) as refusal:
        Declarations.read(tmp_path / "sources.toml")
    assert "sources.toml" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"CHATKEEP_SOURCES: .*none\.toml cannot be read"):
        Declarations.read(tmp_path / "none.toml")
