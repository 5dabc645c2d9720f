"""The documentation is true: it links, its commands parse, what it names exists, and it is fresh.

chatkeep answers questions from these pages, so what is wrong here becomes a wrong answer.
"""

import ast
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import get_args

import pytest
import typer
from chatkit.types import AssistantMessageItem, ThreadItemDoneEvent, ThreadStreamEvent
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import TypeAdapter
from typer.core import TyperGroup

from chatkeep.chat import operations
from chatkeep.cli.main import app
from chatkeep.cli.reference import configuration_reference
from chatkeep.core.errors import ConfigurationError
from chatkeep.settings import EmbeddingSettings, ModelSettings, QdrantSettings, Settings

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [*DOCS, *sorted(ROOT.glob("*.md"))]
SHELL = {"sh", "bash", "shell", "console"}

TREES = (ModelSettings, QdrantSettings)
OWN = {name for name in Settings.model_fields if name not in ("model", "qdrant", "embeddings")}
VARIABLES = (
    {f"CHATKEEP_{name}".upper() for name in OWN}
    | {f"CHATKEEP_EMBEDDINGS_{name}".upper() for name in EmbeddingSettings.model_fields}
    | {name.upper() for tree in TREES for name in tree.model_fields}
)
VARIABLE = re.compile(r"\b(?:CHATKEEP|LLM|OPENAI|GEMINI|OPENROUTER|QDRANT)_[A-Z0-9_]*[A-Z0-9]\b")

LEAST_SPOKEN = 12  # letters; less would match anything

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
each_document = pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))


@cache
def tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def fences(page: Path, languages: Iterable[str]) -> Iterator[str]:
    for token in tokens(page):
        if token.type == "fence" and token.info.strip() in languages:
            yield token.content


def headings(page: Path, tag: str = "") -> list[str]:
    pairs = zip(tokens(page), tokens(page)[1:], strict=False)
    return [
        words.content for opening, words in pairs if opening.type == "heading_open" and tag in opening.tag
    ]


def links(page: Path) -> Iterator[str]:
    for token in tokens(page):
        for child in token.children or ():
            if child.type in ("link_open", "image"):
                yield str(child.attrGet("href") or child.attrGet("src"))


def anchor(heading: str) -> str:
    """The fragment that code hosts give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def commands(page: Path) -> Iterator[list[str]]:
    """The words of each command in the page's shell blocks, without variables set before it."""
    for block in fences(page, SHELL):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            for is_separator, command in groupby(words, key=lambda word: word in ("&&", "||", "|", ";")):
                if not is_separator:
                    found = list(command)
                    while found and re.fullmatch(r"[A-Z_]+=.*", found[0]):
                        del found[0]
                    yield found


def spoken() -> Iterator[re.Pattern[str]]:
    """What the product's code can say: each of its longer strings, with anything in its gaps."""
    for module in (ROOT / "src" / "chatkeep").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            words = [
                str(part.value) if isinstance(part, ast.Constant) and isinstance(part.value, str) else None
                for part in parts
            ]
            if sum(len(word) for word in words if word) >= LEAST_SPOKEN:
                pattern = "".join(".+" if word is None else re.escape(word) for word in words)
                yield re.compile(f"(chatkeep: )?{pattern}")


def command_line() -> TyperGroup:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return group


def of_chatkeep(command: list[str]) -> list[str] | None:
    """The arguments, if the command is chatkeep's."""
    if command[1:3] == ["-m", "chatkeep"]:
        return command[3:]
    return command[1:] if command and command[0].split("/")[-1] == "chatkeep" else None


@each_page
def test_relative_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not fragment or fragment in map(anchor, headings(target)), link


@each_page
def test_command_lines_parse(page: Path) -> None:
    group = command_line()
    for words in commands(page):
        arguments = of_chatkeep(words)
        if arguments is None or arguments in (["--help"], ["--version"]):
            continue
        assert arguments[0] in group.commands, words
        with suppress(typer.Exit):  # what --help ends with
            group.commands[arguments[0]].make_context(arguments[0], arguments[1:])


