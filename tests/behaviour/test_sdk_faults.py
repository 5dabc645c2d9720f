"""The known faults of the two SDKs: each shown on the usual wiring, absent from ours.

A test runs against both. On the usual wiring it must fail at its assertion: when a new version of an SDK
mends a fault, its test turns red here, and what we do about the fault can go.
"""

import gc
import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import pydantic
import pytest
from agents import Agent, OpenAIChatCompletionsModel
from chatkit.types import ChatKitReq, ThreadMetadata, ThreadStreamEvent, UserMessageItem
from packaging.requirements import Requirement

from benchmarks.reference.server import UsualServer, usual_agent
from benchmarks.reference.store import Context, MemoryStore
from chatkeep.testing import Fault, Gate, Reply, ScriptedModelServer
from tests.behaviour.conftest import HARBOUR
from tests.serving import serving
from tests.wirings import Asking, Wiring, answers_of, message, ours, text_of, thread_of, usual

ROOT = Path(__file__).parents[2]
SECONDS = 10.0  # what anything may take that has to happen

both = pytest.mark.parametrize(
    "wiring",
    [
        "ours",
        pytest.param(
            "usual",
            marks=pytest.mark.xfail(
                reason="the usual wiring has the fault", strict=True, raises=AssertionError
            ),
        ),
    ],
    indirect=True,
)
named = pytest.mark.parametrize(
    "name",
    [
        "ours",
        pytest.param(
            "usual",
            marks=pytest.mark.xfail(
                reason="the usual wiring has the fault", strict=True, raises=AssertionError
            ),
        ),
    ],
)


@pytest.fixture
def model() -> Iterator[ScriptedModelServer]:
    with ScriptedModelServer() as server:
        yield server


@pytest.fixture
def wiring(request: pytest.FixtureRequest, tmp_path: Path) -> Wiring:
    if request.param == "usual":
        return usual
    return lambda model_url: ours(tmp_path, model_url)


@pytest.fixture
def chat(wiring: Wiring, model: ScriptedModelServer) -> Iterator[Asking]:
    with wiring(model.base_url) as asking:
        yield asking


@both
def test_fault_1_each_answer_has_an_id_of_its_own(chat: Asking, model: ScriptedModelServer) -> None:
    model.script(Reply("Channel 12."), Reply("Channel 16."))
    ids = [item["id"] for text in ("Which?", "And?") for item in answers_of(chat.ask(text))]
    assert len(set(ids)) == 2
    assert "__fake_id__" not in ids


@both
def test_fault_2_the_second_turn_is_answered(chat: Asking, model: ScriptedModelServer) -> None:
    model.script(Reply("Channel 12."), Reply("On 127 degrees."))
    thread = thread_of(chat.ask("Which channel?"))
    second = chat.ask("And the leading lights?", thread)
    assert [text_of(item) for item in answers_of(second)] == ["On 127 degrees."]


class CitingServer(UsualServer):
    """The usual wiring told about the documents, as one does without a vector store: in the instructions."""

    def __init__(self, model: OpenAIChatCompletionsModel) -> None:
        told = "Cite the document as [1]: A berth costs 3.20 euros a metre."
        super().__init__(Agent(name="Assistant", instructions=told, model=model))


@contextmanager
def with_documents(name: str, model: ScriptedModelServer, folder: Path) -> Iterator[Asking]:
    if name == "usual":
        with usual(model.base_url, CitingServer) as asking:
            yield asking
        return
    environment = {
        "LLM_PROVIDER": "compatible",
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_DEFAULT_MODEL": "scripted",
    }
    with (
        serving([HARBOUR], folder, environment) as server,
        httpx.Client(base_url=server.url, timeout=SECONDS) as client,
    ):
        yield Asking(client)


@named
def test_fault_6_a_citation_arrives_while_the_answer_streams(
    name: str, model: ScriptedModelServer, tmp_path: Path
) -> None:
    model.script(Reply("A berth costs 3.20 euros a metre [1]. Pay at the office."))
    with with_documents(name, model, tmp_path) as chat:
        events = chat.ask("What does a visitor's berth cost?")
    updates = [event["update"]["type"] for event in events if event["type"] == "thread.item.updated"]
    cited = "assistant_message.content_part.annotation_added"
    assert cited in updates
    assert "assistant_message.content_part.text_delta" in updates[updates.index(cited) :]


@both
def test_fault_7_tokens_are_asked_to_be_counted(chat: Asking, model: ScriptedModelServer) -> None:
    model.script(Reply("Yes."))
    chat.ask("Is it?")
    assert model.requests[0].json.get("stream_options") == {"include_usage": True}


