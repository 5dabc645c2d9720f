"""Server-sent events: how the events of a run look on the wire. Pure.

Above: `runs` frames each event once, `chat` reads frames back when a run must be mended.
Every event of a run has the id `<run>:<seq>`; the last frame is `event: end`, which has no data, so
that parsers which know nothing of it dispatch nothing.
"""

from collections.abc import Iterator

from chatkeep.streams.protocols import RunId

HEARTBEAT = b": heartbeat\n\n"


def frame(run: RunId, seq: int, payload: bytes) -> bytes:
    """The event number `seq` of `run`. `payload` is JSON on one line."""
    return b"id: %b:%d\ndata: %b\n\n" % (run.encode(), seq, payload)


def end(run: RunId, seq: int) -> bytes:
    """The last frame of `run`: nothing follows."""
    return b"event: end\nid: %b:%d\n\n" % (run.encode(), seq)


def snapshot(payloads: list[bytes], run: RunId | None = None, seq: int = 0) -> bytes:
    """Frames that replace what was said since the last question; the last carries the position, if any.

    A reader cut off half-way through so asks again from where it was before.
    """
    frames = [b"data: %b\n\n" % payload for payload in payloads]
    frames[0] = b"event: snapshot\n" + frames[0]
    if run is not None:
        frames[-1] = b"id: %b:%d\n" % (run.encode(), seq) + frames[-1]
    return b"".join(frames)


END_WITHOUT_RUN = b"event: end\n\n"


def payloads(frames: bytes) -> Iterator[bytes]:
    """The JSON of each event in `frames`, which were framed here."""
    for line in frames.split(b"\n"):
        if line.startswith(b"data: "):
            yield line[6:]


def position(text: str) -> tuple[RunId, int] | None:
    """The run and number that an id such as `run_1:12` names; None if it is no such id."""
    run, colon, seq = text.rpartition(":")
    if not (run and colon and seq.isascii() and seq.isdigit() and len(seq) < 16):
        return None
    return RunId(run), int(seq)
