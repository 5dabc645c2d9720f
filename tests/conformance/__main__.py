"""`python -m tests.conformance` writes `docs/compatibility.md`.

`python -m tests.conformance REPORT...` reads what test runs reported (vitest's `.json`, pytest's `.xml`) and
fails unless every case that is tested was run and passed.
"""

import sys
from pathlib import Path

from tests.conformance.api import published
from tests.conformance.page import render
from tests.conformance.places import ROOT, passed, places

PAGE = ROOT / "docs" / "compatibility.md"


def main(reports: list[Path]) -> int:
    tested = places()
    if not reports:
        PAGE.write_text(render(tested, published()), encoding="utf-8")
        return 0
    results = passed(reports)
    broken = [number for number in tested if not (results.get(number) and all(results[number]))]
    for number in broken:
        said = "failed" if number in results else "was not run"
        sys.stderr.write(f"Case {number} {said}: {', '.join(tested[number])}\n")
    sys.stdout.write(f"{len(tested) - len(broken)} of {len(tested)} conformance cases passed.\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main([Path(each) for each in sys.argv[1:]]))
