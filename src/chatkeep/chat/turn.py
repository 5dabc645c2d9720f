"""A turn: one streamed reply, run in a task of its own while an HTTP response follows it.

Above: `http.chatkit` follows; below: the events of `chat.server`.
The events are always drawn by the turn's own task and it is only ever interrupted inside them, so
that a reader who goes away reaches the innermost `await` as a cancellation and what was said so far
is saved. (Closing a generator from outside would skip that: SDK fault 21, spec E.8 #8.)
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress

import anyio

_BUFFERED_EVENTS = 4096
_STOP_SECONDS = 5.0


class Turn:
    """The framed events of one reply, each given to one reader, once, in order."""

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        self._send, self._receive = anyio.create_memory_object_stream[bytes](_BUFFERED_EVENTS)
        self._first: list[bytes] = []
        self._task = asyncio.create_task(self._run(events), name="chatkeep-turn")

    @classmethod
    async def start(cls, events: AsyncGenerator[bytes, None]) -> "Turn | None":
        """Run `events` up to the first one. None if there is none.

        Raises:
            Whatever `events` raises before its first event, so that it can become an HTTP status.
        """
        turn = cls(events)
        try:
            turn._first.append(await turn._receive.receive())
        except anyio.EndOfStream:
            turn._receive.close()
            await turn._task
            return None
        except BaseException:
            await turn.stop()
            raise
        return turn

    async def follow(self) -> AsyncIterator[bytes]:
        """The events from the first on, until the turn ends."""
        async with self._receive:
            yield self._first.pop()
            async for chunk in self._receive:
                yield chunk

    async def stop(self) -> None:
        """End the turn if it still runs, and wait until what was said is saved."""
        with anyio.CancelScope(shield=True), anyio.move_on_after(_STOP_SECONDS):
            self._receive.close()
            if not self._task.cancelling():  # a second cancellation would interrupt the saving
                self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def call_at_end(self, forget: "Callable[[Turn], None]") -> None:
        """Call `forget` with this turn once nothing of it runs any more."""
        self._task.add_done_callback(lambda _: forget(self))

    async def _run(self, events: AsyncGenerator[bytes, None]) -> None:
        async with self._send, aclosing(events):
            async for chunk in events:
                try:
                    self._send.send_nowait(chunk)
                except (anyio.WouldBlock, anyio.BrokenResourceError):
                    # The reader is gone or hopelessly behind: interrupt the events at their next await.
                    self._task.cancel()
