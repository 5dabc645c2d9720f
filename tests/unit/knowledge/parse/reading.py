"""What most tests of parsers do first."""

from chatkeep.knowledge.parse import ParsedText, Skipped, parse


def parsed(name: str, data: bytes | str) -> ParsedText:
    result = parse(name, data.encode() if isinstance(data, str) else data)
    assert isinstance(result, ParsedText), result
    return result


def refused(name: str, data: bytes | str) -> str:
    result = parse(name, data.encode() if isinstance(data, str) else data)
    assert isinstance(result, Skipped), result
    assert result.path == name
    return result.reason


def places(text: ParsedText) -> dict[str, str]:
    """The text of each landmark's part, by its name."""
    ends = [*(landmark.start for landmark in text.landmarks[1:]), len(text.text)]
    return {
        f"{landmark.kind} {landmark.name}": text.text[landmark.start : end].strip()
        for landmark, end in zip(text.landmarks, ends, strict=True)
    }
