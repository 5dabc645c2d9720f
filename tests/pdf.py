"""Small PDF files for tests: pages of lines in Helvetica, written by hand."""

from collections.abc import Sequence


def pdf(pages: Sequence[Sequence[str]], size: tuple[int, int] = (612, 792)) -> bytes:
    """A PDF of `pages`, each a list of lines of ASCII; the paper's `size` in points."""
    first = 4
    kids = " ".join(f"{first + 2 * number + 1} 0 R" for number in range(len(pages)))
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    for number, lines in enumerate(pages):
        shown = "".join(f"({_escaped(line)}) Tj T* " for line in lines)
        content = f"BT /F1 12 Tf 72 {size[1] - 72} Td 16 TL {shown}ET".encode("ascii")
        at = first + 2 * number
        objects[at] = b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content)
        objects[at + 1] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]} {size[1]}] /Contents {at} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        ).encode()
    return _file(objects)


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _file(objects: dict[int, bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number in sorted(objects):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, objects[number])
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
