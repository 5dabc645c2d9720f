"""What an operator declares of sources: a TOML file, or what a command was given.

    [[source]]
    path = "handbook"            # or url, sitemap or git
    exclude = ["drafts/**"]
    labels = ["staff"]
    every = "6h"

Above: `wiring` makes sources of it. Nothing here looks at a source.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from chatkeep.core.errors import ConfigurationError
from chatkeep.knowledge.sources.addresses import normalised
from chatkeep.knowledge.sources.listing import Bearing
from chatkeep.knowledge.sources.patterns import MOST_PATTERNS, Wanted
from chatkeep.tables import read_tables

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SHORTEST = timedelta(seconds=10)
EVERY_DAY = timedelta(days=1)
"""How often what is elsewhere is looked at when nothing is said."""


def duration(value: object) -> object:
    """`"90s"`, `"15m"`, `"6h"` or `"1d"` as a timedelta."""
    if not isinstance(value, str):
        raise ValueError('write it as "15m", "6h" or "1d"')
    number, unit = value[:-1], value[-1:]
    if unit not in _UNITS or not number.isdecimal() or len(number) > 6:
        raise ValueError('write it as "15m", "6h" or "1d"')
    span = timedelta(seconds=int(number) * _UNITS[unit])
    if span < _SHORTEST:
        raise ValueError("every 10s is the most often")
    return span


def _page_address(value: str) -> str:
    address = normalised(value)
    if address is None:
        raise ValueError("it must be an address that begins with https:// or http://, without a password")
    return address


def _relative(pattern: str) -> str:
    if ".." in pattern.split("/"):
        raise ValueError("patterns stay below the source: '..' leads out of it")
    return pattern


_Pattern = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_relative)]
# No counts in the patterns: those of `\w`, which is thousands of letters, would be compiled to 25 MB.
_Label = Annotated[str, StringConstraints(pattern=r"^[\w.:@/-]+$", max_length=100)]
_Name = Annotated[str, StringConstraints(pattern=r"^[\w-]+$", max_length=60)]
_Text = Annotated[str, StringConstraints(max_length=500)]
_Address = Annotated[str, AfterValidator(_page_address)]


class Declared(BaseModel):
    """One source, as declared. Exactly one of `path`, `url`, `sitemap` and `git` says where it is."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    path: Annotated[Path, Field(strict=False)] | None = None
    url: _Address | None = None
    sitemap: _Address | None = None
    git: str | None = None
    branch: Annotated[str, StringConstraints(pattern=r"^[\w./-]+$", max_length=200)] = ""
    include: Annotated[list[_Pattern], Field(max_length=MOST_PATTERNS)] = []
    exclude: Annotated[list[_Pattern], Field(max_length=MOST_PATTERNS)] = []
    labels: list[_Label] = []
    metadata: dict[_Name, _Text] = {}
    every: Annotated[timedelta, BeforeValidator(duration)] | None = None
    prefix: Annotated[str, StringConstraints(pattern=r"^/")] | None = None
    max_pages: Annotated[int, Field(ge=1, le=50_000)] = 500
    max_depth: Annotated[int, Field(ge=0, le=100)] = 10
    delay: Annotated[float, Field(ge=0, le=60, strict=False)] = 0.2
    max_bytes: Annotated[int, Field(ge=1_000_000)] = 1 << 30

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        given = [name for name in ("path", "url", "sitemap", "git") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"name one of path, url, sitemap and git; it names {' and '.join(given) or 'none'}"
            )
        applies = {
            "branch": ("git",),
            "max_bytes": ("git",),
            "prefix": ("url", "sitemap"),
            "max_pages": ("url", "sitemap"),
            "delay": ("url", "sitemap"),
            "max_depth": ("url",),
        }
        for name, kinds in applies.items():
            if name in self.model_fields_set and given[0] not in kinds:
                raise ValueError(f"{name} has no meaning for a source with {given[0]}")
        if self.git is not None and "://" in self.git and not self.git.startswith(("https://", "http://")):
            raise ValueError("git takes a folder, or an address that begins with https://")
        return self

    @property
    def wanted(self) -> Wanted:
        return Wanted(tuple(self.include), tuple(self.exclude))

    @property
    def bearing(self) -> Bearing:
        return Bearing(tuple(self.labels), self.metadata)

    @property
    def place(self) -> str:
        """What the operator wrote of where it is."""
        return str(self.path or self.url or self.sitemap or self.git)

    @property
    def is_remote(self) -> bool:
        return self.path is None and not (self.git is not None and "://" not in self.git)

    @property
    def interval(self) -> timedelta | None:
        """How often to look again, without being told; None: never."""
        return self.every or (EVERY_DAY if self.is_remote else None)


