"""How long `chatkeep serve` takes to listen and to answer, and what memory it holds when idle.

The documents are this project's own, ingested before; the disk is warm; no model is configured.
Each figure is the median of several starts of the real command.
"""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.table import Table

_RUNS = 5
_DEADLINE_SECONDS = 60.0
_QUESTIONS = ("How do I start chatkeep?", "Which models can answer?", "What is stored on disk?")
_DOCS = Path(__file__).parents[1] / "docs"


@dataclass(frozen=True, slots=True)
class Start:
    """One start. Times in seconds from the command's launch, memory in MB resident.

    Attributes:
        listening: `GET /health` answers.
        ready: `GET /ready` says that questions are answered.
        idle: memory once ready.
        busy: memory right after a few questions; the embedder lets go of its part after ten minutes.
    """

    listening: float
    ready: float
    idle: float
    busy: float


def measure() -> list[Start]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        command = [sys.executable, "-m", "chatkeep"]
        subprocess.run([*command, "ingest", str(_DOCS), "--data-dir", str(data)], check=True)
        return [_start([*command, "serve", str(_DOCS), "--data-dir", str(data)]) for _ in range(_RUNS)]


def table(starts: list[Start]) -> Table:
    shown = Table(
        title=f"chatkeep serve, documents already ingested (median of {len(starts)})", title_justify="left"
    )
    for heading in ("figure", "median", "min", "max", "goal"):
        shown.add_column(heading, justify="left" if heading == "figure" else "right")
    for name, field, unit, goal in (
        ("launch to listening", "listening", "s", "< 3 s"),
        ("launch to ready", "ready", "s", ""),
        ("idle memory", "idle", "MB", "< 250 MB"),
        ("memory after questions", "busy", "MB", ""),
    ):
        values = [getattr(start, field) for start in starts]
        digits = 2 if unit == "s" else 0
        figures = [f"{pick(values):.{digits}f} {unit}" for pick in (statistics.median, min, max)]
        shown.add_row(name, *figures, goal)
    return shown


def _start(command: list[str]) -> Start:
    port = _free_port()
    arguments = [*command, "--port", str(port), "--no-open"]
    environment = {**os.environ, "CHATKEEP_LOG_LEVEL": "error", "LLM_PROVIDER": "extractive"}
    launched = time.perf_counter()
    with (
        subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        try:
            listening = _wait(client, "/health", process) - launched
            ready = _wait(client, "/ready", process) - launched
            idle = _resident(process.pid)
            for question in _QUESTIONS:
                _ask(client, question)
            return Start(listening, ready, idle, _resident(process.pid))
        finally:
            process.send_signal(signal.SIGINT)


def _wait(client: httpx.Client, path: str, process: "subprocess.Popen[bytes]") -> float:
    deadline = time.perf_counter() + _DEADLINE_SECONDS
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise SystemExit("chatkeep serve stopped before it answered.")
        try:
            if client.get(path).status_code == 200:
                return time.perf_counter()
        except httpx.TransportError:
            pass
        time.sleep(0.005)
    raise SystemExit(f"{path} did not answer within {_DEADLINE_SECONDS:.0f} s.")


def _ask(client: httpx.Client, question: str) -> None:
    content = [{"type": "input_text", "text": question}]
    message = {"content": content, "attachments": [], "quoted_text": "", "inference_options": {}}
    body = json.dumps({"type": "threads.create", "params": {"input": message}})
    client.post("/chatkit", content=body, headers={"Content-Type": "application/json"}).raise_for_status()


def _resident(pid: int) -> float:
    """Resident memory of the process and its children, in MB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    own = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024 / 1e6
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(_resident(int(child)) for child in children)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
