"""A child of the parser pool whose parser does what a hostile file may make one do, by the file's name."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from chatkeep.adapters.parsing import child, frames
from chatkeep.knowledge.parse import ParsedText, Skipped


def hang() -> None:
    while True:
        time.sleep(1)


def spin() -> None:
    while True:
        pass


def eat() -> None:
    held = []
    while True:
        held.append(bytearray(2**20))


def eat_and_hide_it() -> None:
    try:
        eat()
    except MemoryError:
        raise ValueError("the file is broken") from None


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def abort() -> None:
    os.abort()


def leave() -> None:
    os._exit(7)


def fail() -> None:
    raise LookupError("no such table")


def recurse() -> None:
    recurse()


def write_a_file(named: str) -> None:
    Path(named).write_text("x")


def remove_a_file(named: str) -> None:
    Path(named).unlink()


def open_a_socket() -> None:
    socket.create_connection(("127.0.0.1", 9))


def run_a_program() -> None:
    subprocess.run(["/bin/true"], check=True)


def kill_the_pool() -> None:
    os.kill(os.getppid(), signal.SIGKILL)


def chatter() -> None:
    print("\x1b]0;owned\x07" * 1000)  # noqa: T201
    print("\x1b]0;owned\x07" * 1000, file=sys.stderr)  # noqa: T201
    raise ValueError


def say(*pieces: bytes) -> Callable[[], None]:
    def speak() -> None:
        pool = socket.socket(fileno=int(sys.argv[1]))
        for piece in pieces:
            pool.sendall(piece)
        pool.detach()
        hang()

    return speak


TRICKS: dict[str, Callable[[], None]] = {
    "hang": hang,
    "spin": spin,
    "eat": eat,
    "eat-and-hide-it": eat_and_hide_it,
    "crash": crash,
    "abort": abort,
    "leave": leave,
    "fail": fail,
    "recurse": recurse,
    "open-a-socket": open_a_socket,
    "run-a-program": run_a_program,
    "kill-the-pool": kill_the_pool,
    "chatter": chatter,
    "say-nonsense": say(b"\x80\x04\x95" + bytes(100)),
    "say-too-much": say(frames.REPLY.pack(frames.PARSED, 2**32 - 1)),
    "say-no-json": say(frames.reply(frames.PARSED, b"{")),
    "say-a-number": say(frames.reply(frames.PARSED, b'{"title": "a", "format": "plain", "text": 7}')),
    "say-half": say(frames.REPLY.pack(frames.PARSED, 100), b'{"title"'),
}


def parse(path: str, data: bytes) -> ParsedText | Skipped:
    name = Path(path).stem
    if name == "surrogate":
        return ParsedText("a", "plain", "\ud800")
    if name == "terminal":
        return Skipped(path, "it is \x1b[2J\nempty.")
    if name == "pid":
        return ParsedText("a", "plain", f"{os.getpid()} {sorted(os.environ)}")
    if name == "limit":
        held = bytearray(len(data) * 2**20)  # one byte of the file stands for a megabyte
        return ParsedText("a", "plain", f"{len(held)}")
    if name == "multiply":
        return ParsedText("a", "plain", data.decode() * 1000)
    if name == "write-a-file":
        write_a_file(data.decode())
    if name == "remove-a-file":
        remove_a_file(data.decode())
    if name in TRICKS:
        TRICKS[name]()
    return ParsedText(name, "plain", data.decode())


if __name__ == "__main__":
    child.parse = parse  # type: ignore[attr-defined]
    child.main()
