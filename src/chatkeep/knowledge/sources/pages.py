"""The pages of a site as they were last read, in the data folder.

    <folder>/pages.json    what is known of each: how to ask whether it changed, what it is called
    <folder>/pages/<hash>  the content of one

A page is written before what is said of it, so that an interrupted visit reads some pages again, no more.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError


@dataclass(frozen=True, slots=True)
class Page:
    """One page, by the address it was read from.

    Attributes:
        etag, last_modified: what its server wants to hear to say that nothing changed.
        identity: the address it says is its own.
        suffix: the extension of files of its kind.
        substance: equal for contents that people see as equal; empty where only the bytes tell.
        robots: its `X-Robots-Tag`.
        content: hash of what is kept.
    """

    address: str
    identity: str
    suffix: str
    content: str
    etag: str = ""
    last_modified: str = ""
    substance: str = ""
    robots: str = ""
    modified_at: datetime | None = None


_PAGES: TypeAdapter[list[Page]] = TypeAdapter(list[Page])


class PageStore:
    """Blocks; made anew for each visit."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index = folder / "pages.json"
        (folder / "pages").mkdir(parents=True, exist_ok=True)
        try:
            self.pages = {page.address: page for page in _PAGES.validate_json(self._index.read_bytes())}
        except (OSError, ValidationError):  # there is none yet, or it is broken: all is read again
            self.pages = {}

    def file(self, address: str) -> Path:
        """Where the content of the page at `address` is."""
        return self._folder.resolve() / "pages" / hashlib.sha256(address.encode()).hexdigest()[:32]

    def body(self, address: str) -> bytes | None:
        """None: it is not kept, or is not what was kept."""
        page = self.pages.get(address)
        try:
            data = self.file(address).read_bytes() if page else None
        except OSError:
            return None
        return data if page and data is not None and digest(data) == page.content else None

    def keep(self, page: Page, data: bytes | None) -> None:
        """Remember `page`. None: its content is kept already."""
        if data is not None:
            _write(self.file(page.address), data)
        self.pages[page.address] = page

    def save(self) -> None:
        """Write down what is known."""
        _write(self._index, _PAGES.dump_json(list(self.pages.values())))

    def forget_all_but(self, addresses: Iterable[str]) -> None:
        """Remove the other pages."""
        kept = set(addresses)
        gone = [address for address in self.pages if address not in kept]
        for address in gone:
            del self.pages[address]
        self.save()
        for address in gone:
            self.file(address).unlink(missing_ok=True)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, data: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.new")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
