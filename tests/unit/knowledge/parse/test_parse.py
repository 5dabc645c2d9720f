"""Files to text: encodings, titles, structure, and what is refused."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatkeep.knowledge.parse import SUPPORTED, ParsedText
from chatkeep.knowledge.parse.archive import MAX_MEMBERS, MAX_UNPACKED
from chatkeep.knowledge.parse.draft import MAX_LANDMARKS, MAX_TEXT
from chatkeep.knowledge.parse.email import MAX_MESSAGES
from chatkeep.knowledge.parse.epub import MAX_CHAPTERS
from chatkeep.knowledge.parse.pdf import MAX_PAGES
from chatkeep.knowledge.parse.pptx import MAX_SLIDES
from chatkeep.knowledge.parse.sheets import MAX_CELLS, MAX_SHEETS
from chatkeep.knowledge.parse.xml_tree import MAX_DEPTH, MAX_ELEMENTS
from tests.unit.knowledge.parse.reading import parsed, refused
from tests.unit.knowledge.parse.samples import FILES


@pytest.mark.parametrize(
    "data",
    [
        "Grüße 🦊".encode(),
        b"\xef\xbb\xbf" + "Grüße 🦊".encode(),
        b"\xff\xfe" + "Grüße 🦊".encode("utf-16-le"),
        b"\xfe\xff" + "Grüße 🦊".encode("utf-16-be"),
    ],
)
def test_unicode_in_each_form(data: bytes) -> None:
    assert parsed("a.txt", data).text == "Grüße 🦊"


def test_windows_1252_is_the_last_resort() -> None:
    assert parsed("a.txt", b"caf\xe9 \x80 5").text == "café € 5"


def test_a_declared_charset_is_believed_where_utf_8_fails() -> None:
    page = '<meta charset="windows-1251"><p>Привет</p>'.encode("windows-1251")
    assert parsed("a.html", page).text == "Привет\n"


def test_a_slow_codec_is_not_taken_from_a_page() -> None:
    page = b'<meta charset="punycode"><p>caf\xe9</p>'
    assert parsed("a.html", page).text == "café\n"


def test_line_ends_become_lf() -> None:
    assert parsed("a.md", "a\r\nb\rc\n").text == "a\nb\nc\n"


@pytest.mark.parametrize("data", [b"", b" \n\t\n", b"\xef\xbb\xbf\n"])
def test_empty_files_are_refused(data: bytes) -> None:
    assert refused("a.txt", data) == "it is empty."


@pytest.mark.parametrize("data", [b"PK\x03\x04\x00\x00", bytes(range(1, 32)) * 20, b"\xff\xfea\x00\x00\x00"])
def test_binary_files_are_refused(data: bytes) -> None:
    assert "not text" in refused("notes.txt", data)


def test_an_unsupported_type_is_said_to_be_one() -> None:
    assert "not supported" in refused("a.xyz", "x")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntitle: From matter\n---\n# H1\n", "From matter"),
        ('---\ntitle: "Say \\"hi\\""\n---\nx', 'Say "hi"'),
        ("+++\ntitle = 'Toml'\n+++\nx", "Toml"),
        ("---\ntags: [a]\n---\n\n# The `H1` [link](http://x)\n", "The H1 link"),
        ("```\n# no\n```\n# Yes\n", "Yes"),
        ("Under\n=====\n", "Under"),
        ("## Only a second level\n", "guide.md"),
        ("C#\n\n# C#\n", "C#"),
        ("# find-up [![Build Status](https://ci/x.svg?branch=main)](https://ci/x)\n", "find-up"),
        ('# ![Acorn](logo.png "Logo")\n', "Acorn"),
        ('# <img src="x.png" width="40"> Vec<T> <br>\n', "Vec<T>"),
    ],
)
def test_titles_of_markdown(text: str, title: str) -> None:
    assert parsed("docs/guide.md", text).title == title


def test_front_matter_goes_and_the_rest_stays_verbatim() -> None:
    assert parsed("a.mdx", "---\ntitle: T\n---\nimport X\n\n*kept*  \n").text == "import X\n\n*kept*  \n"


def test_a_rule_at_the_top_is_not_front_matter() -> None:
    assert parsed("a.md", "---\nno end\n").text == "---\nno end\n"


def html(body: str, head: str = "") -> ParsedText:
    return parsed("page.html", f"<html><head>{head}</head><body>{body}</body></html>")


def test_a_page_loses_its_furniture() -> None:
    page = html(
        "<header>h</header><nav>n</nav><script>s</script><style>s</style><aside>a</aside>"
        "<svg><text>v</text></svg><template>t</template><noscript>o</noscript><p hidden>i</p>"
        "<p>Kept</p><footer>f"
    )
    assert page.text == "Kept\n"


def test_main_is_preferred_and_keeps_its_heading() -> None:
    page = html("<p>outside</p><main><header><h1>Title</h1></header><p>Inside</p></main>")
    assert page.text == "# Title\n\nInside\n"


def test_an_empty_main_gives_way_to_the_body() -> None:
    assert html("<main></main><p>There</p>").text == "There\n"


def test_structure_becomes_markdown() -> None:
    page = html(
        "<h2>Use <em>it</em></h2><p>A <b>bold </b>word and <code>code</code>, a <a href='/x'>link</a>.</p>"
        "<ul><li>one<ol start=3><li>deep</ol><li><p>two</p><p>more</p></ul>"
        '<pre class="language-py"><code>if a &lt; b:\n    pass\n</code></pre>'
        "<blockquote>said</blockquote><table><tr><th>A<th>B<tr><td>1|2<td>3</table>"
    )
    assert page.text == (
        "## Use *it*\n\nA **bold** word and `code`, a link.\n\n- one\n  3. deep\n- two\n\n  more\n\n"
        "```py\nif a < b:\n    pass\n```\n\n> said\n\n| A | B |\n| --- | --- |\n| 1\\|2 | 3 |\n"
    )


def test_words_that_look_like_structure_stay_words() -> None:
    assert html("<p># no heading</p><p>1. no list</p><p>- no item</p>").text == (
        "\\# no heading\n\n1\\. no list\n\n\\- no item\n"
    )


def test_code_with_fences_in_it_gets_a_longer_fence() -> None:
    assert html("<pre>```\nx\n```</pre>").text == "````\n```\nx\n```\n````\n"


def test_a_table_that_lays_out_a_page_is_read_through() -> None:
    assert html("<table><tr><td><h2>Left</h2><p>Text</table>").text == "## Left\n\nText\n"


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title> The\n page </title>", "<h1>H</h1>", "The page"),
        ("", "<h1>H</h1>", "H"),
        ("", "x", "page.html"),
    ],
)
def test_titles_of_pages(head: str, body: str, title: str) -> None:
    assert html(body, head).title == title


@pytest.mark.parametrize(
    "opening", ["<div>", "<b>", "<ul><li>", "<table><tr><td>", "<blockquote>", "<svg><g>"]
)
def test_hostile_nesting_is_refused_at_once(opening: str) -> None:
    assert "nested too deeply" in refused("a.html", opening * 50_000 + "x")


@pytest.mark.parametrize("opening", ["<div>", "<ul><li>", "<blockquote>", "<b><i>"])
def test_deep_but_honest_nesting_is_read(opening: str) -> None:
    assert "deep" in html(opening * 200 + "deep").text


@pytest.mark.parametrize("data", ["<!--" * 50_000, "<script>" * 50_000, "<p>" * 50_000])
def test_unfinished_pages_have_no_text(data: str) -> None:
    assert "no text" in refused("a.html", data)


def test_tags_inside_scripts_are_not_counted() -> None:
    assert html("<script>" + "'<div>'" * 5_000 + "</script><p>Fine</p>").text == "Fine\n"


def test_what_a_page_says_of_itself() -> None:
    page = parsed(
        "a.html",
        '<html lang="de-AT"><head><meta name="author" content="Ada"><meta name="description" content="Tea.">'
        '<meta property="article:modified_time" content="2024-02-03T10:00:00+01:00"></head>'
        "<body>x</body></html>",
    )
    assert (page.language, page.metadata) == ("de", {"author": "Ada", "description": "Tea."})
    assert page.modified_at == datetime(2024, 2, 3, 9, tzinfo=UTC)


def test_what_front_matter_says() -> None:
    page = parsed(
        "a.md", "---\ntitle: T\nauthor: Ada\nlang: de\ndate: 2024-01-01\nlastmod: '2024-02-03'\n---\nx"
    )
    assert (page.title, page.language, page.metadata) == ("T", "de", {"author": "Ada"})
    assert page.modified_at == datetime(2024, 2, 3, tzinfo=UTC)


def test_a_type_whose_package_is_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlrd", None)
    assert refused("a.xls", (FILES / "prices.xls").read_bytes()) == (
        "reading an old Excel workbook needs another package: pip install 'chatkeep[office]'"
    )


def test_no_library_is_loaded_before_it_is_needed() -> None:
    libraries = {"pypdfium2", "docutils", "xlrd"}
    code = f"import sys, chatkeep.knowledge.parse; print({libraries!r} & set(sys.modules))"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert shown.stdout.strip() == "set()"


def test_the_reference_names_what_is_read_and_its_limits() -> None:
    page = (Path(__file__).parents[4] / "docs" / "reference" / "formats.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(\.[a-z0-9]+)`", page)) == SUPPORTED
    limits = page[page.index("## Limits") :]
    for limit in (
        *(MAX_TEXT, MAX_LANDMARKS, MAX_UNPACKED, MAX_MEMBERS, MAX_ELEMENTS, MAX_DEPTH, MAX_CELLS),
        *(MAX_PAGES, MAX_SLIDES, MAX_CHAPTERS, MAX_SHEETS, MAX_MESSAGES),
    ):
        assert f"{limit:,}" in limits
