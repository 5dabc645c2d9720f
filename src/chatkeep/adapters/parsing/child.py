"""A process that parses the documents it is handed, one at a time, and may be killed at any moment.

Above: `pool` starts it as `python -m chatkeep.adapters.parsing.child FD LIMITS`. Below:
`knowledge.parse` and nothing else: no settings, no database, no secret of the environment. It ends when the
pool does.
"""

import os
import signal
import socket
import sys
import traceback

import orjson

from chatkeep.adapters.parsing import frames
from chatkeep.adapters.parsing.confine import confine, die_with_parent
from chatkeep.adapters.parsing.limits import Limits, settle, wind_up
from chatkeep.knowledge.parse import Skipped, parse


def main() -> None:
    """The entry point."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which ends this one
    die_with_parent()
    pool = socket.socket(fileno=int(sys.argv[1]))
    limits = Limits(**orjson.loads(sys.argv[2]))
    _fall_silent()
    confine()
    settle(limits)
    pool.sendall(frames.reply(frames.READY))
    while (asked := _receive(pool)) is not None:
        wind_up(limits)
        pool.sendall(_answer(*asked, limits))


def _answer(path: str, data: bytearray, limits: Limits) -> bytes:
    try:
        found = parse(path, bytes(data))
        if isinstance(found, Skipped):
            return frames.reply(frames.SKIPPED, found.reason.encode("utf-8", "replace"))
        if len(found.text) > limits.characters:
            return frames.reply(frames.TOO_MUCH)
        return frames.reply(frames.PARSED, frames.parsed_body(found))
    except MemoryError:
        return frames.reply(frames.OUT_OF_MEMORY)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is told, and the next document may do)
        kind = type(error).__name__
        trace = traceback.format_exc(limit=-20)
        return frames.reply(frames.RAISED, f"{kind}\n{trace}".encode("utf-8", "replace"))


def _receive(pool: socket.socket) -> tuple[str, bytearray] | None:
    """The next document; None when the pool is gone."""
    head = _read(pool, frames.REQUEST.size)
    if head is None:
        return None
    path_length, data_length = frames.REQUEST.unpack(head)
    path, data = _read(pool, path_length), _read(pool, data_length)
    return None if path is None or data is None else (path.decode(), data)


def _read(pool: socket.socket, length: int) -> bytearray | None:
    data = bytearray(length)
    rest = memoryview(data)
    while rest:
        received = pool.recv_into(rest)
        if not received:
            return None
        rest = rest[received:]
    return data


def _fall_silent() -> None:
    """What a file makes a library print is not for the operator's terminal."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


if __name__ == "__main__":
    main()
