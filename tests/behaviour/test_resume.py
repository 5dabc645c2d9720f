"""Turns that outlive their connection, from outside: resume, stop, repeat (docs/reference/turn-engine.md)."""

import json
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from chatkit.types import ThreadStreamEvent
from pydantic import TypeAdapter

from chatkeep.testing import Gate, Reply, ScriptedModelServer
from tests.serving import Server, serving

HARBOUR = Path(__file__).parents[1] / "samples" / "harbour"
EVENT: TypeAdapter[ThreadStreamEvent] = TypeAdapter(ThreadStreamEvent)
WORDS = "one two three four five six"
GRACE = 0.5
MAX_RUNS = 3


def environment(model: ScriptedModelServer) -> dict[str, str]:
    return {
        "LLM_PROVIDER": "openai",
        "LLM_API": "chat_completions",
        "OPENAI_API_KEY": "sk-scripted",
        "OPENAI_BASE_URL": model.base_url,
        "CHATKEEP_EMBEDDER": "none",
        "CHATKEEP_DISCONNECT_GRACE": str(GRACE),
        "CHATKEEP_MAX_RUNS": str(MAX_RUNS),
    }


@pytest.fixture(scope="module")
def resumable_server(
    model: ScriptedModelServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    with serving([HARBOUR], tmp_path_factory.mktemp("resume"), environment(model)) as running:
        yield running


@pytest.fixture
def client(resumable_server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=resumable_server.url, timeout=20) as client:
        yield client


@pytest.fixture
def gate(model: ScriptedModelServer) -> Iterator[Gate]:
    """The model says `WORDS`, a word a step; whatever is left unsaid at the end is let out."""
    gate = Gate()
    model.script(Reply(WORDS, gate=gate))
    yield gate
    gate.open()


@dataclass(frozen=True)
class Frame:
    """One server-sent event, and how it looked on the wire."""

    raw: bytes
    id: str | None
    event: str | None
    data: Any

    @property
    def delta(self) -> str:
        found = self.data and self.data.get("update", {}).get("delta")
        return found or ""


class Stream:
    """The frames of one streaming reply, each of them known to the SDK's own types."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.seen: list[Frame] = []
        self._frames = self._split(response)

    @staticmethod
    def _split(response: httpx.Response) -> Iterator[Frame]:
        rest = b""
        for chunk in response.iter_raw():
            *whole, rest = (rest + chunk).split(b"\n\n")
            for raw in whole:
                if raw.startswith(b":"):
                    continue
                fields = dict(line.decode().split(": ", 1) for line in raw.split(b"\n"))
                if "data" in fields:
                    EVENT.validate_json(fields["data"])
                data = json.loads(fields["data"]) if "data" in fields else None
                yield Frame(raw, fields.get("id"), fields.get("event"), data)
        assert rest == b""

    def until(self, found: Callable[[Frame], object]) -> Frame:
        for frame in self._frames:
            self.seen.append(frame)
            if found(frame):
                return frame
        raise AssertionError(f"It never came; there were {[frame.raw for frame in self.seen]}")

    def until_word(self, word: str) -> Frame:
        return self.until(lambda frame: word in frame.delta)

    def rest(self) -> "Stream":
        """Everything to the end."""
        self.seen.extend(self._frames)
        return self

    @property
    def bytes(self) -> bytes:
        return b"\n\n".join(frame.raw for frame in self.seen)

    @property
    def kinds(self) -> list[str]:
        return [frame.data["type"] for frame in self.seen if frame.data]

    @property
    def thread(self) -> str:
        threads = [frame.data["thread"]["id"] for frame in self.seen if frame.data and "thread" in frame.data]
        return str(threads[0])

    @property
    def answer(self) -> str:
        done = [frame.data["item"] for frame in self.seen if frame.data and "item" in frame.data]
        return "".join(
            item["content"][0]["text"]
            for item in done
            if item["type"] == "assistant_message" and item["content"]
        )


def submission(
    text: str = "Count", thread: str | None = None, *, resumable: bool = True, key: str | None = None
) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    message = {"content": content, "attachments": [], "quoted_text": "", "inference_options": {}}
    metadata: dict[str, Any] = {"resumable": True} if resumable else {}
    if key:
        metadata["idempotency_key"] = key
    if thread is None:
        return {"type": "threads.create", "params": {"input": message}, "metadata": metadata}
    params = {"thread_id": thread, "input": message}
    return {"type": "threads.add_user_message", "params": params, "metadata": metadata}


@contextmanager
def stream(
    client: httpx.Client, request: dict[str, Any], headers: dict[str, str] | None = None
) -> Iterator[Stream]:
    with client.stream("POST", "/chatkit", json=request, headers=headers) as response:
        assert response.status_code == 200, response.read()
        yield Stream(response)


def whole(client: httpx.Client, request: dict[str, Any]) -> Stream:
    with stream(client, request) as running:
        return running.rest()


def resume(thread: str, after: str | None = None) -> dict[str, Any]:
    params = {"thread_id": thread, **({"after": after} if after is not None else {})}
    return {"type": "threads.resume", "params": params}


def call(client: httpx.Client, kind: str, **params: Any) -> Any:
    reply = client.post("/chatkit", json={"type": kind, "params": params})
    assert reply.status_code == 200, reply.text
    return reply.json()


def stored(client: httpx.Client, thread: str) -> list[Any]:
    data: list[Any] = call(client, "threads.get_by_id", thread_id=thread)["items"]["data"]
    return data


def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    """Ask again and again until it is so: each asking waits for the server's answer."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not come to be so in time."


def test_frames_are_numbered_from_one_without_a_gap_and_ended(client: httpx.Client, gate: Gate) -> None:
    gate.open()
    said = whole(client, submission())
    ids = [frame.id or "" for frame in said.seen]
    run = ids[0].rpartition(":")[0]
    assert run.startswith("run_")
    assert ids == [f"{run}:{n}" for n in range(1, len(ids) + 1)]
    assert (said.seen[-1].event, said.seen[-1].data) == ("end", None)
    assert said.seen[-1].raw.startswith(b"event: end\nid: ")
    assert said.answer == WORDS


def test_a_parser_that_knows_nothing_of_it_sees_what_it_always_saw(client: httpx.Client, gate: Gate) -> None:
    gate.open()
    with client.stream("POST", "/chatkit", json=submission(resumable=False)) as response:
        assert response.headers["x-accel-buffering"] == "no"
        events = [json.loads(line[6:]) for line in response.iter_lines() if line.startswith("data: ")]
    kinds = [event["type"] for event in events]
    assert kinds[:3] == ["thread.created", "thread.item.done", "stream_options"]
    assert [kind for kind in kinds if kind == "thread.item.done"] == ["thread.item.done"] * 2
    assert all(isinstance(event, dict) for event in events)


def test_a_cut_in_mid_answer_costs_exactly_the_frames_missed(client: httpx.Client, gate: Gate) -> None:
    with stream(client, submission()) as first:
        gate.step(2)
        last = first.until_word("two")
    gate.step(2)
    with stream(client, resume(first.thread, last.id)) as second:
        second.until_word("four")
        gate.open()
        second.rest()
    replayed = whole(client, resume(first.thread, (last.id or "").rpartition(":")[0] + ":0"))
    assert replayed.bytes == first.bytes + b"\n\n" + second.bytes
    assert second.answer == WORDS
    assert stored(client, first.thread)[-1]["content"][0]["text"] == WORDS


def test_two_followers_get_the_same_bytes(client: httpx.Client, gate: Gate) -> None:
    with ExitStack() as open_streams:
        first = open_streams.enter_context(stream(client, submission()))
        gate.step(1)
        run = (first.until_word("one").id or "").rpartition(":")[0]
        second = open_streams.enter_context(stream(client, resume(first.thread)))
        third = open_streams.enter_context(stream(client, resume(first.thread, f"{run}:0")))
        gate.open()
        assert first.rest().bytes == second.rest().bytes == third.rest().bytes
    assert first.answer == WORDS


@pytest.mark.parametrize("after", [None, "run_nobody:7"])
def test_what_is_not_held_comes_as_a_snapshot(client: httpx.Client, gate: Gate, after: str | None) -> None:
    gate.open()
    first = whole(client, submission())
    again = whole(client, resume(first.thread, after))
    assert again.seen[0].event == "snapshot"
    assert again.kinds == ["thread.updated", "thread.item.done", "thread.item.done"]
    assert again.answer == WORDS
    assert [frame.id for frame in again.seen] == [None] * 4
    assert again.seen[-1].raw == b"event: end"


def test_an_unknown_position_in_mid_answer_is_a_snapshot_and_then_the_run(
    client: httpx.Client, gate: Gate
) -> None:
    with stream(client, submission()) as first:
        gate.step(2)
        first.until_word("two")
    with stream(client, resume(first.thread, "run_nobody:7")) as again:
        gate.open()
        again.rest()
    assert again.seen[0].event == "snapshot"
    numbered = [frame.id.rpartition(":")[2] for frame in again.seen if frame.id]
    assert numbered == [str(n) for n in range(1, len(numbered) + 1)]
    assert again.seen[-1].event == "end"
    assert again.answer == WORDS


def test_an_ended_run_is_replayed_and_its_end_is_an_end(client: httpx.Client, gate: Gate) -> None:
    gate.open()
    first = whole(client, submission())
    run, _, last = (first.seen[-1].id or "").rpartition(":")
    assert whole(client, resume(first.thread, f"{run}:0")).bytes == first.bytes
    assert whole(client, resume(first.thread, f"{run}:{int(last) - 1}")).bytes == first.seen[-1].raw
    assert [frame.event for frame in whole(client, resume(first.thread, f"{run}:{last}")).seen] == ["end"]


def test_a_run_is_resumed_in_its_own_thread_only(client: httpx.Client, model: ScriptedModelServer) -> None:
    model.script(Reply("A secret."), Reply("Nothing."))
    secret, other = whole(client, submission()), whole(client, submission())
    run = (secret.seen[0].id or "").rpartition(":")[0]
    told = whole(client, resume(other.thread, f"{run}:0"))
    assert b"secret" not in told.bytes
    assert told.answer == "Nothing."


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"type": "threads.resume", "params": {"thread_id": "thr_none"}}, 404),
        ({"type": "threads.stop", "params": {"thread_id": "thr_none"}}, 404),
        ({"type": "threads.resume", "params": {}}, 422),
        ({"type": "threads.stop", "params": {"thread_id": 7}}, 422),
    ],
)
def test_a_thread_that_is_not_there_is_refused(
    client: httpx.Client, operation: dict[str, Any], status: int
) -> None:
    reply = client.post("/chatkit", json=operation)
    assert reply.status_code == status
    assert set(reply.json()) == {"code", "message", "request_id"}


