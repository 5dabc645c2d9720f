"""Catches what blocks the event loop, in a server that a test started.

Python imports a module of this name by itself before anything else, in every process that has this folder in
`PYTHONPATH`: `tests.serving` puts it there, so the server, its workers and its knowledge process are all
watched, as they are, on the loop they really use. No clock is involved: the interpreter announces each call
that may wait (`sys.addaudithook`), and one announced by a thread whose event loop is running goes into the
log that `LOOP_WATCH_LOG` names, with the stack. That the call was quick this time is no excuse.

What Python does not announce it cannot see: long computations, locks, reads of files already open.
"""

import json
import os
import re
import sys
import time
from types import FrameType
from typing import Any, SupportsIndex

_MAY_WAIT = frozenset(
    {
        "fcntl.flock",
        "fcntl.lockf",
        "open",
        "os.chmod",
        "os.link",
        "os.listdir",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.scandir",
        "os.system",
        "os.truncate",
        "pathlib.Path.glob",
        "shutil.copyfile",
        "shutil.move",
        "shutil.rmtree",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyaddr",
        "socket.gethostbyname",
        "sqlite3.connect",
        "subprocess.Popen",
        "time.sleep",
        "urllib.Request",
    }
)

# A loop is watched where it serves somebody.
_SERVING = re.compile(r"/uvicorn/server\.py:\d+ Server\.|/knowledge_socket/server\.py:\d+ _Conversation\.")

# Before it listens and after it has stopped listening, nobody waits. Source lines are read for a traceback,
# and by FastAPI when an endpoint is called for the first time.
_FORGIVEN = ("/uvicorn/lifespan/on.py", "/linecache.py")


def _watch(path: str) -> None:
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _MAY_WAIT or not _is_on_a_loop() or not _waits(event, arguments):
            return
        stack = _stack(sys._getframe(1))
        if any(place in line for line in stack for place in _FORGIVEN):
            return
        if any(map(_SERVING.search, stack)):
            line = {"event": event, "about": repr(arguments[:1])[1:-2], "stack": stack}
            os.write(log, json.dumps(line).encode() + b"\n")

    def sleep(seconds: float | SupportsIndex) -> None:
        hook("time.sleep", (seconds,))  # which Python itself announces from 3.13 on
        unwatched(seconds)

    unwatched, time.sleep = time.sleep, sleep
    sys.addaudithook(hook)


def _is_on_a_loop() -> bool:
    # Not imported here: no process is to start differently. It may be there by half, too.
    running_loop = getattr(sys.modules.get("asyncio.events"), "_get_running_loop", None)
    return running_loop is not None and running_loop() is not None


def _waits(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "socket.connect":
        return bool(arguments[0].gettimeout() != 0)
    return not (event == "open" and isinstance(arguments[0], int))


def _stack(frame: FrameType | None) -> list[str]:
    """Innermost first, by names alone: to read source lines would be to open files."""
    stack = []
    while frame is not None:
        code = frame.f_code
        stack.append(f"{code.co_filename}:{frame.f_lineno} {code.co_qualname}")
        frame = frame.f_back
    return stack


if "LOOP_WATCH_LOG" in os.environ:
    _watch(os.environ["LOOP_WATCH_LOG"])
