"""Several workers on one port: any answers, any may die, and all end together."""

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatkeep.testing import Gate, Reply, ScriptedModelServer
from tests.behaviour.conftest import HARBOUR
from tests.serving import Server, logged, serving, wait_until_ready

TWO = ("--workers", "2")
DEADLINE = 60.0
QUESTION = "When is the fuel dock open?"
NOWHERE = "/sources/00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def environment(redis_url: str) -> dict[str, str]:
    """Words alone, where the embedder makes no difference."""
    return {"CHATKEEP_EMBEDDER": "none", "CHATKEEP_REDIS_URL": redis_url}


@contextmanager
def two_workers(data: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    with serving([HARBOUR], data, environment, *TWO) as server:
        yield server


@pytest.fixture
def server(tmp_path: Path, environment: dict[str, str]) -> Iterator[Server]:
    with two_workers(tmp_path / "data", environment) as running:
        yield running


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModelServer]:
    with ScriptedModelServer(lambda _: Reply("Diesel is sold [1].")) as model:
        yield model


Start = Callable[[], Server]


@pytest.fixture(scope="module")
def start(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str], model: ScriptedModelServer
) -> Iterator[Start]:
    """Starts servers with the embedder and a model; they end with the module."""
    with ExitStack() as running:

        def start() -> Server:
            data = tmp_path_factory.mktemp("lasting")
            facts = {**environment, **scripted(model), "CHATKEEP_EMBEDDER": "minilm"}
            server = running.enter_context(two_workers(data, facts))
            wait_until_ready(server, 2)
            return server

        yield start


@pytest.fixture(scope="module")
def started() -> list[Server]:
    return []


@pytest.fixture
def lasting(start: Start, started: list[Server]) -> Server:
    """One server for all tests that it survives."""
    if not started or started[-1].process.poll() is not None:
        started.append(start())
    return started[-1]


def client(server: Server) -> httpx.Client:
    return httpx.Client(base_url=server.url, timeout=40)


def children(server: Server) -> dict[str, int]:
    """The pids of the server's children by their names in the log."""
    pids = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    roles = {}
    for pid in pids:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        if "chatkeep.cli.child" not in words:
            continue  # it has just died, or is just being started
        assignment = json.loads(words[words.index("chatkeep.cli.child") + 1])
        name = f"worker {assignment['number']}" if assignment["number"] else assignment["role"]
        roles[name] = int(pid)
    return roles


def wait_until_gone(pids: Iterable[int], seconds: float) -> None:
    """Return when none of these processes runs any more."""
    deadline = time.monotonic() + seconds
    for pid in pids:
        try:
            process = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            ended, _, _ = select.select([process], [], [], max(0.0, deadline - time.monotonic()))
            assert ended, f"process {pid} still runs"
        finally:
            os.close(process)


def kill(pid: int) -> None:
    """Kill one process, and return when it is dead."""
    process = os.pidfd_open(pid)
    try:
        os.kill(pid, signal.SIGKILL)
        assert select.select([process], [], [], 10)[0]
    finally:
        os.close(process)


def scripted(model: ScriptedModelServer) -> dict[str, str]:
    return {"LLM_PROVIDER": "openai", "OPENAI_API_KEY": "sk-scripted", "OPENAI_BASE_URL": model.base_url}


