"""What a site asks robots to leave alone: robots.txt, as RFC 9309 has it.

The group that names us counts, or else the group for everybody; of its rules, the longest that matches
decides, and a tie allows. `Crawl-delay` is no part of the RFC, and is heeded.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

MOST_BYTES = 500 * 1024
_MOST_RULES = 2_000
_MOST_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules for one robot.

    Attributes:
        rules: (pattern, whether it allows).
        delay: seconds to leave between two requests.
    """

    rules: tuple[tuple[str, bool], ...] = ()
    delay: float = 0.0

    @classmethod
    def parse(cls, text: str, robot: str) -> Self:
        """The rules of `text` for `robot`, which is the name without a version."""
        groups = _groups(text)
        own = [group for group in groups if robot.lower() in group.robots]
        chosen = own or [group for group in groups if "*" in group.robots]
        rules = [rule for group in chosen for rule in group.rules]
        return cls(tuple(rules[:_MOST_RULES]), max((group.delay for group in chosen), default=0.0))

    def allows(self, target: str) -> bool:
        """Whether `target`, a path with its query, may be fetched."""
        matching = [
            (len(pattern), allows)
            for pattern, allows in self.rules
            if _matches(pattern, target[:_MOST_LENGTH])
        ]
        return max(matching, default=(0, True))[1]


class _Group:
    def __init__(self) -> None:
        self.robots: set[str] = set()
        self.rules: list[tuple[str, bool]] = []
        self.delay = 0.0


def _groups(text: str) -> Sequence[_Group]:
    groups: list[_Group] = []
    is_naming = False
    for line in text.removeprefix("\ufeff").splitlines():
        name, _, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if name == "user-agent":
            if not is_naming:
                groups.append(_Group())
            groups[-1].robots.add(value.split("/")[0].strip().lower())
            is_naming = True
        elif name in ("allow", "disallow") and groups:
            is_naming = False
            if value and len(value) <= _MOST_LENGTH:
                groups[-1].rules.append((value, name == "allow"))
        elif name == "crawl-delay" and groups:
            is_naming = False
            if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", value):
                groups[-1].delay = float(value)
    return groups


def _matches(pattern: str, target: str) -> bool:
    """`*` is anything, `$` at the end is the end. In time linear in the target for each piece."""
    ends_here = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not target.startswith(first):
        return False
    place = len(first)
    for other in others[:-1]:
        found = target.find(other, place)
        if found < 0:
            return False
        place = found + len(other)
    if not others:
        return not ends_here or place == len(target)
    last = others[-1]
    if ends_here:
        return target.endswith(last) and len(target) - len(last) >= place
    return target.find(last, place) >= 0