def test_a_position_that_is_none_is_refused(client: httpx.Client, gate: Gate) -> None:
    gate.open()
    thread = whole(client, submission()).thread
    assert client.post("/chatkit", json=resume(thread, "seven")).status_code == 422


def test_a_stop_is_answered_at_once_and_everybody_hears_the_rest(client: httpx.Client, gate: Gate) -> None:
    with ExitStack() as open_streams:
        first = open_streams.enter_context(stream(client, submission()))
        gate.step(2)
        first.until_word("two")
        second = open_streams.enter_context(stream(client, resume(first.thread)))
        second.until_word("two")
        began = time.monotonic()
        assert call(client, "threads.stop", thread_id=first.thread) == {"stopped": True}
        took = time.monotonic() - began
        assert first.rest().bytes == second.rest().bytes
    assert took < 1.5  # a second is promised; the machine that tests has its own business
    assert first.seen[-1].event == "end"
    (_, kept) = stored(client, first.thread)
    assert kept["content"][0]["text"].split() == ["one", "two"]
    assert first.answer.endswith(kept["content"][0]["text"])
    assert call(client, "threads.stop", thread_id=first.thread) == {"stopped": False}


def test_another_run_than_the_one_named_is_not_stopped(client: httpx.Client, gate: Gate) -> None:
    with stream(client, submission()) as running:
        gate.step(1)
        running.until_word("one")
        reply = call(client, "threads.stop", thread_id=running.thread, run_id="run_other")
        assert reply == {"stopped": False}
        gate.open()
        running.rest()
    assert running.answer == WORDS


