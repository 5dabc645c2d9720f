"""A turn runs by itself, is followed once, and is interrupted where it waits."""

import asyncio
from collections.abc import AsyncGenerator

import anyio
import pytest

from chatkeep.chat.turn import Turn
from chatkeep.core.errors import NotFound

_DEADLINE = 5.0


async def test_a_reader_gets_every_event_in_order() -> None:
    async def events() -> AsyncGenerator[bytes, None]:
        for number in range(50):
            yield b"%d" % number

    turn = await Turn.start(events())
    assert turn is not None
    assert [chunk async for chunk in turn.follow()] == [b"%d" % number for number in range(50)]


async def test_what_is_raised_before_the_first_event_is_raised_to_the_caller() -> None:
    async def events() -> AsyncGenerator[bytes, None]:
        raise NotFound("no such thread")
        yield b""

    with pytest.raises(NotFound):
        await Turn.start(events())


async def test_no_event_at_all_is_none() -> None:
    async def events() -> AsyncGenerator[bytes, None]:
        return
        yield b""

    assert await Turn.start(events()) is None


async def test_stopping_cancels_the_innermost_wait_and_waits_for_its_clean_up() -> None:
    said: list[str] = []

    async def innermost() -> AsyncGenerator[bytes, None]:
        try:
            yield b"a"
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):
                await asyncio.sleep(0)
            said.append("saved")
            raise

    async def events() -> AsyncGenerator[bytes, None]:
        async for chunk in innermost():
            yield chunk

    turn = await Turn.start(events())
    assert turn is not None
    with anyio.fail_after(_DEADLINE):
        await turn.stop()
    assert said == ["saved"]


async def test_a_reader_too_far_behind_interrupts_the_turn_instead_of_filling_memory() -> None:
    ended = asyncio.Event()
    sent = 0

    async def events() -> AsyncGenerator[bytes, None]:
        nonlocal sent
        try:
            while True:
                sent += 1
                yield b"x"
                if sent % 100 == 0:
                    await asyncio.sleep(0)
        finally:
            ended.set()

    turn = await Turn.start(events())
    with anyio.fail_after(_DEADLINE):
        await ended.wait()
    assert sent < 10_000
    assert turn is not None
    await turn.stop()