@each_page
def test_make_lines_name_verbs_and_variables_of_the_makefile(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    verbs = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    variables = set(re.findall(r"\$\(.*?\b([A-Z_]{4,})\)", makefile))
    for words in commands(page):
        if words[:1] == ["make"]:
            assert {word for word in words[1:] if "=" not in word} <= verbs, words
            assert {word.split("=")[0] for word in words[1:] if "=" in word} <= variables, words


@each_page
def test_environment_variables_named_are_settings(page: Path) -> None:
    for line in page.read_text(encoding="utf-8").splitlines():
        if "is not a setting" not in line:  # quotes a misspelt one
            assert set(VARIABLE.findall(line)) <= VARIABLES, line


def test_the_misspelt_variable_is_answered_as_the_page_quotes_it() -> None:
    quoted = [
        line
        for line in headings(ROOT / "docs" / "troubleshooting.md")
        if line.startswith("CHATKEEP_") and "is not a setting" in line
    ]
    with pytest.raises(ConfigurationError) as refusal:
        Settings.load({quoted[0].split()[0]: "1"})
    assert str(refusal.value) == quoted[0]


def test_messages_quoted_are_what_the_product_says() -> None:
    messages = [
        line
        for page in DOCS
        for block in fences(page, {"text"})
        for line in block.splitlines()
        if re.match(r"[A-Z/c].* .*[.)]$", line)
    ]
    patterns = list(spoken())
    assert len(messages) >= 12
    for message in messages:
        assert any(pattern.fullmatch(message) for pattern in patterns), message


def test_the_configuration_reference_is_fresh() -> None:
    page = ROOT / "docs" / "reference" / "configuration.md"
    assert page.read_text(encoding="utf-8") == configuration_reference(), (
        "Run: .venv/bin/python -m chatkeep.cli.reference docs/reference/configuration.md"
    )


def test_the_configuration_reference_has_a_section_for_each_variable() -> None:
    assert set(headings(ROOT / "docs" / "reference" / "configuration.md", "h3")) == VARIABLES


def test_every_command_option_and_argument_is_in_the_reference() -> None:
    page = ROOT / "docs" / "reference" / "command-line.md"
    sections = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    group = command_line()
    for name, command in group.commands.items():
        (section,) = [section for section in sections if section.startswith(f"chatkeep {name}\n")]
        for parameter in command.params:
            spelt = parameter.opts[0] if parameter.param_type_name == "option" else parameter.name.upper()
            assert re.search(rf"^\| `{spelt}\b.*`", section, re.MULTILINE), f"{name}: {spelt}"
    for option in group.params:
        assert f"`{option.opts[0]}`" in sections[0]


@each_page
def test_json_is_json_and_what_looks_like_an_operation_is_one(page: Path) -> None:
    operation = operations.new_parser()
    curled = [
        words[words.index("-d") + 1] for words in commands(page) if words[:1] == ["curl"] and "-d" in words
    ]
    for text in [*fences(page, {"json"}), *curled]:
        value = json.loads(text)
        if "params" in value:
            operation.validate_python(value)


def test_the_operations_named_are_the_protocols() -> None:
    text = (ROOT / "docs" / "explanation" / "protocol.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:threads|items|attachments|input)\.[a-z_]+)`", text))
    assert named <= {request.model_fields["type"].default for request in get_args(operations.Operation)}
    assert len(named) >= 9


def test_the_example_stream_is_one_the_protocol_allows() -> None:
    (stream,) = [
        text for text in fences(ROOT / "docs" / "explanation" / "protocol.md", {"text"}) if "data: " in text
    ]
    adapter = TypeAdapter[ThreadStreamEvent](ThreadStreamEvent)
    events = [adapter.validate_json(frame.removeprefix("data: ")) for frame in stream.strip().split("\n\n")]
    deltas = [
        json.loads(frame[6:]).get("update", {}).get("delta", "") for frame in stream.strip().split("\n\n")
    ]
    last = events[-1]
    assert isinstance(last, ThreadItemDoneEvent)
    assert isinstance(last.item, AssistantMessageItem)
    part = last.item.content[0]
    assert part.text == "".join(deltas)
    assert [annotation.index for annotation in part.annotations] == [len(part.text)]


@each_document
def test_a_page_has_one_title_and_no_heading_twice(page: Path) -> None:
    assert len(headings(page, "h1")) == 1
    assert len(headings(page)) == len(set(map(anchor, headings(page))))


def test_every_page_can_be_reached_from_the_first() -> None:
    reached: set[Path] = set()
    waiting = {ROOT / "docs" / "index.md"}
    while waiting:
        page = waiting.pop()
        reached.add(page)
        targets = {
            (page.parent / link.partition("#")[0]).resolve() for link in links(page) if ":" not in link
        }
        waiting |= {target for target in targets if target in DOCS} - reached
    assert reached == set(DOCS)
