"""What is remembered of a source elsewhere: when it was last looked at."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Visits:
    """Kept in the source's own folder in the data folder."""

    folder: Path

    @property
    def last(self) -> datetime | None:
        """When all of it was last seen; None: never."""
        try:
            return datetime.fromisoformat(json.loads((self.folder / "visited.json").read_bytes())["at"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def note(self, now: datetime) -> None:
        """It was seen now."""
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / ".visited.json"
        unfinished.write_text(json.dumps({"at": now.isoformat()}))
        unfinished.replace(self.folder / "visited.json")