def test_a_thread_says_which_run_is_active(client: httpx.Client, gate: Gate) -> None:
    with stream(client, submission()) as running:
        gate.step(1)
        run = (running.until_word("one").id or "").rpartition(":")[0]
        thread = call(client, "threads.get_by_id", thread_id=running.thread)
        assert thread["metadata"] == {"active_run_id": run}
        (listed, *_) = call(client, "threads.list", limit=1, order="desc")["data"]
        assert "active_run_id" not in listed.get("metadata", {})
        gate.open()
        running.rest()
    after = call(client, "threads.get_by_id", thread_id=running.thread)
    assert after["metadata"] == {"active_run_id": None}


def test_a_turn_that_was_stopped_is_not_broken_off(client: httpx.Client, gate: Gate) -> None:
    with stream(client, submission()) as running:
        gate.step(1)
        running.until_word("one")
        call(client, "threads.stop", thread_id=running.thread)
    after = call(client, "threads.get_by_id", thread_id=running.thread)
    assert after["metadata"] == {"active_run_id": None}


def test_leaving_is_a_stop_for_those_who_cannot_resume(
    client: httpx.Client, gate: Gate, model: ScriptedModelServer
) -> None:
    with stream(client, submission(resumable=False)) as running:
        gate.step(2)
        running.until_word("two")
    asked = model.requests[-1]
    assert asked.disconnected.wait(10)
    until(lambda: len(stored(client, running.thread)) == 2)
    gate.open()
    assert stored(client, running.thread)[-1]["content"][0]["text"].split() == ["one", "two"]