def question(text: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    message = {"content": content, "attachments": [], "quoted_text": "", "inference_options": {}}
    return {"type": "threads.create", "params": {"input": message}}


def answered(server: Server, text: str) -> dict[str, Any]:
    """The finished answer to a question over a connection of its own."""
    with client(server) as http:
        reply = http.post("/chatkit", json=question(text))
    events = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: ")]
    done = [event["item"] for event in events if event["type"] == "thread.item.done"]
    part: dict[str, Any] = next(item["content"][0] for item in done if item["type"] == "assistant_message")
    return part


def answering_workers(server: Server, wanted: set[int]) -> set[int]:
    """The pids of the workers that answered, asked until all `wanted` have."""

    def answer(_: int) -> None:
        with client(server) as http:
            http.get("/health").raise_for_status()

    deadline = time.monotonic() + DEADLINE
    seen: set[int] = set()
    with ThreadPoolExecutor(8) as pool:
        while not wanted <= seen and time.monotonic() < deadline:
            list(pool.map(answer, range(16)))
            seen = {line["pid"] for line in logged(server, "request")}
    return seen


def test_both_workers_answer_and_cite(lasting: Server) -> None:
    pids = children(lasting)
    workers = {pids["worker 1"], pids["worker 2"]}
    assert answering_workers(lasting, workers) >= workers
    part = answered(lasting, QUESTION)
    (citation, *_) = part["annotations"]
    assert citation["source"]["attribution"] == "fuel.txt"
    with client(lasting) as http:
        assert "Diesel is sold" in http.get(citation["source"]["url"].partition("#")[0]).text


def test_index_and_embedder_are_in_one_process(lasting: Server) -> None:
    assert answered(lasting, QUESTION)["annotations"]
    maps = {name: Path(f"/proc/{pid}/maps").read_text() for name, pid in children(lasting).items()}
    assert [name for name, mapped in maps.items() if "onnxruntime" in mapped] == ["knowledge"]
    assert [name for name, mapped in maps.items() if "/index/" in mapped] == ["knowledge"]


def test_the_folder_is_taken(lasting: Server) -> None:
    data = str(lasting.log.parent)
    command = [sys.executable, "-m", "chatkeep", "ingest", str(HARBOUR), "--data-dir", data]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "in use by another chatkeep" in done.stderr


def connections(server: Server, wanted: Mapping[int, int], stack: ExitStack) -> dict[int, list[httpx.Client]]:
    """So many connections, kept open, to each of these workers."""

    def connect(_: int) -> tuple[httpx.Client, str]:
        http = stack.enter_context(client(server))
        request_id = http.get("/health").headers["X-Request-Id"]
        http.get("/health")  # the first one is logged now
        return http, request_id

    deadline = time.monotonic() + DEADLINE
    found: dict[int, list[httpx.Client]] = {pid: [] for pid in wanted}
    with ThreadPoolExecutor(8) as pool:
        while any(len(found[pid]) < count for pid, count in wanted.items()):
            assert time.monotonic() < deadline, f"only {found} of {wanted}"
            made = list(pool.map(connect, range(8)))
            workers = {line["request_id"]: line["pid"] for line in logged(server, "request")}
            for http, request_id in made:
                found[workers[request_id]].append(http)
    return found


class Frames:
    """The frames of a streaming reply, without heartbeats."""

    def __init__(self, reply: httpx.Response) -> None:
        self.seen: list[str] = []
        self._lines = (line for line in reply.iter_lines() if not line.startswith(":"))

    def until(self, text: str) -> str:
        for line in self._lines:
            self.seen.append(line)
            if text in line:
                return line
        raise AssertionError(f"{text!r} never came: {self.seen}")

    def rest(self) -> list[str]:
        self.seen.extend(self._lines)
        return self.seen


def test_an_answer_is_followed_and_stopped_through_another_worker(
    lasting: Server, model: ScriptedModelServer
) -> None:
    gate = Gate()
    gate.step(2)
    model.script(Reply("one two three four", gate=gate))
    pids = children(lasting)
    own, other = pids["worker 1"], pids["worker 2"]
    with ExitStack() as stack:
        found = connections(lasting, {own: 1, other: 2}, stack)
        asking, (following, stopping, *_) = found[own][0], found[other]
        request = {**question("Count"), "metadata": {"resumable": True}}
        first = Frames(stack.enter_context(asking.stream("POST", "/chatkit", json=request)))
        thread = {"thread_id": json.loads(first.until("thread.created")[6:])["thread"]["id"]}
        resume = {"type": "threads.resume", "params": thread}
        second = Frames(stack.enter_context(following.stream("POST", "/chatkit", json=resume)))
        second.until("two")
        gate.step(1)
        for frames in (first, second):
            frames.until("three")
        reply = stopping.post("/chatkit", json={"type": "threads.stop", "params": thread})
        assert reply.json() == {"stopped": True}
        assert first.rest() == second.rest()
        assert "event: end" in first.seen
        gate.open()
        stored = stopping.post("/chatkit", json={"type": "threads.get_by_id", "params": thread}).json()
    assert stored["items"]["data"][-1]["content"][0]["text"].split() == ["one", "two", "three"]
    asked = {line["operation"]: line["pid"] for line in logged(lasting, "request") if "operation" in line}
    assert asked["threads.create"] == own
    assert asked["threads.resume"] == asked["threads.stop"] == other


def test_a_worker_that_is_killed_is_missed_by_nobody_and_replaced(lasting: Server) -> None:
    before = children(lasting)
    kill(before["worker 1"])
    assert answered(lasting, QUESTION)["annotations"]
    wait_until_ready(lasting, 3)  # with the one that died
    after = children(lasting)
    assert after["worker 1"] != before["worker 1"]
    assert {**after, "worker 1": 0} == {**before, "worker 1": 0}
    assert after["worker 1"] in answering_workers(lasting, {after["worker 1"]})


def test_while_the_knowledge_process_is_away_searches_fail_in_the_open_and_then_work_again(
    lasting: Server,
) -> None:
    with (lasting.log.parent / "index.lock").open() as lock, ThreadPoolExecutor(1) as pool:
        # Granted when the process dies, so that no other can start.
        holding = pool.submit(fcntl.flock, lock, fcntl.LOCK_EX)
        kill(children(lasting)["knowledge"])
        holding.result(10)
        with client(lasting) as http:
            refused = http.get(NOWHERE)
            assert refused.status_code == 503
            assert refused.headers["Retry-After"]
            assert "Try again" in refused.json()["message"]
            assert http.get("/ready").status_code == 200
    deadline = time.monotonic() + DEADLINE
    status = 0
    while status != 404 and time.monotonic() < deadline:  # 404: it looked, and there is no such passage
        with client(lasting) as http:
            status = http.get(NOWHERE).status_code
    assert answered(lasting, QUESTION)["annotations"]


def test_an_answer_that_runs_when_the_server_is_told_to_stop_is_finished(
    lasting: Server, model: ScriptedModelServer
) -> None:
    gate = Gate()
    gate.step(2)
    model.script(Reply("one two three four five", gate=gate))
    every = list(children(lasting).values())
    with client(lasting) as http, http.stream("POST", "/chatkit", json=question("Count")) as reply:
        lines = reply.iter_lines()
        assert any('"delta":"' in line for line in lines)
        lasting.process.send_signal(signal.SIGTERM)
        gate.open()
        assert any("one two three four five" in line for line in lines)
    assert lasting.process.wait(DEADLINE) == 0
    wait_until_gone(every, 0)
    assert "Traceback" not in lasting.log.read_text()


def test_what_dies_again_and_again_stops_the_server_with_one_line(server: Server) -> None:
    every = list(children(server).values())
    with (server.log.parent / "index.lock").open() as lock, ThreadPoolExecutor(1) as pool:
        holding = pool.submit(fcntl.flock, lock, fcntl.LOCK_EX)
        kill(children(server)["knowledge"])
        holding.result(10)
        assert server.process.wait(3 * DEADLINE) == 2  # after growing pauses, thirteen seconds in all
    last = server.log.read_text().splitlines()[-1]
    assert last.startswith("chatkeep: The knowledge process died 8 times")
    assert "in use by another chatkeep" in last
    wait_until_gone(every, 1)


def test_ctrl_c_which_reaches_all_ends_all_in_order(server: Server) -> None:
    every = list(children(server).values())
    assert len(every) == 3
    for pid in [*every, server.process.pid]:
        os.kill(pid, signal.SIGINT)
    assert server.process.wait(DEADLINE) == 0
    wait_until_gone(every, 0)
    assert "Traceback" not in server.log.read_text()
    assert not logged(server, "process_died")


def test_no_process_outlives_a_supervisor_that_is_killed(server: Server) -> None:
    every = list(children(server).values())
    server.process.kill()
    wait_until_gone(every, DEADLINE)


def finished(data: Path, environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`chatkeep serve`, which must end by itself."""
    command = [sys.executable, "-m", "chatkeep", "serve", "--port", "0", "--no-open", "--data-dir", str(data)]
    return subprocess.run(
        [*command, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=2 * DEADLINE,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "changes", "said"),
    [
        ([], {"CHATKEEP_REDIS_URL": ""}, "2 workers need CHATKEEP_REDIS_URL"),
        (["nowhere-at-all"], {}, "nowhere-at-all"),
        ([], {"LLM_PROVIDER": "gemini"}, "GEMINI_API_KEY"),
    ],
    ids=["no Redis", "no such path", "no key"],
)
def test_what_is_wrong_is_one_line_as_with_one_worker(
    arguments: list[str],
    changes: dict[str, str],
    said: str,
    tmp_path: Path,
    environment: dict[str, str],
) -> None:
    done = finished(tmp_path / "data", {**environment, **changes}, *arguments, *TWO)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("chatkeep: ")
    assert said in line
    assert done.stdout == ""


def test_an_ingestion_that_fails_ends_the_server_with_its_line_alone(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    tmp_path.joinpath("chatkeep.db").write_bytes(b"This is no database. " * 1000)
    done = finished(tmp_path, environment, str(HARBOUR), *TWO)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "chatkeep.db" in line


def test_workers_whose_services_cannot_start_stop_the_server_as_one_would(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    broken = {"LLM_PROVIDER": "openai", "OPENAI_API_KEY": "sk-scripted", "ALL_PROXY": "nonsense://proxy"}

    def served(workers: str) -> subprocess.CompletedProcess[str]:
        return finished(tmp_path / workers, {**environment, **broken}, "--workers", workers)

    with ThreadPoolExecutor(2) as pool:
        alone, several = pool.map(served, ("1", "2"))
    assert alone.returncode == several.returncode == 2
    assert alone.stderr.splitlines()[-1].startswith("chatkeep: chatkeep could not start: ")
    assert alone.stderr.splitlines()[-1] == several.stderr.splitlines()[-1]
