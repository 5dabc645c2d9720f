"""What axe finds on a page. It is put in as text, which a strict policy refuses: its contexts have none."""

from pathlib import Path

from playwright.sync_api import Page

_SCRIPT = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
PRACTICES = "best-practice"


def violations(page: Page, *more: str) -> list[str]:
    """A line each: the rule, the place, the reason. By the rules of WCAG 2.2 AA and `more`."""
    page.evaluate(_SCRIPT.read_text(encoding="utf-8"))
    found = page.evaluate(
        """async (rules) => {
            const { violations, passes } = await axe.run({ runOnly: rules });
            const faults = violations.flatMap(({ id, nodes }) =>
                nodes.map((node) => `${id}: ${node.target.flat().join(' ')}: ${node.failureSummary}`));
            return { faults, passes: passes.length };
        }""",
        [*WCAG, *more],
    )
    assert found["passes"] > 5, "axe looked at nothing"
    faults: list[str] = found["faults"]
    return faults
