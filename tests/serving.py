"""Runs `chatkeep serve` as people do: a process of its own, asked over HTTP.

Its event loops are watched: a call that may block one fails whatever test had the server.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

_LOOP_WATCH = Path(__file__).parent / "loop_watch"
_CALLS_SHOWN = 3  # one import may make dozens
_START_SECONDS = 90.0
_STOP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes:
        url: where it answers, without a trailing slash.
        log: the file its standard error goes to.
    """

    url: str
    process: "subprocess.Popen[str]"
    log: Path


@contextmanager
def serving(
    docs: Sequence[Path], data_dir: Path, environment: Mapping[str, str] | None = None, *arguments: str
) -> Iterator[Server]:
    """`chatkeep serve` on a free port, ready to answer; stopped, and its log shown on failure, at the end."""
    data_dir.mkdir(parents=True, exist_ok=True)
    log = data_dir / "serve.log"
    blocking = data_dir / "blocking.log"
    command = [sys.executable, "-m", "chatkeep", "serve", *map(str, docs)]
    command += ["--port", "0", "--data-dir", str(data_dir), "--no-open", *arguments]
    with log.open("w") as stderr:
        process = subprocess.Popen(
            command,
            env={**os.environ, "CHATKEEP_LOG_FORMAT": "json", **watching(blocking), **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        yield Server(_address(process, log), process, log)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        finally:
            if process.stdout is not None:
                process.stdout.close()
    found = blocking_calls(blocking)
    assert not found, _complaint(found)


@dataclass(frozen=True, slots=True)
class BlockingCall:
    """A call that may block, made on an event loop that serves; `stack` is innermost first."""

    event: str
    about: str
    stack: tuple[str, ...]

    def __str__(self) -> str:
        return "\n  ".join((f"{self.event}({self.about})", *self.stack))


def watching(log: Path) -> dict[str, str]:
    """The environment in which a Python process writes calls that may block its loop to `log`."""
    log.unlink(missing_ok=True)
    path = os.pathsep.join(filter(None, (str(_LOOP_WATCH), os.environ.get("PYTHONPATH"))))
    return {"PYTHONPATH": path, "LOOP_WATCH_LOG": str(log)}


def blocking_calls(log: Path) -> list[BlockingCall]:
    """What is in a log that `watching` named. There is one, empty at first, if the process was watched."""
    lines = map(json.loads, log.read_text().splitlines())
    return [BlockingCall(line["event"], line["about"], tuple(line["stack"])) for line in lines]


def _complaint(calls: Sequence[BlockingCall]) -> str:
    shown = "\n\n".join(map(str, calls[:_CALLS_SHOWN]))
    return f"{len(calls)} calls may block the event loop, such as these:\n\n{shown}"


def logged(server: Server, event: str) -> list[dict[str, Any]]:
    """The log's lines about `event`."""
    lines = [line for line in server.log.read_text().splitlines() if line.startswith("{")]
    return [line for line in map(json.loads, lines) if line["event"] == event]


def wait_until_ready(server: Server, workers: int) -> None:
    """Return when so many workers can answer: they listen many seconds before they can."""
    deadline = time.monotonic() + _START_SECONDS
    listing = {"type": "threads.list", "params": {"limit": 1, "order": "desc"}}
    while len(logged(server, "ready")) < workers:
        assert time.monotonic() < deadline, f"the workers were not ready in time:\n{server.log.read_text()}"
        # A worker that is not ready keeps the request waiting.
        httpx.post(f"{server.url}/chatkit", json=listing, timeout=_START_SECONDS)


def _address(process: "subprocess.Popen[str]", log: Path) -> str:
    assert process.stdout is not None
    deadline = time.monotonic() + _START_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline and selector.select(deadline - time.monotonic()):
            line = process.stdout.readline()
            if line.startswith("chatkeep is at "):
                return line.split()[3]
            if not line:
                break
    raise AssertionError(f"chatkeep did not start:\n{log.read_text()}")
