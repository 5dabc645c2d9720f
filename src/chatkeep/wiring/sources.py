"""Where documents come from: what the settings name and declare."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from chatkeep.adapters.egress import Allowed, Egress
from chatkeep.core.clock import SystemClock
from chatkeep.knowledge.protocols import (
    Fetcher,
)
from chatkeep.knowledge.sources import FolderSource, Source
from chatkeep.knowledge.sources.declared import Declarations, Declared
from chatkeep.knowledge.sources.git import CheckoutSource, RepositorySource, folder_name, repository
from chatkeep.knowledge.sources.visits import Visits
from chatkeep.knowledge.sources.web import Limits, SitemapSource, SiteSource
from chatkeep.knowledge.upkeep import Tended
from chatkeep.settings import Settings


@dataclass(frozen=True, slots=True)
class OpenSource:
    """A source, and what was declared of it."""

    source: Source
    declared: Declared

    @property
    def tended(self) -> Tended:
        return Tended(self.source, self.declared.interval, _last_visit(self.source))


def served(settings: Settings) -> tuple[str, ...] | None:
    """The names of the sources to answer from; None: everything ingested."""
    return tuple(each.source.name for each in open_sources(settings, open_egress(settings))) or None


def open_egress(settings: Settings) -> Egress:
    """What fetches from the web, within what the operator allows.

    Raises:
        ConfigurationError: what is allowed cannot be meant.
    """
    return Egress(Allowed.parse(settings.egress_allow))


def open_sources(settings: Settings, fetcher: Fetcher) -> list[OpenSource]:
    """The sources that are named: those of `docs`, or else all that are declared. Nothing is looked at.

    Raises:
        ConfigurationError: what is declared cannot be meant.
        InvalidInput: a path does not exist.
    """
    declarations = Declarations.read(settings.sources) if settings.sources else Declarations()
    opened = [
        OpenSource(_source(declared, settings, fetcher), declared)
        for declared in declarations.chosen(settings.docs)
    ]
    for each in opened:
        _ = each.source.name, each.source.root  # which raise when nothing is there
    return opened


def _source(declared: Declared, settings: Settings, fetcher: Fetcher) -> Source:
    wanted, bearing = declared.wanted, declared.bearing
    folder = settings.data_dir.absolute() / "sources" / folder_name(f"{declared.place}@{declared.branch}")
    if declared.path is not None:
        return FolderSource(declared.path, wanted, bearing)
    if declared.git is not None:
        if not declared.is_remote:
            return CheckoutSource(repository(Path(declared.git)), wanted, bearing)
        return RepositorySource(
            declared.git, folder, fetcher, declared.branch, wanted, bearing, declared.max_bytes
        )
    limits = Limits(declared.max_pages, declared.max_depth, declared.delay)
    if declared.sitemap is not None:
        return SitemapSource(declared.sitemap, folder, fetcher, declared.prefix, wanted, bearing, limits)
    assert declared.url is not None  # noqa: S101 - one of the four is there
    return SiteSource(declared.url, folder, fetcher, declared.prefix, wanted, bearing, limits)


def _last_visit(source: Source) -> datetime | None:
    visits = getattr(source, "visits", None)
    return (
        visits.last if isinstance(visits, Visits) else SystemClock().now()
    )  # files were looked at at the start
