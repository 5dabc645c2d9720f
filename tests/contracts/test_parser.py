"""What every `Parser` promises, and the pool besides: whatever a file does, it is only skipped."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from chatkeep.adapters.parsing.in_process import InProcessParser
from chatkeep.adapters.parsing.limits import Limits
from chatkeep.adapters.parsing.pool import ParserPool
from chatkeep.core.errors import ConfigurationError
from chatkeep.knowledge.parse import ParsedText, Skipped, parse
from chatkeep.knowledge.protocols import Parser

ROOT = Path(__file__).parents[2]
HOSTILE = "tests.contracts.hostile_child"
MEMORY = 96 * 2**20

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux keeps this")


def pool() -> ParserPool:
    return ParserPool(Limits(), 2)


IMPLEMENTATIONS: dict[str, Callable[[], Parser]] = {"in process": InProcessParser, "pool": pool}


@pytest.fixture(params=IMPLEMENTATIONS)
async def parser(request: pytest.FixtureRequest) -> AsyncIterator[Parser]:
    parser = IMPLEMENTATIONS[request.param]()
    yield parser
    await parser.aclose()


@pytest.fixture
async def hostile(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ParserPool]:
    """A pool whose children do what the name of a file says."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    parser = ParserPool(Limits(MEMORY, seconds=2.0, characters=10_000), 1, HOSTILE)
    yield parser
    await parser.aclose()


async def skipped(parser: Parser, name: str, data: bytes = b"x") -> str:
    """The reason for which a file of this name is skipped; afterwards the parser reads as before."""
    found = await parser.parse(f"folder/{name}.txt", data)
    assert isinstance(found, Skipped), found
    assert found.path == f"folder/{name}.txt"
    after = await parser.parse("after.txt", b"All is well.")
    assert isinstance(after, ParsedText)
    assert after.text == "All is well."
    return found.reason


async def pid(parser: Parser) -> int:
    found = await parser.parse("pid.txt", b"")
    assert isinstance(found, ParsedText)
    return int(found.text.split()[0])


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def exists(path: Path) -> bool:
    return path.exists()


def create(path: Path) -> None:
    path.touch()


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("a/guide.md", "# Guide – \U0001f642\n\n| a | b |\n|---|---|\n| 1 | 2 |\n".encode()),
        ("notes.txt", b"a\r\nb\x0c\x7f \xe2\x80\xa8 c"),
        ("page.html", b"<title>T</title><script>alert(1)</script><h1>Hi</h1><p>there"),
        ("empty.md", b""),
        ("binary.md", bytes(range(256)) * 8),
        ("photo.png", b"\x89PNG"),
        ("large.txt", b"many words, " * 300_000),
        ("odd\udcff.txt", b"its name is not UTF-8"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isascii() else "",
)
async def test_every_parser_reads_what_the_function_reads(parser: Parser, path: str, data: bytes) -> None:
    found, expected = await parser.parse(path, data), parse(path, data)
    if isinstance(expected, Skipped):
        assert isinstance(found, Skipped)
        assert found.reason == expected.reason
    else:
        assert found == expected or path.startswith("odd")


async def test_documents_are_read_at_the_same_time(parser: Parser) -> None:
    texts = [f"Text number {number}." for number in range(40)]
    found = await asyncio.gather(*(parser.parse("a.txt", text.encode()) for text in texts))
    assert [each.text for each in found if isinstance(each, ParsedText)] == texts


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("hang", "reading it took longer than 2 s (CHATKEEP_PARSE_SECONDS allows more)."),
        ("spin", "reading it took longer than 2 s (CHATKEEP_PARSE_SECONDS allows more)."),
        ("crash", "it ends the parser (signal 11)."),
        ("abort", "it ends the parser (signal 6)."),
        ("leave", "it ends the parser (exit code 7)."),
        ("fail", "reading it failed (LookupError); the log says where."),
        ("recurse", "reading it failed (RecursionError); the log says where."),
        ("chatter", "reading it failed (ValueError); the log says where."),
        ("multiply", "it holds more than 10,000 characters of text (CHATKEEP_MAX_FILE_BYTES allows more)."),
        ("terminal", "it is  [2J empty."),
    ],
)
async def test_what_a_file_does_to_its_parser_is_a_reason_to_skip_it(
    hostile: ParserPool, name: str, reason: str
) -> None:
    assert await skipped(hostile, name, b"x" * 11) == reason


@pytest.mark.parametrize("name", ["say-nonsense", "say-too-much", "say-no-json", "say-a-number", "surrogate"])
async def test_what_a_child_says_is_not_believed(hostile: ParserPool, name: str) -> None:
    reason = await skipped(hostile, name)
    assert "not usable" in reason or "TypeError" in reason


async def test_a_child_that_stops_in_the_middle_of_its_answer_is_not_waited_for(hostile: ParserPool) -> None:
    assert "longer than 2 s" in await skipped(hostile, "say-half")


@on_linux
async def test_memory_ends_at_the_limit(hostile: ParserPool) -> None:
    reason = "reading it took more than 96 MB (CHATKEEP_PARSE_MEMORY allows more)."
    assert await skipped(hostile, "eat") == reason
    assert "ValueError" in await skipped(hostile, "eat-and-hide-it")
    # A document may have nearly all of it, and no document more.
    assert isinstance(await hostile.parse("limit.txt", b"." * 80), ParsedText)
    assert await skipped(hostile, "limit", b"." * 97) == reason


@on_linux
@pytest.mark.parametrize(
    "name", ["write-a-file", "remove-a-file", "open-a-socket", "run-a-program", "kill-the-pool"]
)
async def test_a_parser_cannot_reach_beyond_its_document(
    hostile: ParserPool, name: str, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    if name == "remove-a-file":
        create(mark)
    reason = await skipped(hostile, name, bytes(mark))
    assert reason == "reading it failed (PermissionError); the log says where."
    assert exists(mark) == (name == "remove-a-file")


async def test_a_child_knows_nothing_of_the_environment(
    hostile: ParserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    found = await hostile.parse("pid.txt", b"")
    assert isinstance(found, ParsedText)
    assert "OPENAI" not in found.text
    assert "PATH'" in found.text.replace("PYTHONPATH", "PATH")


async def test_a_child_reads_many_documents_and_is_replaced_when_it_has_read_its_fill(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    parser = ParserPool(Limits(), 1, HOSTILE, documents_a_child=3)
    pids = [await pid(parser) for _ in range(4)]
    await parser.aclose()
    assert len(set(pids[:3])) == 1
    assert pids[3] != pids[0]
    assert not any(lives(each) for each in pids)


async def test_a_child_that_died_idle_is_no_documents_fault(hostile: ParserPool) -> None:
    first = await pid(hostile)
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)  # noqa: ASYNC222
    assert await pid(hostile) != first


async def test_who_stops_waiting_stops_the_child(hostile: ParserPool) -> None:
    first = await pid(hostile)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await hostile.parse("hang.txt", b"")
    assert not lives(first)
    assert await pid(hostile) != first


async def test_a_machine_on_which_no_child_starts_says_why() -> None:
    with pytest.raises(ConfigurationError, match="No module named"):
        await ParserPool(Limits(), 1, "chatkeep.no_such_module").parse("a.txt", b"a")
