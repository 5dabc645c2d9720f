"""Which files of a source are wanted: patterns as `.gitignore` has them.

`*` and `?` stay within a name, `**` crosses folders, `[a-z]` is a choice; a pattern with a slash before its
end counts from the source's root, any other matches at every depth; a slash at the end means folders only.
In an ignore file, the last line that matches decides, and `!` takes back what an earlier line ignored.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

IGNORE_FILE = ".chatkeepignore"
MOST_PATTERNS = 1_000
_MOST_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which paths of a source to take.

    Attributes:
        include: nothing but what matches one of these; empty: everything.
        exclude: never what matches one of these.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def takes(self, path: str) -> bool:
        """Whether the file `path` is wanted. A folder that matches stands for all it holds."""
        if self.include and not any(_matches_or_below(pattern, path) for pattern in self.include):
            return False
        return not any(_matches_or_below(pattern, path) for pattern in self.exclude)

    def enters(self, folder: str) -> bool:
        """Whether anything below `folder` can be wanted."""
        return not any(_matches_or_below(pattern, folder + "/") for pattern in self.exclude)


@dataclass(frozen=True, slots=True)
class Ignored:
    """The lines of one ignore file; paths count from the folder it lies in."""

    lines: tuple[tuple[str, bool], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        lines = []
        for line in text.splitlines()[: 10 * MOST_PATTERNS]:
            bare = line.rstrip()
            if not bare or bare.startswith("#") or len(bare) > _MOST_LENGTH:
                continue
            is_taken_back = bare.startswith("!")
            lines.append((bare[is_taken_back:].removeprefix("\\"), not is_taken_back))
        return cls(tuple(lines[:MOST_PATTERNS]))

    def verdict(self, path: str) -> bool | None:
        """Whether `path` (a folder's ends with a slash) is ignored; None: nothing is said of it."""
        said = None
        for pattern, ignores in self.lines:
            if _compiled(pattern).fullmatch(path):
                said = ignores
        return said


def is_ignored(path: str, files: Sequence[tuple[str, Ignored]]) -> bool:
    """Whether `path` is ignored by the ignore files in the folders above it, of which the nearest wins.

    Args:
        files: from the outermost folder inwards: its path, empty or with a slash at the end, and the lines.
    """
    said = (ignored.verdict(path.removeprefix(folder)) for folder, ignored in reversed(files))
    return next((verdict for verdict in said if verdict is not None), False)


def _matches_or_below(pattern: str, path: str) -> bool:
    """Whether the pattern matches the path or a folder that it lies in."""
    ends = [place + 1 for place, letter in enumerate(path) if letter == "/"]
    return any(_compiled(pattern).fullmatch(candidate) for candidate in {path, *(path[:end] for end in ends)})


@lru_cache(maxsize=4 * MOST_PATTERNS)
def _compiled(pattern: str) -> re.Pattern[str]:
    bare = pattern.strip("/")
    is_anchored = "/" in pattern.rstrip("/")
    ending = "/" if pattern.endswith("/") else "/?"
    return re.compile(("" if is_anchored else "(?:.*/)?") + "".join(_pieces(bare)) + ending, re.DOTALL)


def _pieces(pattern: str) -> Iterable[str]:
    place = 0
    while place < len(pattern):
        letter = pattern[place]
        closing = pattern.find("]", place + 2) if letter == "[" else -1
        if pattern.startswith("**/", place):
            yield "(?:.*/)?"
            place += 3
        elif pattern.startswith("**", place):
            yield ".*"
            place += 2
        elif letter == "*":
            yield "[^/]*"
            place += 1
        elif letter == "?":
            yield "[^/]"
            place += 1
        elif closing > 0:
            yield _choice(pattern[place + 1 : closing])
            place = closing + 1
        else:
            place += letter == "\\" and place + 1 < len(pattern)
            yield re.escape(pattern[place])
            place += 1


def _choice(letters: str) -> str:
    is_negated = letters[:1] in ("!", "^")
    inside = letters[is_negated:].replace("\\", r"\\").replace("[", r"\[").replace("^", r"\^")
    try:
        re.compile(f"[{inside}]")
    except re.error:
        return re.escape(f"[{letters}]")
    return f"[{'^' if is_negated else ''}{inside}]"