@pytest.fixture
def deny_connect(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("deny") / "deny_connect.so"
    source = Path(__file__).with_name("deny_connect.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


@contextmanager
def in_a_process(
    name: str, model: ScriptedModelServer, folder: Path, environment: dict[str, str]
) -> Iterator[str]:
    """The address of a server in a process of its own, stopped as Ctrl+C stops it."""
    if name == "ours":
        more = {
            "LLM_PROVIDER": "compatible",
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_DEFAULT_MODEL": "scripted",
            "CHATKEEP_EMBEDDER": "none",
        }
        with serving([], folder, {**environment, **more}) as server:
            yield server.url
        return
    command = [sys.executable, "-m", "benchmarks.reference", "--port", "0", "--tracing"]
    with subprocess.Popen(
        [*command, "--model-url", model.base_url],
        env={**os.environ, **environment},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield (process.stdout.readline() if process.stdout else "").split()[3]
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(2 * SECONDS)  # it tries to send its traces before it ends
            except subprocess.TimeoutExpired:
                process.kill()


@named
def test_fault_8_no_prompt_goes_to_the_vendor_as_a_trace(
    name: str, model: ScriptedModelServer, tmp_path: Path, deny_connect: Path
) -> None:
    model.script(Reply("Yes."))
    log = tmp_path / "log"
    log.touch()
    environment = {"OPENAI_API_KEY": "sk-own", "LD_PRELOAD": str(deny_connect), "OFFLINE_LOG": str(log)}
    with (
        in_a_process(name, model, tmp_path, environment) as url,
        httpx.Client(base_url=url, timeout=3 * SECONDS) as client,
    ):
        Asking(client).ask("Is it?")
    assert log.read_text() == ""


def test_fault_10_no_invented_id_is_sent_to_a_responses_endpoint(
    model: ScriptedModelServer, tmp_path: Path
) -> None:
    """On a thread begun in Chat Completions. The Agents SDK itself takes them out by now (0.24)."""
    model.script(Reply("Channel 12."), Reply("On 127 degrees."))
    with ours(tmp_path, model.base_url, llm_api="chat_completions") as chat:
        thread = thread_of(chat.ask("Which channel?"))
    with ours(tmp_path, model.base_url, llm_api="responses") as chat:
        second = chat.ask("And the leading lights?", thread)
    assert [text_of(item) for item in answers_of(second)] == ["On 127 degrees."]
    assert "Channel 12." in json.dumps(model.requests[-1].json)
    assert "__fake_id__" not in json.dumps(model.requests[-1].json)


@both
def test_fault_12_a_turn_without_an_answer_says_so(chat: Asking, model: ScriptedModelServer) -> None:
    model.script(Reply(""))
    events = chat.ask("Is it?")
    said = [text_of(item) for item in answers_of(events)]
    assert any(said) or "error" in [event["type"] for event in events]


@named
def test_fault_14_no_versions_are_admitted_that_break_each_other(name: str) -> None:
    """Seen: agents before 0.21 with openai 3; agents 0.17 with openai 2.54."""
    if name == "ours":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        requirements = [Requirement(line) for line in project["dependencies"]]
    else:
        from importlib.metadata import requires

        requirements = [Requirement(line) for line in requires("openai-chatkit") or []]
    admits = {requirement.name: requirement.specifier for requirement in requirements}
    for agents, client in (("0.20.0", "3.0.0"), ("0.17.0", "2.54.0")):
        assert agents not in admits["openai-agents"] or client not in admits["openai"]


def test_fault_14_the_versions_tested_are_the_versions_pinned() -> None:
    from importlib.metadata import version

    pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    for package in ("openai", "openai-agents", "openai-chatkit"):
        assert pins[package] == version(package)


@both
def test_fault_15_the_validator_of_requests_is_built_once(
    chat: Asking, model: ScriptedModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.script(Reply("One."), Reply("Two."))
    chat.ask("First?")
    built: list[Any] = []
    build = pydantic.TypeAdapter.__init__

    def noted(self: Any, type: Any, *args: Any, **kwargs: Any) -> None:  # noqa: A002 (Pydantic's name)
        built.append(type)
        build(self, type, *args, **kwargs)

    monkeypatch.setattr(pydantic.TypeAdapter, "__init__", noted)
    chat.ask("Second?")
    assert ChatKitReq not in built


@both
def test_fault_16_no_pydantic_object_is_built_for_a_chunk(
    chat: Asking, model: ScriptedModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    construct = openai.BaseModel.construct.__func__  # type: ignore[attr-defined]  # a class method

    def noted(cls: type[Any], *args: Any, **kwargs: Any) -> Any:
        built.append(cls.__name__)
        return construct(cls, *args, **kwargs)

    monkeypatch.setattr(openai.BaseModel, "construct", classmethod(noted))
    model.script(Reply("one two three"))
    chat.ask("Count")
    assert "ChatCompletionChunk" not in built


@both
def test_fault_17_a_page_that_is_reloaded_stops_nothing(chat: Asking, model: ScriptedModelServer) -> None:
    gate = Gate()
    model.script(Reply("one two three", gate=gate))
    gate.step()
    asked = chat.stream("threads.create", {"resumable": True}, input=message("Count"))
    thread = next(asked)["thread"]["id"]
    next(event for event in asked if event.get("update", {}).get("delta"))
    asked.close()  # type: ignore[attr-defined]  # a generator: hang up
    model.requests[0].disconnected.wait(3)  # where a disconnect is a stop, the model is hung up on
    gate.open()
    model.requests[0].finished.wait(SECONDS)
    assert not model.requests[0].disconnected.is_set()
    until = time.monotonic() + SECONDS
    while text_of(chat.items(thread)[-1]) != "one two three":
        assert time.monotonic() < until, "The answer was not kept."
        time.sleep(0.05)


@both
def test_fault_17_a_reader_can_say_where_it_was(chat: Asking, model: ScriptedModelServer) -> None:
    model.script(Reply("Yes."))
    reply = chat.post("threads.create", input=message("Is it?"))
    frames = [frame for frame in reply.text.split("\n\n") if frame and not frame.startswith(":")]
    assert [frame for frame in frames if not re.search(r"^id: \S+$", frame, re.MULTILINE)] == []


@both
def test_fault_17_there_is_a_way_to_stop(chat: Asking, model: ScriptedModelServer) -> None:
    model.script(Reply("one two three", gate=Gate()))
    asked = chat.stream("threads.create", input=message("Count"))
    thread = next(asked)["thread"]["id"]
    stopped = chat.post("threads.stop", thread_id=thread)
    assert stopped.is_success
    assert stopped.json() == {"stopped": True}


@both
def test_fault_18_ids_are_too_long_to_collide(chat: Asking, model: ScriptedModelServer) -> None:
    model.script(Reply("Yes."))
    events = chat.ask("Is it?")
    ids = [thread_of(events), *(event["item"]["id"] for event in events if "item" in event)]
    assert min(len(identity.partition("_")[2]) for identity in ids) >= 20


@both
def test_fault_18_times_say_that_they_are_utc(chat: Asking, model: ScriptedModelServer) -> None:
    model.script(Reply("Yes."))
    events = chat.ask("Is it?")
    times = [events[0]["thread"]["created_at"]]
    times += [event["item"]["created_at"] for event in events if "item" in event]
    assert [time for time in times if not time.endswith("Z")] == []


@both
def test_fault_19_a_stream_about_a_missing_thread_is_not_a_success(chat: Asking) -> None:
    operation = {
        "type": "threads.add_user_message",
        "params": {"thread_id": "thr_none", "input": message("Hi")},
    }
    with chat.client.stream("POST", "/chatkit", json=operation) as reply:
        assert reply.status_code == 404


class GivenBack(MemoryStore):
    """Gives back what it was given, as a store may: the SDK saves a `Thread` where it says metadata."""

    def __init__(self) -> None:
        super().__init__()
        self._given: dict[str, ThreadMetadata] = {}

    async def save_thread(self, thread: ThreadMetadata, context: Context) -> None:
        await super().save_thread(thread, context)
        self._given[thread.id] = thread

    async def load_thread(self, thread_id: str, context: Context) -> ThreadMetadata:
        return self._given[thread_id]


class TitlingServer(UsualServer):
    """Names each thread after its first answer, as the SDK's documentation shows."""

    def __init__(self, model: OpenAIChatCompletionsModel) -> None:
        super().__init__(usual_agent(model))
        self.store = GivenBack()

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Context
    ) -> AsyncIterator[ThreadStreamEvent]:
        async for event in super().respond(thread, input_user_message, context):
            yield event
        thread.title = "A title"


@named
def test_fault_20_a_thread_that_got_a_title_can_be_opened(
    name: str, model: ScriptedModelServer, tmp_path: Path
) -> None:
    model.script(Reply("Yes."))
    wiring = ours(tmp_path, model.base_url) if name == "ours" else usual(model.base_url, TitlingServer)
    with wiring as chat:
        thread = thread_of(chat.ask("Is it?"))
        reply = chat.post("threads.get_by_id", thread_id=thread)
    assert reply.status_code == 200
    assert reply.json()["title"]


@pytest.fixture
def no_collection() -> Iterator[None]:
    """What is left behind stays to be seen."""
    gc.disable()
    yield
    gc.enable()


@both
@pytest.mark.usefixtures("no_collection")
def test_fault_21_no_task_is_left_behind_when_the_model_fails(
    chat: Asking, model: ScriptedModelServer
) -> None:
    model.script(Reply("Yes."), Reply("one two three", fail=Fault.cut(after=1)))
    chat.ask("Is it?")
    before = chat.tasks()
    chat.ask("Count")
    assert chat.tasks_left(before) == set()
