"""A file of questions with what a good answer finds, cites and says: one JSON object a line.

{"question": "How long may a boat stay?", "sources": ["moorings.md"], "facts": ["three days"]}
{"question": "Who won the regatta?", "answerable": false}
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatkeep.core.errors import InvalidInput
from chatkeep.knowledge.documents import Passage

_MOST_LINES_NAMED = 5
_LONGEST_PATTERN = 500
_KEYS = ("id", "question", "sources", "answers", "facts", "reference", "answerable")
_SOURCE_KEYS = ("path", "heading", "place", "text")


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that is asked for. What is empty, any passage has.

    Attributes:
        path: of the document, or its end: `guides/models.md` is also `models.md`.
        heading: of a section the passage stands in or holds, or the document's title.
        place: the page, slide or sheet, such as `page 3`.
        text: words that stand in the passage.
    """

    path: str = ""
    heading: str = ""
    place: str = ""
    text: str = ""

    def matches(self, passage: Passage) -> bool:
        return (
            (not self.path or f"/{passage.path}".endswith(f"/{self.path}") or passage.url == self.path)
            and (not self.heading or plain(self.heading) in _headings(passage))
            and (not self.place or _stands_on(self.place, passage.place))
            and (not self.text or plain(self.text) in plain(passage.text))
        )

    def __str__(self) -> str:
        text = f"“{self.text}”" if self.text else ""
        return " · ".join(part for part in (self.path, self.heading, self.place, text) if part)


@dataclass(frozen=True, slots=True)
class Wording:
    """Words that an answer holds, or a pattern it matches; upper and lower case and blanks are alike."""

    words: str
    is_pattern: bool = False

    def found_in(self, answer: str) -> bool:
        if self.is_pattern:
            return re.search(self.words, answer, re.IGNORECASE) is not None
        return plain(self.words) in plain(answer)

    def __str__(self) -> str:
        return f"/{self.words}/" if self.is_pattern else f"“{self.words}”"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and what is expected.

    Attributes:
        sources: each should be found and cited.
        answers: wordings of which the answer should hold one.
        facts: each should be said, in one of its wordings.
        reference: a good answer, for the judge to compare with.
        answerable: False: the documents do not say, and the answer should say so.
    """

    id: str
    text: str
    sources: tuple[Source, ...] = ()
    answers: tuple[Wording, ...] = ()
    facts: tuple[tuple[Wording, ...], ...] = ()
    reference: str = ""
    answerable: bool = True


def plain(text: str) -> str:
    """Without the marks of Markdown, in lower case, every blank a single space."""
    return " ".join(re.sub(r"[*_`“”\"]", "", text).lower().split())


def read_questions(path: Path) -> list[Question]:
    """The questions in `path`.

    Raises:
        InvalidInput: it cannot be read, holds none, or some lines are wrong: each with its number and reason.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    questions: dict[str, Question] = {}
    wrong = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            question = read_question(line, str(number))
            if question.id in questions:
                raise ValueError(f'the id "{question.id}" stands further up already')
            questions[question.id] = question
        except ValueError as error:
            wrong.append(f"line {number}: {error}")
    if wrong:
        more = f"; and {len(wrong) - _MOST_LINES_NAMED} more" if len(wrong) > _MOST_LINES_NAMED else ""
        raise InvalidInput(f"{path} cannot be used: {'; '.join(wrong[:_MOST_LINES_NAMED])}{more}.")
    if not questions:
        raise InvalidInput(f"{path} holds no questions.")
    return list(questions.values())


def read_question(line: str, fallback_id: str) -> Question:
    """One line. Raises ValueError: it says what is wrong, without an end to the sentence."""
    try:
        record = json.loads(line)
    except ValueError:
        raise ValueError("not JSON") from None
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    _refuse_unknown(record, _KEYS)
    question = Question(
        id=str(record.get("id", fallback_id)),
        text=_text(record, "question"),
        sources=tuple(_source(each) for each in _list(record, "sources")),
        answers=tuple(_wording(each) for each in _list(record, "answers")),
        facts=tuple(_fact(each) for each in _list(record, "facts")),
        reference=_text(record, "reference"),
        answerable=_boolean(record, "answerable"),
    )
    if not question.text.strip():
        raise ValueError('"question" is missing')
    expects = question.sources or question.answers or question.facts or question.reference
    if question.answerable and not expects:
        raise ValueError(
            'nothing is expected: give "sources", "answers", "facts", "reference" or "answerable": false'
        )
    if expects and not question.answerable:
        raise ValueError("it is not answerable, and yet something is expected")
    return question


def _refuse_unknown(record: Mapping[str, Any], known: Sequence[str]) -> None:
    for key in record:
        if key not in known:
            raise ValueError(f'"{key}" is unknown; known are {", ".join(known)}')


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f'"{key}" is not a string')
    return value


def _boolean(record: Mapping[str, Any], key: str) -> bool:
    value = record.get(key, True)
    if not isinstance(value, bool):
        raise ValueError(f'"{key}" is neither true nor false')
    return value


def _list(record: Mapping[str, Any], key: str) -> list[Any]:
    value = record.get(key, [])
    if not isinstance(value, list):
        raise ValueError(f'"{key}" is not a list')
    return value


def _source(value: Any) -> Source:
    if isinstance(value, str):
        value = {"path": value}
    if not isinstance(value, dict):
        raise ValueError("a source is neither a path nor an object")
    _refuse_unknown(value, _SOURCE_KEYS)
    source = Source(**{key: _text(value, key) for key in _SOURCE_KEYS})
    if not str(source):
        raise ValueError("a source is empty")
    return source


def _fact(value: Any) -> tuple[Wording, ...]:
    wordings = tuple(_wording(each) for each in (value if isinstance(value, list) else [value]))
    if not wordings:
        raise ValueError("a fact is empty")
    return wordings


def _wording(value: Any) -> Wording:
    if isinstance(value, str) and plain(value):
        return Wording(value)
    if isinstance(value, dict) and set(value) == {"regex"} and isinstance(value["regex"], str):
        pattern = value["regex"]
        if len(pattern) > _LONGEST_PATTERN:
            raise ValueError(f"a pattern is longer than {_LONGEST_PATTERN} characters")
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"/{pattern}/ is not a regular expression ({error})") from None
        return Wording(pattern, is_pattern=True)
    raise ValueError('an answer or fact is neither words nor {"regex": "..."}')


_HEADING = re.compile(r"^ {0,3}#{1,6} +(.+?)(?: +#+)? *$", re.MULTILINE)


def _headings(passage: Passage) -> set[str]:
    """Those it stands under, and those in its text: small sections share a passage."""
    return {plain(each) for each in (passage.title, *passage.headings, *_HEADING.findall(passage.text))}


_PLACE = re.compile(r"(\w+?)s? (.+?)(?:[–-](.+))?")


def _stands_on(wanted: str, place: str) -> bool:
    """Whether `place` is or holds `wanted`: `pages 3–5` holds `page 4`."""
    if plain(wanted) == plain(place):
        return True
    asked, has = _PLACE.fullmatch(plain(wanted)), _PLACE.fullmatch(plain(place))
    if asked is None or has is None or asked[1] != has[1]:
        return False
    bounds = [each for each in (asked[2], asked[3], has[2], has[3]) if each]
    if not all(each.isdigit() for each in bounds):
        return asked[2] in (has[2], has[3])
    return int(has[2]) <= int(asked[2]) and int(asked[3] or asked[2]) <= int(has[3] or has[2])
