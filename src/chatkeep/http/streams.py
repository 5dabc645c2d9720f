"""A response that follows a run, and is no more than that: when it ends, the run goes on.

Above: `http.chatkit`. Below: a follower of `streams`, which brings frames and heartbeats.
"""

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chatkeep.streams.follow import Reading

# A reader that takes nothing for so long is gone, or is stopped in a debugger; either way it comes back
# with the last id it has.
_STUCK_SECONDS = 60.0


class _Stuck:
    """Cancels the task that made it when one send takes longer than `longest` seconds.

    One timer that looks now and then: one a send would cost as much as the send.
    """

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._since: float | None = None
        self._timer = self._loop.call_later(longest, self._look)

    def begin(self) -> None:
        self._since = self._loop.time()

    def end(self) -> None:
        self._since = None

    def close(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        left = self._longest if self._since is None else self._since + self._longest - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        elif self._task is not None:
            self._task.cancel("The reader takes nothing.")


class StreamReply(Response):
    """Server-sent events as they come, until the run ends or the reader leaves."""

    media_type = "text/event-stream"

    def __init__(self, reading: Reading) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]  # the length is not known
        self._reading = reading

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        leaving = asyncio.create_task(self._close_when_gone(receive))
        stuck, is_open = _Stuck(_STUCK_SECONDS), True
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async for frames in self._reading:
                stuck.begin()
                # The end goes with the last frames: alone it would be a packet of its own.
                is_open = not self._reading.is_whole
                await send({"type": "http.response.body", "body": frames, "more_body": is_open})
                stuck.end()
            if self._reading.is_cut:
                # Ending well would tell the reader that the run has ended. The server takes this for a
                # connection that broke, and closes it in the middle.
                raise asyncio.CancelledError("The reader must ask again.")
            if is_open:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            stuck.close()
            self._reading.close()
            leaving.cancel()

    async def _close_when_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._reading.close()
