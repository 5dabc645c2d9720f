"""`Parser` in this very process: for tests, and where every document is one's own."""

import anyio.to_thread

from chatkeep.knowledge.parse import ParsedText, Skipped, parse
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)


class InProcessParser:
    """Parses in a worker thread. It has no limits: a file that hangs a parser hangs the caller."""

    @property
    def parallel(self) -> int:
        return 1

    async def parse(self, path: str, data: bytes) -> ParsedText | Skipped:
        try:
            return await anyio.to_thread.run_sync(parse, path, data)
        except Exception as error:  # noqa: BLE001 (a file nobody foresaw must not stop the others)
            _log.exception("document_not_parsed", path=path)
            return Skipped(path, f"reading it failed ({type(error).__name__}); the log says where.")

    async def aclose(self) -> None:
        pass
