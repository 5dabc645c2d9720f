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


class StreamReply(Response):
    """Server-sent events as they come, until the run ends or the reader leaves."""

    media_type = "text/event-stream"

    def __init__(self, reading: Reading) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]  # the length is not known
        self._reading = reading

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        leaving = asyncio.create_task(self._close_when_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async for frames in self._reading:
                async with asyncio.timeout(_STUCK_SECONDS):
                    await send({"type": "http.response.body", "body": frames, "more_body": True})
            if self._reading.is_cut:
                # Ending well would tell the reader that the run has ended. The server takes this for a
                # connection that broke, and closes it in the middle.
                raise asyncio.CancelledError("The reader must ask again.")
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            raise asyncio.CancelledError("The reader takes nothing.") from None
        finally:
            self._reading.close()
            leaving.cancel()

    async def _close_when_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._reading.close()
