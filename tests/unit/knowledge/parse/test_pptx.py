"""Slides."""

from tests.unit.knowledge.parse.reading import parsed, places, refused
from tests.unit.knowledge.parse.samples import pptx, rezipped

NAMES = (
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)


def slide(shapes: str) -> bytes:
    xml = f"<p:sld {NAMES}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>"
    return rezipped(pptx([("One", ["a"])]), {"ppt/slides/slide1.xml": xml})


def shape(words: str, placeholder: str = "", run: str = "") -> str:
    kind = f'<p:ph type="{placeholder}"/>' if placeholder else ""
    text = f"<a:p><a:r><a:rPr {run}/><a:t>{words}</a:t></a:r></a:p>"
    return f"<p:sp><p:nvSpPr><p:nvPr>{kind}</p:nvPr></p:nvSpPr><p:txBody>{text}</p:txBody></p:sp>"


def test_each_slide_is_a_section_and_a_landmark() -> None:
    found = parsed("a.pptx", pptx([("Welcome", ["One", "Two"]), ("Prices", ["They rise."])]))
    assert places(found) == {
        "slide 1": "## Welcome\n\n- One\n- Two\n\nNotes: Greet the guests first.",
        "slide 2": "## Prices\n\nThey rise.\n\n| Item | Price |\n| --- | --- |\n| Copper kettle | 19.50 |",
    }
    assert (found.title, found.metadata["author"]) == ("Welcome", "Ada Byron")


def test_a_slide_without_a_title_is_called_by_its_number() -> None:
    assert parsed("a.pptx", slide(shape("Words"))).text.startswith("## Slide 1\n\nWords\n")


def test_groups_are_looked_into_and_furniture_is_not() -> None:
    inner = f"<p:grpSp><p:grpSp>{shape('Deep inside')}</p:grpSp></p:grpSp>"
    furniture = "".join(
        shape(words, kind) for words, kind in (("1 May", "dt"), ("ACME", "ftr"), ("7", "sldNum"))
    )
    text = parsed("a.pptx", slide(inner + furniture)).text
    assert "Deep inside" in text
    assert not any(words in text for words in ("1 May", "ACME", "7"))


def test_the_language_most_text_is_marked_as() -> None:
    shapes = shape("Das ist ein deutscher Satz.", run='lang="de-DE"') + shape("Hi", run='lang="en-US"')
    assert parsed("a.pptx", slide(shapes)).language == "de"


def test_slides_without_text_are_refused() -> None:
    bare = rezipped(slide(""), {"ppt/_rels/presentation.xml.rels": "<x/>"})
    assert "hold no text" in refused("a.pptx", bare)
