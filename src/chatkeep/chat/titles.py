"""Titles: what a thread is called in the history, from its first question. Pure."""

_LENGTH = 60


def title_from(question: str) -> str | None:
    """The question's first line, cut at a word to at most 60 characters; None if it has no words."""
    lines = [line for line in question.splitlines() if line.strip() and not line.startswith(">")]
    line = " ".join(lines[0].split()) if lines else ""
    if len(line) <= _LENGTH:
        return line or None
    cut = line[: _LENGTH - 1]
    head, _, _ = cut.rpartition(" ")
    return (head or cut).rstrip(" ,;:-") + "…"
