"""A cited passage stands out in its document, its words in the passage, and no document can do harm."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.http.rendering import render
from chatkeep.knowledge.cite import Span
from chatkeep.knowledge.documents import Document, DocumentId, TextFormat


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
    rendered = render(document(text), Span(start, start + len("The *passage*.")))
    assert rendered.passage == "<p>The <em>passage</em>.</p>\n"
    assert "Before." in rendered.before
    assert "After." in rendered.after


def test_a_passage_inside_fenced_code_is_still_code_and_so_is_the_rest() -> None:
    text = "```sh\nfirst\nsecond\nthird\n```\n\nAfter."
    start = text.index("second")
    rendered = render(document(text), Span(start, start + len("second\n")))
    assert rendered.passage == '<pre><code class="language-sh">second\n\n</code></pre>\n'
    assert '<pre><code class="language-sh">third\n</code></pre>' in rendered.after
    assert "<p>After.</p>" in rendered.after


def test_a_link_defined_elsewhere_in_the_document_works_in_the_passage() -> None:
    text = "See [the guide].\n\n[the guide]: https://example.com/guide"
    assert 'href="https://example.com/guide"' in render(document(text), Span(0, 16)).passage


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
    html = str(render(document(hostile), Span(0, len(hostile))).passage).lower()
    assert "<script" not in html
    assert "<img" not in html
    assert "<svg" not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html


_BLOCKS = ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "pre", "blockquote", "hr"]
_TABLES = ["div", "table", "thead", "tbody", "tr", "th", "td"]
_TAGS = {"a", "em", "strong", "s", "code", "br", "span", "mark", *_BLOCKS, *_TABLES}


@given(
    text=st.text(alphabet="ab`~\n #*<>/[]()|-:", max_size=80),
    cut=st.tuples(st.integers(0, 80), st.integers(0, 80)),
)
def test_any_cut_of_any_text_makes_only_known_tags(text: str, cut: tuple[int, int]) -> None:
    start, end = sorted(min(place, len(text)) for place in cut)
    rendered = render(document(text), Span(start, end))
    for part in (rendered.before, rendered.passage, rendered.after):
        assert set(re.findall(r"<\s*/?\s*([a-z0-9]*)", part)) <= _TAGS


def marks(text: str, cited: str, text_format: TextFormat = "markdown") -> list[str]:
    """What is marked when `cited` is cited of a passage that is the whole `text`."""
    start = text.index(cited)
    rendered = render(document(text, text_format), Span(0, len(text)), Span(start, start + len(cited)))
    assert rendered.is_marked
    assert rendered.passage.count('id="cited"') == 1
    return re.findall("<mark[^>]*>(.*?)</mark>", rendered.passage, re.DOTALL)


@pytest.mark.parametrize(
    ("text", "cited", "expected"),
    [
        ("One. Two. Three.", "Two.", ["Two."]),
        ("One. **Two.** Three.", "**Two.**", ["Two."]),
        ("One. _Two_ words.", "_Two_ words.", ["Two", " words."]),
        ("- one\n- two\n- three", "- two", ["two"]),
        ("- one\n- two\n- three", "- two\n- three", ["two", "three"]),
        ("> one\n> two", "> two", ["two"]),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |", "| 3 | 4 |", ["3", "4"]),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |", "| 1 | 2 |", ["1", "2"]),
        ("```sh\nfirst\nsecond\n```", "second", ["second"]),
        (
            "See [the guide](https://x.test). End.",
            "See [the guide](https://x.test).",
            ["See ", "the guide", "."],
        ),
        ("One & two. Three.", "One & two.", ["One &amp; two."]),
        ("Odd ⸨brackets⸩ here. Two.", "Two.", ["Two."]),
        ("A <b>raw</b> one. Two.", "A <b>raw</b> one.", ["A &lt;b&gt;raw&lt;/b&gt; one."]),
    ],
)
def test_the_words_that_are_cited_are_marked(text: str, cited: str, expected: list[str]) -> None:
    assert marks(text, cited) == expected


def test_words_of_plain_text_are_marked() -> None:
    assert marks("One <b>.\nTwo.\nThree.", "Two.", "plain") == ["Two."]


@given(
    text=st.text(alphabet="ab`~\n #*<>/[]()|-:_⸨⸩", min_size=1, max_size=60),
    cut=st.tuples(st.integers(0, 60), st.integers(0, 60)),
)
def test_any_words_of_any_text_leave_it_well_formed_and_whole(text: str, cut: tuple[int, int]) -> None:
    start, end = sorted(min(place, len(text)) for place in cut)
    whole = Span(0, len(text))
    marked = render(document(text), whole, Span(start, end))
    assert set(re.findall(r"<\s*/?\s*([a-z0-9]*)", marked.passage)) <= _TAGS
    opened: list[str] = []
    for closing, tag in re.findall(r"<(/?)([a-z0-9]+)[^>]*>", marked.passage):
        if not closing and tag not in ("br", "hr"):
            opened.append(tag)
        elif closing:
            assert opened.pop() == tag
    assert opened == []
    assert marked.passage.count("<mark") == marked.passage.count("</mark>")
