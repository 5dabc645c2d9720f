"""Page images, drawn in a process of their own: PDFs come from anywhere, and PDFium is not made for threads.

Implements `knowledge.pages.PageDrawer`. `draw` is what runs in the child. It is given ten seconds and a
bounded memory; what it draws is kept for those who look again.
"""

import json
import os
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import anyio
import anyio.to_thread

from chatkeep.knowledge.documents import Document
from chatkeep.knowledge.pages import Page, PageImage
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

_SECONDS = 10.0
_KEPT_BYTES = 16 << 20
_Key = tuple[str, int, int, int, str]


class PdfPages:
    """Draws one page at a time."""

    def __init__(self) -> None:
        self._one = anyio.CapacityLimiter(1)
        self._kept: OrderedDict[_Key, PageImage | None] = OrderedDict()
        self._size = 0

    async def draw(self, document: Document, page: Page) -> PageImage | None:
        """As the protocol says. What is not a PDF on this machine has no pages to draw."""
        if not document.path.lower().endswith(".pdf"):
            return None
        # One at a time: a second request for the same page finds it drawn.
        return await anyio.to_thread.run_sync(self._draw, document, page, limiter=self._one)

    def _draw(self, document: Document, page: Page) -> PageImage | None:
        original = _original(document)
        if original is None:
            return None
        file, stat = original
        key = (str(file), stat.st_mtime_ns, stat.st_size, page.number, page.words)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        drawn = _run(file, page)
        self._keep(key, drawn)
        return drawn

    def _keep(self, key: _Key, drawn: PageImage | None) -> None:
        self._kept[key] = drawn
        self._size += _weight(drawn)
        while self._size > _KEPT_BYTES and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._size -= _weight(dropped)


def _weight(drawn: PageImage | None) -> int:
    return len(drawn.png) if drawn else 1024


def _original(document: Document) -> tuple[Path, os.stat_result] | None:
    """The file the document was read from, if it is there and inside of its source."""
    try:
        root = Path(document.source).resolve(strict=True)
        file = root if root.is_file() else (root / document.path).resolve(strict=True)
        inside = file == root or file.is_relative_to(root)
        return (file, file.stat()) if inside and file.is_file() else None
    except (OSError, ValueError):  # gone, or an address on the web
        return None


def _run(file: Path, page: Page) -> PageImage | None:
    job = json.dumps({"file": str(file), "page": page.number, "words": page.words})
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "chatkeep.adapters.pdf.draw"],
            input=job.encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        _log.warning("page_not_drawn", file=file.name, page=page.number, reason="it took too long")
        return None
    size, _, png = done.stdout.partition(b"\n")
    if done.returncode != 0 or not png:
        reason = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        _log.info("page_not_drawn", file=file.name, page=page.number, reason=reason or done.returncode)
        return None
    width, height = map(int, size.split())
    return PageImage(png, width, height)
