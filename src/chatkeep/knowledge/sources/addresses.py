"""Addresses of pages: one spelling each, and which of them belong to a site."""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

MOST_LENGTH = 2_000

# What says where a reader came from, and nothing of the page.
_TRACKING = re.compile(r"utm_.*|gclid|fbclid|msclkid|mc_[ce]id|igshid|ref_src|yclid|dclid|_ga")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def normalised(address: str, base: str = "") -> str | None:
    """The one spelling of `address` as it stands on the page `base`; None: it is none of a page."""
    try:
        parts = urlsplit(urljoin(base, address.strip()))
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not host or parts.username or parts.password:
        return None
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{shown}:{port}"
    path = quote(_without_dots(parts.path) or "/", safe="/:@!$&'()*+,;=~%-._")
    query = parts.query
    if any(_TRACKING.fullmatch(part.partition("=")[0]) for part in query.split("&")):
        kept = [(name, value) for name, value in parse_qsl(query, True) if not _TRACKING.fullmatch(name)]
        query = urlencode(kept)
    whole = urlunsplit((parts.scheme, netloc, path, query, ""))
    return whole if len(whole) <= MOST_LENGTH and whole.isprintable() else None


def _without_dots(path: str) -> str:
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del kept[max(1, len(kept) - 1) :]
        elif part != ".":
            kept.append(part)
    if path.endswith(("/.", "/..")):
        kept.append("")
    return "/".join(kept)


def target_of(address: str) -> str:
    """The path with its query, as robots.txt sees it."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


@dataclass(frozen=True, slots=True)
class Site:
    """One origin, and the part of it that counts.

    Attributes:
        origin: scheme, host and port.
        below: paths of pages begin with this.
    """

    origin: str
    below: str

    @classmethod
    def around(cls, start: str, below: str | None = None) -> Self:
        """Args:
        below: None: the folder that `start`, which is normalised, lies in.
        """
        parts = urlsplit(start)
        own = parts.path[: parts.path.rfind("/") + 1]
        return cls(f"{parts.scheme}://{parts.netloc}", own if below is None else below)

    def holds(self, address: str) -> bool:
        """Whether the normalised `address` is of this site, and of the part that counts."""
        parts = urlsplit(address)
        if f"{parts.scheme}://{parts.netloc}" != self.origin:
            return False
        # `/docs/` holds `/docs` too: it is where one is sent on from.
        return parts.path.startswith(self.below) or f"{parts.path}/" == self.below

    def path_of(self, address: str) -> str:
        """What a page is called: its address below the start, or from the root if it is not below."""
        target = target_of(address)
        short = target.removeprefix(self.below) if target.startswith(self.below) else target
        return short or "index"
