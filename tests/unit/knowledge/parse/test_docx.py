"""Word documents."""

from io import BytesIO

from docx import Document

from tests.unit.knowledge.parse.reading import parsed, refused
from tests.unit.knowledge.parse.samples import docx, rezipped, zipped

NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:v"'
)


def body(xml: str) -> str:
    """What a document with this content becomes."""
    document = f"<w:document {NAMES}><w:body>{xml}</w:body></w:document>"
    return parsed("a.docx", rezipped(docx(), {"word/document.xml": document})).text


def paragraph(words: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{words}</w:t></w:r></w:p>"


def test_structure_is_kept() -> None:
    text = parsed("a.docx", docx()).text
    for line in (
        "# Rules",
        "## Safety",
        "### Furnace",
        "- Wear gloves",
        "1. Open the flue",
        "2. Strike the match",
    ):
        assert f"\n{line}\n" in f"\n{text}"
    assert "| Item | Price |\n| --- | --- |\n| Copper kettle | 19.50 |\n| Brass lantern | 42.00 |" in text


def test_the_title_is_the_properties_else_the_paragraph_styled_so_else_the_name() -> None:
    assert parsed("a.docx", docx()).title == "Workshop rules"
    for style, title in (("Title", "The rules"), ("Normal", "a.docx")):
        word = Document()
        word.add_paragraph("The rules", style=style)
        saved = BytesIO()
        word.save(saved)
        assert parsed("a.docx", saved.getvalue()).title == title


def test_a_template_s_language_is_not_the_document_s() -> None:
    word = Document()
    word.add_paragraph("Das ist Deutsch.")
    saved = BytesIO()
    word.save(saved)
    assert parsed("a.docx", saved.getvalue()).language == ""


def test_the_language_most_text_is_marked_as() -> None:
    marked = '<w:p><w:r><w:rPr><w:lang w:val="de-DE"/></w:rPr><w:t>Das ist Deutsch.</w:t></w:r></w:p>'
    document = f"<w:document {NAMES}><w:body>{marked}</w:body></w:document>"
    plain = rezipped(docx(), {"word/document.xml": document, "docProps/core.xml": "<x/>"})
    assert parsed("a.docx", plain).language == "de"


def test_insertions_count_and_deletions_do_not() -> None:
    changed = (
        "<w:p><w:r><w:t>It is </w:t></w:r><w:ins><w:r><w:t>new</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>old</w:delText></w:r></w:del></w:p>"
    )
    assert body(changed) == "It is new\n"


def test_content_controls_and_text_boxes_are_read_once() -> None:
    box = f"<v:box><w:txbxContent>{paragraph('boxed')}</w:txbxContent></v:box>"
    either = f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    both = f"<mc:AlternateContent>{either}</mc:AlternateContent>"
    control = f"<w:sdt><w:sdtContent>{paragraph('controlled')}</w:sdtContent></w:sdt>"
    assert (
        body(f"{control}<w:p><w:r><w:t>around</w:t>{both}</w:r></w:p>") == "controlled\n\naround\n\nboxed\n"
    )


def test_words_that_look_like_structure_stay_words() -> None:
    assert body(paragraph("# not a heading") + paragraph("- no item")) == "\\# not a heading\n\n\\- no item\n"


def test_footnotes_stand_at_the_end() -> None:
    reference = '<w:p><w:r><w:t>Boil it</w:t><w:footnoteReference w:id="2"/></w:r></w:p>'
    relations = (
        '<Relationships xmlns="r"><Relationship Id="f" Target="footnotes.xml" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"/></Relationships>'
    )
    notes = (
        f'<w:footnotes {NAMES}><w:footnote w:id="2">{paragraph("For a minute.")}</w:footnote></w:footnotes>'
    )
    changes = {
        "word/document.xml": f"<w:document {NAMES}><w:body>{reference}</w:body></w:document>",
        "word/_rels/document.xml.rels": relations,
        "word/footnotes.xml": notes,
    }
    assert parsed("a.docx", rezipped(docx(), changes)).text == "Boil it[^2]\n\n[^2]: For a minute.\n"


def test_clauses_are_numbered_as_they_are_shown() -> None:
    levels = (
        '<w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>'
        '<w:lvl w:ilvl="2"><w:numFmt w:val="lowerRoman"/><w:lvlText w:val="(%3)"/></w:lvl>'
    )
    numbering = (
        f'<w:numbering {NAMES}><w:abstractNum w:abstractNumId="5">{levels}</w:abstractNum>'
        '<w:num w:numId="7"><w:abstractNumId w:val="5"/></w:num></w:numbering>'
    )

    def numbered(words: str, depth: int, style: str = "") -> str:
        return paragraph(words, f'{style}<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="7"/></w:numPr>')

    heading = '<w:pStyle w:val="Heading1"/>'
    document = "".join(
        [
            numbered("Term", 0, heading),
            numbered("It begins.", 1),
            numbered("at dawn", 2),
            numbered("at dusk", 2),
            numbered("It ends.", 1),
            numbered("Payment", 0, heading),
            numbered("At once.", 1),
        ]
    )
    changes = {
        "word/document.xml": f"<w:document {NAMES}><w:body>{document}</w:body></w:document>",
        "word/numbering.xml": numbering,
    }
    assert parsed("a.docx", rezipped(docx(), changes)).text == (
        "# 1. Term\n\n  - 1.1 It begins.\n    - (i) at dawn\n    - (ii) at dusk\n  - 1.2 It ends.\n\n"
        "# 2. Payment\n\n  - 2.1 At once.\n"
    )


def test_code_stays_together() -> None:
    style = '<w:style w:styleId="C"><w:name w:val="Source Code"/></w:style>'
    lines = "".join(paragraph(line, '<w:pStyle w:val="C"/>') for line in ("if x:", "  y()"))
    changes = {
        "word/document.xml": f"<w:document {NAMES}><w:body>{lines}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {NAMES}>{style}</w:styles>",
    }
    assert parsed("a.docx", rezipped(docx(), changes)).text == "```\nif x:\n  y()\n```\n"


def test_what_is_no_word_document_says_so() -> None:
    assert "not a Word document" in refused("a.docx", b"words")
    assert "not a Word document" in refused("a.docx", zipped({"a": "b"}))
    assert "password, or of an old kind" in refused(
        "a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    )
    assert refused("a.docx", rezipped(docx(), {"word/document.xml": "<x/>"})) == "it holds no text."
