"""Real changes of real files are told; those that are nobody's business are not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from chatkeep.adapters.watching import DiskChanges

DEADLINE = 20.0


@asynccontextmanager
async def watching(changes: DiskChanges, *roots: Path) -> AsyncIterator["asyncio.Queue[Path]"]:
    """Each path told; the watch is at work when it begins."""
    told: asyncio.Queue[Path] = asyncio.Queue()

    async def listen() -> None:
        async for paths in changes.watch(roots):
            for path in sorted(paths):
                told.put_nowait(path)

    listening = asyncio.create_task(listen())
    first = roots[0] if roots[0].is_dir() else roots[0].parent
    beacon = (first if roots[0].is_dir() else roots[0].parent) / (
        "beacon.md" if roots[0].is_dir() else roots[0].name
    )
    async with asyncio.timeout(DEADLINE):
        number = 0
        while told.empty():  # when it begins to watch, nothing says
            number += 1
            await asyncio.to_thread(beacon.write_text, f"beacon {number}")
            try:
                async with asyncio.timeout(1):
                    await told.get()
                    break
            except TimeoutError:
                continue
    try:
        yield told
    finally:
        listening.cancel()
        await asyncio.wait([listening])


async def next_of(told: "asyncio.Queue[Path]", wanted: Path) -> set[Path]:
    """What was told until `wanted` was."""
    seen: set[Path] = set()
    async with asyncio.timeout(DEADLINE):
        while wanted not in seen:
            seen.add(await told.get())
    return seen


async def test_new_changed_and_removed_files_are_told(tmp_path: Path) -> None:
    async with watching(DiskChanges(), tmp_path) as told:
        file = tmp_path / "sub" / "a.md"
        await asyncio.to_thread(file.parent.mkdir)
        await asyncio.to_thread(file.write_text, "words")
        await next_of(told, file)
        await asyncio.to_thread(file.unlink)
        await next_of(told, file)


async def test_hidden_files_dependencies_and_our_own_are_not_told(tmp_path: Path) -> None:
    own = tmp_path / "data"
    for folder in (".git", "node_modules", "data"):
        (tmp_path / folder).mkdir()
    async with watching(DiskChanges([own]), tmp_path) as told:
        for folder in (".git", "node_modules", "data"):
            await asyncio.to_thread((tmp_path / folder / "a.md").write_text, "noise")
        await asyncio.to_thread((tmp_path / "last.md").write_text, "words")
        seen = await next_of(told, tmp_path / "last.md")
    assert not {path.parent.name for path in seen} & {".git", "node_modules", "data"}


async def test_a_file_that_is_put_in_the_place_of_another_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("before")
    async with watching(DiskChanges(), file) as told:
        other = tmp_path / "other.md"
        await asyncio.to_thread(other.write_text, "after")
        await asyncio.to_thread(other.replace, file)
        assert other not in await next_of(told, file)
