"""`docs/compatibility.md`, made of the cases, of where they are tested and of the published API."""

from collections.abc import Iterable, Mapping, Sequence

from tests.conformance.api import LESS, Api
from tests.conformance.cases import ABOUT_WIDGETS, CASES

_HEAD = """# Compatibility with ChatKit

chatkeep's server and its `<openai-chatkit>` element do what OpenAI's ChatKit {version} does, as far as it can
be observed from outside. What that means is written down in 96 cases, and each is a test. This page is made
from the tests and from the types that `@openai/chatkit` publishes, by `python -m tests.conformance`; a test
fails when it is out of date.

**{tested} of {all} cases are tested and pass.** {waiting}

A page that works with ChatKit works with chatkeep when the address of its script is changed: [embedding the
chat in a page](guides/embedding.md). What speaks to the server is told in [the ChatKit
protocol](explanation/protocol.md).
"""


def render(places: Mapping[int, Sequence[str]], api: Api) -> str:
    """The whole page."""
    numbers = [number for cases in CASES.values() for number in cases]
    untested = [number for number in numbers if number not in places]
    waiting = [number for number in untested if number in ABOUT_WIDGETS]
    parts = [
        _HEAD.format(
            version=api.version,
            tested=len(numbers) - len(untested),
            all=len(numbers),
            waiting=f"Cases {_ranges(waiting)} wait for the server's side of widgets." if waiting else "",
        ),
        "## Cases\n",
    ]
    for group, cases in CASES.items():
        rows = [
            (str(number), title, _tested(places.get(number, ())), _state(number, places))
            for number, title in cases.items()
        ]
        parts += [f"### {group}\n", _table(("Case", "What it asks", "Tested in", "State"), rows)]
    parts += ["## Public API\n", *_api(api)]
    return "\n".join(parts).rstrip() + "\n"


def _api(api: Api) -> Iterable[str]:
    kinds = (
        ("Options", "Option", api.options),
        ("Methods", "Method", api.methods),
        ("Events", "Event", api.events),
    )
    for title, head, names in kinds:
        rows = [(f"`{name}`", *_support(name)) for name in names]
        yield f"### {title}\n"
        yield _table((head, "Works", "To be known"), rows)


def _support(name: str) -> tuple[str, str]:
    known = LESS.get(name)
    return (known.works, known.note) if known else ("yes", "")


def _tested(files: Sequence[str]) -> str:
    return ", ".join(f"[{file.rpartition('/')[2]}](../{file})" for file in files)


def _state(number: int, places: Mapping[int, Sequence[str]]) -> str:
    if number in places:
        return "passes"
    return "waits for widgets" if number in ABOUT_WIDGETS else "**not tested**"


def _ranges(numbers: Sequence[int]) -> str:
    """`51 to 58, 60`: neighbours drawn together."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in (head, *rows)]
    lines.insert(1, "|" + "---|" * len(head))
    return "\n".join(lines) + "\n"
