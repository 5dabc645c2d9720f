"""Records what the server says in every sequence: `python -m tests.wire.record`.

A recording is server-sent events, byte for byte, one reply after another; what else there is to tell stands
in comments, which parsers read past:

    : -> the request; the bytes of its reply follow
    : <- the reply, if it is JSON; or `HTTP <status> <message>` of a refusal
    : == an item as it is stored in the end, oldest first, hidden ones too

Replies stand whole below their request, also where another request was sent meanwhile.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from chatkit.store import NotFoundError

from chatkeep.core.errors import ChatkeepError
from chatkeep.http.errors import STATUS
from chatkeep.streams.follow import Follower, Reading
from tests.wire.assistant import ME, Assistant, CountingStore
from tests.wire.sequences import SEQUENCES, Sequence, Stop, ask, cue

HERE = Path(__file__).parent
_DEADLINE_SECONDS = 20.0


def new_assistant(store: CountingStore | None = None, **more: Any) -> Assistant:
    """A server that knows every sequence."""
    return Assistant({cue(name): known.part for name, known in SEQUENCES.items()}, store, **more)


async def transcript(sequence: Sequence) -> str:
    """What is said in `sequence`, from the first request to the items that are kept."""
    store = CountingStore()
    server = new_assistant(store)
    parts: list[str] = []
    try:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            for number, request in enumerate(sequence.requests):
                parts += await _exchange(server, request, sequence.stop if number == 0 else None)
        parts += [f": == {line}\n\n" for line in await stored(store)]
    finally:
        await server.aclose()
    return "".join(parts)


async def stored(store: CountingStore) -> list[str]:
    """The items of the one thread; none if it was never made."""
    try:
        page = await store.load_thread_items("thr_1", None, 100, "asc", ME)
    except NotFoundError:
        return []
    assert not page.has_more
    return [item.model_dump_json(exclude_none=True) for item in page.data]


async def _exchange(server: Assistant, request: dict[str, Any], stop: Stop | None) -> list[str]:
    try:
        reply = await server.handle(_body(request), ME)
    except ChatkeepError as refusal:
        return [_said("->", request), f": <- HTTP {STATUS[type(refusal)]} {refusal}\n\n"]
    if isinstance(reply, bytes):
        return [_said("->", request), f": <- {reply.decode()}\n\n"]
    frames, stopped = await _read(reply, server, stop)
    return [_said("->", request), frames, *stopped]


async def _read(reply: Reading, server: Assistant, stop: Stop | None) -> tuple[str, list[str]]:
    """The whole stream, and the exchange that stopped it."""
    assert isinstance(reply, Follower)
    frames, stopped = "", list[str]()
    async for some in reply:
        frames += some.decode()
        if stop is not None and not stopped and stop.after in frames:
            request = ask("stop")
            answer = await server.handle(_body(request), ME)
            assert isinstance(answer, bytes)
            stopped = [_said("->", request), f": <- {answer.decode()}\n\n"]
    reply.close()
    assert bool(stopped) == (stop is not None), "the stream never came to where it was to be stopped"
    return frames, stopped


def _body(request: dict[str, Any]) -> bytes:
    return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()


def _said(arrow: str, request: dict[str, Any]) -> str:
    return f": {arrow} {_body(request).decode()}\n\n"


async def record() -> None:
    said = {name: await transcript(sequence) for name, sequence in SEQUENCES.items()}
    for known in HERE.glob("s[0-9][0-9]-*.sse"):
        known.unlink()
    for name, words in said.items():
        (HERE / f"{name}.sse").write_text(words, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(record())
