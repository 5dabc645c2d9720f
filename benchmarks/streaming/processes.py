"""The processes of a measurement: the paced model, the load generator, the two servers. Linux.

Each server is a process of its own, so that its CPU time and its memory are its own.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

_START_SECONDS = 60.0
_STOP_SECONDS = 15.0
_OPEN_FILES = 16_384


@dataclass(frozen=True, slots=True)
class Process:
    """A running process, and where it answers."""

    name: str
    url: str
    pid: int

    def cpu(self) -> float:
        """Seconds of CPU it has used, in user and in system mode, to the nanosecond."""
        return time.clock_gettime((~self.pid << 3) | 2)  # CPUCLOCK_SCHED: the clock of another process

    def resident(self) -> int:
        """Resident memory in bytes."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize()


def cores_busy() -> float:
    """Seconds of CPU that the whole machine has spent at work since it started, over all its cores."""
    user, nice, system, _, _, *others = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8]
    )
    return (user + nice + system + sum(others[:2])) / os.sysconf("SC_CLK_TCK")


class Load:
    """The load generator's process; see `load` for the jobs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.process = Process("load", "", process.pid)

    def ask(self, kind: str, **job: Any) -> Any:
        """Have a job done; what it says."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"kind": kind, **job}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("The load generator stopped.")
        return json.loads(line)


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that runs."""

    ours: Process
    reference: Process
    model: Process
    load: Load

    def cpu_of_measuring(self) -> float:
        """Seconds of CPU that the model and the load generator have used."""
        return self.model.cpu() + self.load.process.cpu()

    def cpu(self) -> float:
        """Seconds of CPU that all of it has used."""
        return self.ours.cpu() + self.reference.cpu() + self.cpu_of_measuring()


@contextmanager
def running(folder: Path) -> Iterator[Bench]:
    """The model, the load generator and both servers, warm; stopped at the end."""
    allow_open_files()
    module = [sys.executable, "-m"]
    with ExitStack() as opened:
        model = opened.enter_context(_serving("model", [*module, "benchmarks.streaming.model"]))
        load = opened.enter_context(_popen([*module, "benchmarks.streaming.load"]))
        usual = [*module, "benchmarks.reference", "--port", "0", "--model-url", model.url]
        reference = opened.enter_context(_serving("reference", usual))
        # A data folder on disk: SQLite stores every thread and item. No documents and no embedder, so that
        # an answer is the same work for both: one call of the model.
        serve = [*module, "chatkeep", "serve", "--port", "0", "--no-open", "--data-dir", str(folder)]
        environment = {
            "LLM_PROVIDER": "compatible",
            "LLM_TIMEOUT": "600",
            "OPENAI_BASE_URL": model.url,
            "OPENAI_DEFAULT_MODEL": "paced",
            "CHATKEEP_EMBEDDER": "none",
            "CHATKEEP_MAX_RUNS": "5000",  # what is measured is what the process can, not what it may
        }
        ours = opened.enter_context(_serving("chatkeep", serve, environment))
        for server in (ours, reference):
            _wait(server)
        yield Bench(ours, reference, model, Load(load))


def allow_open_files() -> None:
    """Let this process and those it starts hold thousands of connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


@contextmanager
def _serving(
    name: str, command: list[str], environment: Mapping[str, str] | None = None
) -> Iterator[Process]:
    with _popen(command, environment) as process:
        assert process.stdout
        line = process.stdout.readline()
        if " is at " not in line:
            raise SystemExit(f"{name} did not start: {' '.join(command)}")
        yield Process(name, line.split()[3], process.pid)


@contextmanager
def _popen(
    command: list[str], environment: Mapping[str, str] | None = None
) -> "Iterator[subprocess.Popen[str]]":
    process = subprocess.Popen(
        command,
        env={**_clean(), **(environment or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def _clean() -> dict[str, str]:
    """The environment without the settings of the machine's owner."""
    settings = ("CHATKEEP_", "OPENAI_", "LLM_", "GEMINI_", "OPENROUTER_")
    return {name: value for name, value in os.environ.items() if not name.startswith(settings)}


def _wait(server: Process) -> None:
    """Return when `server` has answered its first question."""
    content = [{"type": "input_text", "text": "pace=0 tokens=5"}]
    message = {"content": content, "attachments": [], "quoted_text": "", "inference_options": {}}
    operation = {"type": "threads.create", "params": {"input": message}}
    reply = httpx.post(f"{server.url}/chatkit", json=operation, timeout=_START_SECONDS)
    if "thread.item.done" not in reply.text:
        raise SystemExit(f"{server.name} did not answer: HTTP {reply.status_code} {reply.text[:500]}")
