"""A cited passage stands out in its document, and no document can do harm."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.core.context import RequestContext, local_context
from chatkeep.http.deps import Services
from chatkeep.http.sources import render, source
from chatkeep.knowledge.documents import Document, DocumentId, Passage, PassageId, TextFormat


def document(text: str, text_format: TextFormat = "markdown") -> Document:
    return Document(
        id=DocumentId("d"),
        source="/docs",
        path="a.md",
        title="A",
        format=text_format,
        text=text,
        fingerprint="f",
        ingested_at=datetime(2026, 11, 21, tzinfo=UTC),
    )


def test_the_passage_is_rendered_apart_from_what_surrounds_it() -> None:
    text = "# A\n\nBefore.\n\nThe *passage*.\n\nAfter."
    start = text.index("The")
    rendered = render(document(text), start, start + len("The *passage*."))
    assert rendered.passage == "<p>The <em>passage</em>.</p>\n"
    assert "Before." in rendered.before
    assert "After." in rendered.after


def test_a_passage_inside_fenced_code_is_still_code_and_so_is_the_rest() -> None:
    text = "```sh\nfirst\nsecond\nthird\n```\n\nAfter."
    start = text.index("second")
    rendered = render(document(text), start, start + len("second\n"))
    assert rendered.passage == '<pre><code class="language-sh">second\n\n</code></pre>\n'
    assert '<pre><code class="language-sh">third\n</code></pre>' in rendered.after
    assert "<p>After.</p>" in rendered.after


def test_a_link_defined_elsewhere_in_the_document_works_in_the_passage() -> None:
    text = "See [the guide].\n\n[the guide]: https://example.com/guide"
    assert 'href="https://example.com/guide"' in render(document(text), 0, 16).passage


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "![a](https://evil.example/pixel.png)",
        '<https://example.com/"onclick=alert(1)>',
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "<svg/onload=alert(1)>",
    ],
)
def test_hostile_text_is_shown_and_never_run(hostile: str) -> None:
    html = str(render(document(hostile), 0, len(hostile)).passage).lower()
    assert "<script" not in html
    assert "<img" not in html
    assert "<svg" not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html


_BLOCKS = ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "pre", "blockquote", "hr"]
_TABLES = ["table", "thead", "tbody", "tr", "th", "td"]
_TAGS = {"a", "em", "strong", "s", "code", "br", "span", *_BLOCKS, *_TABLES}


@given(
    text=st.text(alphabet="ab`~\n #*<>/[]()|-:", max_size=80),
    cut=st.tuples(st.integers(0, 80), st.integers(0, 80)),
)
def test_any_cut_of_any_text_makes_only_known_tags(text: str, cut: tuple[int, int]) -> None:
    start, end = sorted(min(place, len(text)) for place in cut)
    rendered = render(document(text), start, end)
    for part in (rendered.before, rendered.passage, rendered.after):
        assert set(re.findall(r"<\s*/?\s*([a-z0-9]*)", part)) <= _TAGS


class OneDocument:
    """Sources that have one document, cited from its beginning."""

    def __init__(self, held: Document) -> None:
        self._held = held

    async def passage(self, passage_id: str, context: RequestContext) -> tuple[Passage, Document]:
        held = self._held
        text = held.text[:20]
        return Passage(PassageId(passage_id), held.id, held.path, held.title, (), 0, 20, text, 1.0), held


async def test_the_loop_goes_on_while_a_large_document_is_rendered() -> None:
    large = document("Some *text* with `code` in it.\n\n" * 3_000)
    nobody = cast("Any", None)
    services = Services(chat=nobody, sources=OneDocument(large), suggestions=nobody, model_name="")
    showing = asyncio.create_task(source("p", services, local_context("test")))
    turns = 0
    async with asyncio.timeout(60):
        while not showing.done():
            await asyncio.sleep(0)
            turns += 1
    assert bytes((await showing).body).count(b"<em>") == 3_000
    assert turns > 10  # on the loop itself it is rendered within three
