"""Rows of cells as a Markdown table."""


def table_markdown(rows: list[list[str]]) -> str:
    """The first row is the head. Rows shorter than the longest are filled up; empty ones left out."""
    rows = [row for row in rows if any(row)]
    if not rows:
        return ""
    width = min(max(len(row) for row in rows), 100)
    if width == 1:
        return "\n\n".join(row[0] for row in rows)
    lines = [_line([*row, *[""] * (width - len(row))][:width]) for row in rows]
    return "\n".join([lines[0], _line(["---"] * width), *lines[1:]])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
