"""reStructuredText."""

import pytest

from tests.unit.knowledge.parse.reading import parsed, refused
from tests.unit.knowledge.parse.samples import RST


def test_structure_is_kept() -> None:
    found = parsed("a.rst", RST)
    assert found.title == "The kettle"
    assert found.text.startswith(
        "# The kettle\n\n## Care\n\nThe kettle is descaled with vinegar, see the manual and Kettle.\n\n"
        "Never boil it dry.\n\nkettle.py\n\n```python\nkettle.boil(minutes=3)\n```\n\n`boil(minutes)`\n\n"
        "Boils the water for some minutes.\n\n| Item | Price |\n| --- | --- |\n| Copper kettle | 19.50 |\n"
    )
    assert "These words must not be lost either." in found.text
    assert found.text.endswith("1. First rinse\n2. Then dry\n")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("* a\n\n  * b\n\n    more\n* c", "- a\n\n  - b\n\n    more\n- c\n"),
        ("term\n  its *meaning*", "term\n\nits meaning\n"),
        (":Author: Ada\n:orphan:\n\nx", "Author: Ada\n\nx\n"),
        ("A |name| here.\n\n.. |name| replace:: kettle", "A kettle here.\n"),
        ("See it [1]_.\n\n.. [1] The book.", "See it [1].\n\n[1] The book.\n"),
        ("A `link <https://x.test>`_ and ``code`` and **bold**.", "A link and `code` and **bold**.\n"),
        ("| one\n| two", "one\ntwo\n"),
        ("Like so::\n\n  x = 1\n\n.. a comment", "Like so:\n\n```\nx = 1\n```\n"),
        (".. tip:: Wait.\n\n   And wait.", "Wait.\n\nAnd wait.\n"),
        (":unheardof:`words`", ":unheardof:`words`\n"),
        (".. image:: x.png\n   :alt: A kettle", "A kettle\n"),
        (".. deprecated:: 2.0\n   Use tea.", "deprecated 2.0\nUse tea.\n"),
        ("\\# no heading", "\\# no heading\n"),
    ],
)
def test_elements(source: str, text: str) -> None:
    assert parsed("a.rst", source).text == text


def test_only_comments_is_no_text() -> None:
    assert "no text besides" in refused("a.rst", ".. nothing here\n\n.. toctree::\n\n   a\n   b\n")
