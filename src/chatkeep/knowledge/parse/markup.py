"""Pieces of Markdown: headings, fences, and plain words that must not turn into structure."""

import re

_STRUCTURE = re.compile(r"^(?=#{1,6}(?:\s|$)|[-+*]\s|>|~~~|```|=+$|-+$)|^(\d{1,9})(?=[.)]\s)", re.MULTILINE)
_CHANGES_WHAT_FOLLOWS = re.compile(r"^(?= {0,3}(?:#{1,6}(?:\s|$)|~~~|```|=+[ \t]*$|-+[ \t]*$))", re.MULTILINE)
_FENCE = re.compile(r"[ \t>]*(`{3,}|~{3,})(.*)\Z")


def escaped(words: str) -> str:
    """The words as a paragraph that stays one. Only what would change the structure gets a backslash."""
    return _STRUCTURE.sub(lambda found: f"{found[1] or ''}\\", words)


def unheaded(text: str) -> str:
    """Text whose quotations and lists may stand as they are, without accidental headings or fences."""
    return _CHANGES_WHAT_FOLLOWS.sub(r"\\", text)


def fenced(code: str, language: str = "") -> str:
    """The code, verbatim, in a fence longer than any inside it. Empty for blank code."""
    code = code.strip("\n").rstrip()
    if not code.strip():
        return ""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code}\n{fence}"


def heading(level: int, words: str) -> str:
    return f"{'#' * min(max(level, 1), 6)} {' '.join(words.split())}"


def closed(markdown: str) -> str:
    """Markdown whose last fence is closed, so that what follows is not taken for code."""
    fence = ""
    for line in markdown.split("\n"):
        marker = _FENCE.match(line)
        if marker and fence:
            if marker[1].startswith(fence) and not marker[2].strip():
                fence = ""
        elif marker and not (marker[1][0] == "`" and "`" in marker[2]):
            fence = marker[1]
    return f"{markdown}\n{fence}" if fence else markdown
