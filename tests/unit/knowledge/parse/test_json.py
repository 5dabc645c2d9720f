"""JSON and JSON Lines."""

from tests.unit.knowledge.parse.reading import parsed, places, refused


def test_records_are_landmarks_and_sections_under_their_names() -> None:
    found = parsed(
        "a.json", '[{"name": "Kettle", "price": 1.10, "tags": ["new", true, null]}, {"x": {"y": [{"z": 1}]}}]'
    )
    assert places(found) == {
        "record 1": "### Kettle\n\n- name: Kettle\n- price: 1.10\n- tags: new, true, null",
        "record 2": "- x.y[0].z: 1",
    }


def test_the_names_at_the_top_of_an_object_are_sections() -> None:
    found = parsed(
        "a.json", '{"version": 12345678901234567890.10, "servers": [{"id": "a"}], "meta": {"k": "v"}}'
    )
    assert places(found) == {
        "key version": "- version: 12345678901234567890.10",
        "key servers": "## servers",
        "record servers 1": "### a\n\n- id: a",
        "key meta": "## meta\n\n- k: v",
    }


def test_long_texts_are_paragraphs() -> None:
    assert parsed("a.json", r'{"body": "one\n# two"}').text == "body:\n\none\n\\# two\n"


def test_what_is_not_json_after_all_is_read_as_text() -> None:
    with_comments = '{\n  // why\n  "a": 1,\n}\n'
    assert parsed("tsconfig.json", with_comments).text == with_comments


def test_lines_are_records_by_their_number() -> None:
    found = parsed("a.jsonl", '{"title": "A", "x": 1}\n\n"text"\nnot json\n')
    assert places(found) == {
        "record 1": "### A\n\n- title: A\n- x: 1",
        "record 3": "- text",
        "record 4": "not json",
    }


def test_empty_values_are_no_text() -> None:
    assert refused("a.json", "[{}, []]") == "it holds no values."
