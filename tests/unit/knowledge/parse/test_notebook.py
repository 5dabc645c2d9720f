"""Notebooks."""

import json
from collections.abc import Mapping

from tests.unit.knowledge.parse.reading import parsed, places, refused
from tests.unit.knowledge.parse.samples import notebook


def test_cells_are_landmarks() -> None:
    outputs: list[Mapping[str, object]] = [
        {"output_type": "stream", "text": ["1\n", "2\n"]},
        {"output_type": "execute_result", "data": {"text/plain": ["42"], "image/png": "aGk="}},
        {"output_type": "error", "ename": "KeyError", "evalue": "'x'", "traceback": ["..."]},
    ]
    data = notebook([("markdown", "# Study\n\n*Why*"), ("raw", "raw words"), ("code", "print(1)")], outputs)
    assert places(parsed("a.ipynb", data)) == {
        "cell 1": "# Study\n\n*Why*",
        "cell 2": "```\nraw words\n```",
        "cell 3": (
            "```python\nprint(1)\n```\n\n```text\n1\n2\n```\n\n"
            "```text\n42\n```\n\n```text\nKeyError: 'x'\n```"
        ),
    }


def test_an_open_fence_ends_with_its_cell() -> None:
    text = parsed("a.ipynb", notebook([("markdown", "```\nopen"), ("markdown", "# Heading")])).text
    assert text == "```\nopen\n```\n\n# Heading\n"


def test_the_title_is_the_first_heading_outside_code() -> None:
    assert parsed("a.ipynb", notebook([("code", "# no"), ("markdown", "# Yes")])).title == "Yes"
    assert parsed("a.ipynb", notebook([("code", "# no")])).title == "a.ipynb"


def test_the_older_format() -> None:
    cells = [{"cell_type": "heading", "level": 2, "source": "Old"}, {"cell_type": "code", "input": ["x = 1"]}]
    data = json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]})
    assert parsed("a.ipynb", data).text == "## Old\n\n```python\nx = 1\n```\n"


def test_what_is_no_notebook_says_so() -> None:
    assert "not a Jupyter notebook" in refused("a.ipynb", "[1]")
    assert "not a Jupyter notebook" in refused("a.ipynb", "{")
    assert refused("a.ipynb", '{"cells": [1, null, {"cell_type": 3}]}') == "its cells hold no text."