def test_leaving_is_nothing_for_those_who_resume(
    client: httpx.Client, gate: Gate, model: ScriptedModelServer
) -> None:
    with stream(client, submission()) as running:
        gate.step(2)
        running.until_word("two")
    assert not model.requests[-1].disconnected.wait(4 * GRACE)
    gate.open()
    until(lambda: len(stored(client, running.thread)) == 2)
    assert stored(client, running.thread)[-1]["content"][0]["text"] == WORDS


def test_a_repeat_attaches_to_the_same_run_and_does_nothing_twice(
    client: httpx.Client, gate: Gate, model: ScriptedModelServer
) -> None:
    request, before = submission(key=str(uuid.uuid4())), len(model.requests)
    with ExitStack() as open_streams:
        first = open_streams.enter_context(stream(client, request))
        gate.step(2)
        first.until_word("two")
        second = open_streams.enter_context(stream(client, request))
        gate.open()
        assert first.rest().bytes == second.rest().bytes
    assert whole(client, request).bytes == first.bytes
    assert len(model.requests) == before + 1
    assert len(stored(client, first.thread)) == 2


def test_the_key_may_be_a_header(client: httpx.Client, gate: Gate, model: ScriptedModelServer) -> None:
    gate.open()
    headers, before = {"Idempotency-Key": str(uuid.uuid4())}, len(model.requests)
    with stream(client, submission(), headers) as first, stream(client, submission(), headers) as second:
        assert first.rest().bytes == second.rest().bytes
    assert len(model.requests) == before + 1


def test_a_key_used_for_something_else_is_refused(client: httpx.Client, gate: Gate) -> None:
    gate.open()
    key = str(uuid.uuid4())
    whole(client, submission("Count", key=key))
    reply = client.post("/chatkit", json=submission("Count backwards", key=key))
    assert (reply.status_code, reply.json()["code"]) == (422, "invalid_input")


def test_a_second_question_in_mid_answer_is_a_conflict(client: httpx.Client, gate: Gate) -> None:
    with stream(client, submission()) as running:
        gate.step(1)
        running.until_word("one")
        reply = client.post("/chatkit", json=submission("And?", running.thread))
        assert (reply.status_code, reply.json()["code"]) == (409, "conflict")
        gate.open()
        running.rest()
    assert len(stored(client, running.thread)) == 2


def test_more_answers_than_allowed_are_refused_with_a_time_to_come_back(
    client: httpx.Client, model: ScriptedModelServer
) -> None:
    gates = [Gate() for _ in range(MAX_RUNS)]
    model.script(*(Reply(WORDS, gate=gate) for gate in gates))
    with ExitStack() as open_streams:
        for gate in gates:
            gate.step(1)
            open_streams.enter_context(stream(client, submission())).until_word("one")
        reply = client.post("/chatkit", json=submission())
        assert (reply.status_code, reply.json()["code"]) == (503, "overloaded")
        assert int(reply.headers["Retry-After"]) >= 1
        for gate in gates:
            gate.open()
    until(lambda: all(request.finished.is_set() for request in model.requests))
    model.script(Reply("Again."))
    until(lambda: client.post("/chatkit", json=submission()).status_code == 200)


def test_deleting_a_thread_in_mid_answer_ends_the_answer(
    client: httpx.Client, gate: Gate, model: ScriptedModelServer
) -> None:
    with stream(client, submission()) as running:
        gate.step(1)
        running.until_word("one")
        assert call(client, "threads.delete", thread_id=running.thread) == {}
        assert running.rest().seen[-1].event == "end"
    assert client.post("/chatkit", json=resume(running.thread)).status_code == 404
    assert model.requests[-1].finished.wait(10)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_after_a_restart_the_turn_has_an_error_and_retry(
    model: ScriptedModelServer, tmp_path: Path, ending: signal.Signals, gate: Gate
) -> None:
    gate.step(2)
    with (
        serving([HARBOUR], tmp_path, environment(model)) as before,
        httpx.Client(base_url=before.url, timeout=20) as client,
        stream(client, submission()) as running,
    ):
        last = running.until_word("two")
        before.process.send_signal(ending)
        before.process.wait(15)
    with (
        serving([HARBOUR], tmp_path, environment(model)) as after,
        httpx.Client(base_url=after.url, timeout=20) as client,
    ):
        told = whole(client, resume(running.thread, last.id))
        thread = call(client, "threads.get_by_id", thread_id=running.thread)
    assert thread["metadata"] == {"active_run_id": None, "broken_off": True}
    assert told.seen[0].event == "snapshot"
    assert told.seen[-2].data["type"] == "error"
    assert told.seen[-2].data["allow_retry"] is True
    assert told.seen[-1].event == "end"
    assert told.answer.split() == (["one", "two"] if ending is signal.SIGINT else [])
