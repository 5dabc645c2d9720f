"""What a page says to robots: where it links to, what its real address is, whether to keep it."""

import hashlib
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

from chatkeep.knowledge.sources.addresses import normalised

_MOST_LINKS = 5_000


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Of one page.

    Attributes:
        links: normalised addresses, each once, in their order; none that ask not to be followed.
        canonical: the address the page says is its own; empty if it does not.
        may_keep, may_follow: whether it allows to be found, and its links to be followed.
    """

    links: tuple[str, ...]
    canonical: str
    may_keep: bool
    may_follow: bool


def read_links(html: bytes, address: str, header: str = "") -> PageLinks:
    """What the page at `address` says.

    Args:
        header: its `X-Robots-Tag`.
    """
    tree = LexborHTMLParser(html)
    said = header.lower()
    canonical = ""
    base = address
    for node in tree.css("base[href]")[:1]:
        base = normalised(node.attributes.get("href") or "", address) or address
    for node in tree.css("meta[name][content]"):
        if (node.attributes.get("name") or "").lower() in ("robots", "chatkeep"):
            said += f",{(node.attributes.get('content') or '').lower()}"
    for node in tree.css("link[rel][href]"):
        if "canonical" in (node.attributes.get("rel") or "").lower().split():
            canonical = normalised(node.attributes.get("href") or "", base) or ""
            break
    words = {word.strip() for word in said.split(",")}
    may_follow = not words & {"nofollow", "none"}
    links: dict[str, None] = {}
    for node in tree.css("a[href], area[href]") if may_follow else ():
        if "nofollow" in (node.attributes.get("rel") or "").lower().split():
            continue
        found = normalised(node.attributes.get("href") or "", base)
        if found is not None:
            links[found] = None
        if len(links) >= _MOST_LINKS:
            break
    return PageLinks(tuple(links), canonical, not words & {"noindex", "none"}, may_follow)


def substance(html: bytes) -> str:
    """Changes when what people see on the page does, and not with tokens, scripts and styles."""
    digest = hashlib.sha256()
    tree = LexborHTMLParser(html)
    tree.strip_tags(["script", "style", "input", "meta", "link", "template", "iframe"])
    for node in tree.root.traverse(include_text=True) if tree.root else ():
        if node.tag == "-text":
            digest.update(" ".join((node.text_content or "").split()).encode(errors="replace"))
        elif node.tag is not None:
            shown = [node.attributes.get(name) or "" for name in ("href", "src", "alt")]
            digest.update(f"<{node.tag} {shown}>".encode(errors="replace"))
    digest.update(
        "".join(node.text() for node in LexborHTMLParser(html).css("title")).encode(errors="replace")
    )
    return digest.hexdigest()
