"""Tables in pieces, each below its head."""

from hypothesis import given
from hypothesis import strategies as st

from chatkeep.knowledge.parse.table import table_blocks

cells = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="|"), max_size=12
)
tables = st.lists(st.lists(cells, max_size=5), max_size=120)


@given(tables)
def test_every_cell_is_in_the_row_that_its_mark_names(rows: list[list[str]]) -> None:
    seen: dict[int, str] = {}
    for block in table_blocks(rows):
        offsets = [offset for _, offset in block.rows]
        assert offsets == sorted(offsets)
        assert offsets[0] == 0
        for (row, start), end in zip(block.rows, [*offsets[1:], len(block.text)], strict=True):
            seen[row] = block.text[start:end]
    records = len(rows) > 1 and any("; " in text or text.startswith("- ") for text in seen.values())
    for row, texts in enumerate(rows):
        if any(texts) and not records:
            assert all(text in seen[row] for text in texts)


def test_the_head_is_repeated() -> None:
    blocks = list(table_blocks([["Item", "Price"], *([f"Lamp {n}", f"{n}.50"] for n in range(200))]))
    assert len(blocks) > 5
    assert all(block.text.startswith("| Item | Price |\n| --- | --- |\n| Lamp ") for block in blocks)
    assert [row for block in blocks for row, _ in block.rows] == list(range(201))
    assert max(len(block.text) for block in blocks) < 800
