"""Citations: the `[n]` markers of an answer, taken out of its text and turned into annotations.

Above: `chat.translate` feeds a scanner the text as it streams, and `http.sources` asks what was cited.
Below: `knowledge.cite` finds the words that a citation rests on.
A marker may arrive in pieces, so the scanner holds back whatever could still become one. Markers
in code, and links such as `[1](https://...)`, are left alone. A marker that points nowhere is
dropped and counted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chatkit.store import NotFoundError, Store
from chatkit.types import Annotation, AssistantMessageItem, EntitySource, URLSource

from chatkeep.core.context import RequestContext
from chatkeep.knowledge.cite import Span, quote
from chatkeep.knowledge.documents import Passage

UNSUPPORTED = "chatkeep.unsupported"
WITHOUT_SOURCE = "chatkeep.without-source"
"""The ids of the entities by which the element knows what the check found."""

# A marker: `[1]`, `[1, 2]`, `[^1]`, or the full-width form some models were trained on; not the
# text of a link, `[1](...)` or `[1][name]`, nor a definition, `[1]: ...`, at the start of a line.
_MARKER = re.compile(
    r"(?m:^(?!\[[^\]\n]*\]:)|(?<!^))[ \t]*"
    r"(?:\[\^?(\d{1,3}(?:\s?[,;]\s?\d{1,3})*)\](?!\(|\[[^\d^])|【(\d{1,3})(?:[†:][^】\n]{0,80})?】)"
)
# What may still become a marker, or decide whether one counts, once more text arrives.
_UNDECIDED = re.compile(
    r"(?:`+|\n[ \t]*|[ \t]*(?:\[\^?[\d,; ]{0,24}(?:\](?::|\[[\d^]?)?)?|【[^】\n]{0,90}】?)?)\Z"
)
_SPECIAL = re.compile(r"[\[【`\n]")
_STEP = re.compile(r"`+|\n[ \t]*\n|" + _MARKER.pattern)
_FENCE = 3


@dataclass(frozen=True, slots=True)
class Citation:
    """A citation of passage `number` (from 1) right after the text that came before it."""

    number: int


class CitationScanner:
    """Separates streamed text from its citation markers.

    Args:
        passages: how many passages the answer may cite.

    Attributes:
        dropped: markers that named no passage.
    """

    def __init__(self, passages: int) -> None:
        self.dropped = 0
        self._passages = passages
        self._held = ""
        self._code = 0  # length of the backtick run that opened the code we are in; 0 outside code
        self._at_line_start = True
        self._trim = False  # a marker opened this line: the blank after it goes too

    def feed(self, text: str) -> Iterator[str | Citation]:
        """The text and citations that are now certain, in order."""
        self._held += text
        if not (self._code or self._trim or _SPECIAL.search(self._held)):
            # Nearly every piece of an answer. A blank at its end may belong to a marker.
            plain = self._held.rstrip(" \t")
            self._held = self._held[len(plain) :]
            if plain:
                self._at_line_start = False
                yield plain
            return
        undecided = _UNDECIDED.search(self._held)
        certain = undecided.start() if undecided else len(self._held)
        ready, self._held = self._held[:certain], self._held[certain:]
        yield from self._scan(ready)

    def close(self) -> Iterator[str | Citation]:
        """What was held back, now that no more text follows."""
        ready, self._held = self._held, ""
        yield from self._scan(ready)

    def _scan(self, text: str) -> Iterator[str | Citation]:
        # What `^` must see before the text: a marker that opened the line leaves no place for a definition.
        text = ("\n" if self._at_line_start and not self._trim else "x") + text
        position = 1
        for match in _STEP.finditer(text, position):
            token = match.group()
            if token.startswith("`"):
                self._toggle_code(len(token))
                continue
            if token.startswith("\n"):
                self._code = self._code if self._code >= _FENCE else 0
                continue
            if self._code:
                continue
            yield from self._plain(text[position : match.start()])
            position = match.end()
            self._trim = self._at_line_start
            for number in (int(digits) for digits in re.findall(r"\d+", match[1] or match[2])):
                if 1 <= number <= self._passages:
                    yield Citation(number)
                else:
                    self.dropped += 1
        yield from self._plain(text[position:])

    def _plain(self, text: str) -> Iterator[str]:
        if self._trim:
            text = text.lstrip(" ")
        if text:
            self._trim = False
            self._at_line_start = text.endswith("\n")
            yield text

    def _toggle_code(self, run: int) -> None:
        if self._code == 0:
            self._code = run
        elif self._code == run:
            self._code = 0


def annotation(passage: Passage, index: int, answer: str, span: Span | None = None) -> Annotation:
    """The wire's form of a citation of `passage` at code point `index` of its content part.

    Args:
        answer: names the message that cites, as `answer_name` does; its page finds the quote there when the
            passage is gone.
        span: the words of the passage that the citation rests on, once they are known.
    """
    below_title = [heading for heading in passage.headings if heading != passage.title]
    place = passage.place or " › ".join(below_title)
    return Annotation(
        source=URLSource(
            title=passage.title,
            url=f"{_address(passage.id)}?document={passage.document_id}&answer={answer}{_query(span)}",
            attribution=" · ".join(filter(None, (passage.path, place))),
            description=quote(passage.text, span),
        ),
        index=index,
    )


def unsupported(span: Span) -> Annotation:
    """The mark of a sentence of the answer that no cited passage supports.

    An entity without a link: every client can read it and keeps it with the message; ours shows a quiet
    mark, others an icon that says the same.
    """
    return Annotation(
        source=EntitySource(
            id=UNSUPPORTED,
            title="Not found in the cited passages",
            description="No passage cited here clearly says this. Check it before you rely on it.",
            icon="circle-question",
            data={"from": span.start, "to": span.end},
        ),
        index=span.end,
    )


def without_source() -> Annotation:
    """Says of a whole answer that it cites nothing: it stands at no place in the text."""
    return Annotation(
        source=EntitySource(
            id=WITHOUT_SOURCE,
            title="Not from your documents",
            description="This answer cites none of them.",
            icon="circle-question",
        )
    )


def answer_name(thread_id: str, item_id: str) -> str:
    """How a link names the message it stands in."""
    return f"{thread_id}.{item_id}"


@dataclass(frozen=True, slots=True)
class Quoted:
    """What an answer cited, as its annotation has it."""

    title: str
    place: str
    words: str


async def quoted(
    store: Store[RequestContext], answer: str, passage_id: str, context: RequestContext
) -> Quoted | None:
    """What the message named `answer` cited of a passage; None if it is gone, another's, or cites it not."""
    thread_id, _, item_id = answer.partition(".")
    try:
        item = await store.load_item(thread_id, item_id, context)
    except NotFoundError:
        return None
    if not isinstance(item, AssistantMessageItem):
        return None
    for cited in (cited for part in item.content for cited in part.annotations):
        source = cited.source
        if isinstance(source, URLSource) and source.url.startswith(f"{_address(passage_id)}?"):
            return Quoted(source.title, source.attribution or "", source.description or "")
    return None


def _address(passage_id: str) -> str:
    return f"/sources/{passage_id}"


def _query(span: Span | None) -> str:
    return f"&from={span.start}&to={span.end}#cited" if span else "#passage"
