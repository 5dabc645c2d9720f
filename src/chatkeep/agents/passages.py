"""Passages as the model reads them: delimited as data, and readable back. Pure.

Text of documents comes from anywhere. It is escaped, so that none of it can close the block or open
another; the block says where each passage starts and what number a citation of it bears.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape

from chatkeep.knowledge.documents import Passage


@dataclass(frozen=True, slots=True)
class PromptPassage:
    """A passage as the prompt shows it. `number` is what `[n]` refers to."""

    number: int
    title: str
    section: str
    file: str
    text: str
    place: str = ""


_BLOCK = re.compile(r"<passages>\n(.*)</passages>", re.DOTALL)
_PASSAGE = re.compile(
    r'<passage n="(\d+)" title="([^"]*)" section="([^"]*)" file="([^"]*)"(?: place="([^"]*)")?>'
    r"\n(.*?)\n</passage>\n",
    re.DOTALL,
)
_QUESTION = re.compile(r"<question>\n(.*)\n</question>\Z", re.DOTALL)

# No more than it takes: what is escaped, the model has to read through.
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;"})
_IN_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", '"': "&quot;"})


def prompt_passages(passages: Sequence[Passage]) -> list[PromptPassage]:
    """The passages numbered from 1, in the order given."""
    return [
        PromptPassage(
            number, passage.title, " › ".join(passage.headings), passage.path, passage.text, passage.place
        )
        for number, passage in enumerate(passages, 1)
    ]


def render_passages(passages: Sequence[PromptPassage]) -> str:
    """The block of passages, for the message that asks about them."""
    return "<passages>\n" + "".join(_render(passage) for passage in passages) + "</passages>"


def read_passages(text: str) -> list[PromptPassage]:
    """The passages of the block in `text`: the inverse of `render_passages`. None without a block."""
    block = _BLOCK.search(text)
    if block is None:
        return []
    return [
        PromptPassage(int(number), *map(unescape, (title, section, file, body, place)))
        for number, title, section, file, place, body in _PASSAGE.findall(block[1])
    ]


def render_question(question: str, passages: Sequence[PromptPassage], carried_out: Sequence[str] = ()) -> str:
    """The user's message of the present turn: the passages found, what the page has done, the question."""
    done = "".join(f"<done>{call.translate(_IN_TEXT)}</done>\n" for call in carried_out)
    asked = f"<question>\n{question.translate(_IN_TEXT)}\n</question>"
    return f"{render_passages(passages)}\n\n{done}{asked}"


def read_question(text: str) -> str:
    """The question of a message made by `render_question`; any other message is its own question."""
    found = _QUESTION.search(text)
    return unescape(found[1]) if found else text


def _render(passage: PromptPassage) -> str:
    title, section, file, place = (
        value.translate(_IN_ATTRIBUTE)
        for value in (passage.title, passage.section, passage.file, passage.place)
    )
    place = f' place="{place}"' if place else ""  # most formats have none
    text = passage.text.translate(_IN_TEXT)
    return (
        f'<passage n="{passage.number}" title="{title}" section="{section}" file="{file}"{place}>\n'
        f"{text}\n</passage>\n"
    )