@dataclass(frozen=True, slots=True)
class Declarations:
    """All that is declared.

    Attributes:
        sources: of the file, in its order.
    """

    sources: tuple[Declared, ...] = field(default=())

    @classmethod
    def read(cls, file: Path) -> Self:
        """Of a TOML file. Paths in it count from the folder it lies in. Blocks.

        Raises:
            ConfigurationError: it cannot be read, or says what cannot be meant.
        """
        tables = read_tables(file, "source", Declared, setting="CHATKEEP_SOURCES")
        declared = [_beside(file, each) for each in tables]
        places: dict[str, int] = {}
        for number, each in enumerate(declared, 1):
            if each.place in places:
                raise ConfigurationError(
                    f"{file}: source {number} is at {each.place}, as source {places[each.place]} is."
                )
            places[each.place] = number
        return cls(tuple(declared))

    def chosen(self, named: Sequence[str | Path]) -> tuple[Declared, ...]:
        """What to read when `named` are named: what is declared of them counts. Nothing named: everything.

        A path inside a declared folder bears what that folder bears, and a declared folder inside a named
        path keeps what it bears: whoever names a path by hand does not take labels off by it.

        Raises:
            ConfigurationError: an address that is none.
        """
        if not named:
            return self.sources
        chosen: dict[str, Declared] = {}
        for name in named:
            for each in self._of(name):
                chosen.setdefault(each.place, each)
        return tuple(chosen.values())

    def _of(self, name: str | Path) -> list[Declared]:
        if isinstance(name, str) and "://" in name:
            address = normalised(name)
            if address is None:
                raise ConfigurationError(f"{name} is not an address of a page.")
            known = [each for each in self.sources if each.place in (name, address)]
            return known or [Declared.model_validate({_kind(address): address})]
        path = _absolute(Path(name))
        declared = [(each, _absolute(Path(each.place))) for each in self.sources if not each.is_remote]
        inside = [each for each, where in declared if where.is_relative_to(path)]
        around = [(len(where.parts), each) for each, where in declared if path.is_relative_to(where)]
        if any(where == path for _, where in declared):
            return inside
        nearest = max(around, key=lambda found: found[0])[1] if around else None
        bearing = nearest.bearing if nearest else Bearing()
        named = Declared(path=Path(name), labels=list(bearing.labels), metadata=dict(bearing.metadata))
        return [named, *inside]


def _kind(address: str) -> str:
    last = address.rpartition("/")[2].partition("?")[0].lower()
    is_sitemap = "sitemap" in last and last.endswith((".xml", ".xml.gz", ".txt"))
    return "sitemap" if is_sitemap else "git" if last.endswith(".git") else "url"


def _absolute(path: Path) -> Path:
    return path.expanduser().resolve()


def _beside(file: Path, declared: Declared) -> Declared:
    """With its path made absolute."""
    here = file.absolute().parent
    if declared.path is not None:
        return declared.model_copy(update={"path": here / declared.path.expanduser()})
    if declared.git is not None and not declared.is_remote:
        return declared.model_copy(update={"git": str(here / Path(declared.git).expanduser())})
    return declared
