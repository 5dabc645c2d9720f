"""Plain text: taken as it is."""

from chatkeep.knowledge.parse.decode import decode
from chatkeep.knowledge.parse.parsed import ParsedText, Unreadable


def parse_text(data: bytes, name: str) -> ParsedText | Unreadable:
    """`name` is the file's name, and becomes the title."""
    text = decode(data)
    return text if isinstance(text, Unreadable) else ParsedText(title=name, format="plain", text=text)
