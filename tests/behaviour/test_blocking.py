"""Nothing blocks the event loop. Every server that `tests.serving` starts is watched; this shows that the
watch sees, and leads one server through everything people do."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatkeep.testing import Gate, Reply, ScriptedModelServer
from tests.behaviour.conftest import HARBOUR
from tests.loop_watch import culprit
from tests.serving import BlockingCall, blocking_calls, serving, watching
from tests.wirings import Asking, answers_of, message, text_of, thread_of


def calls_of(log: Path, *paths: str) -> list[BlockingCall]:
    """What the watch sees of a server that is asked for `paths`."""
    command = [sys.executable, str(culprit.__file__), *paths]
    subprocess.run(command, env={**os.environ, **watching(log)}, check=True, timeout=60)
    return blocking_calls(log)


def test_each_kind_of_blocking_call_is_caught_where_it_is_made(tmp_path: Path) -> None:
    calls = calls_of(tmp_path / "log", *(f"/{name}" for name in culprit.BLOCKING))
    assert {call.event for call in calls} >= set(culprit.BLOCKING)
    assert all(any("culprit.py" in line for line in call.stack) for call in calls)


def test_what_threads_do_and_what_is_awaited_is_no_blocking_call(tmp_path: Path) -> None:
    assert not calls_of(tmp_path / "log", "/awaited", *(f"/thread/{name}" for name in culprit.BLOCKING))


@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_people_do_blocks_the_loop(
    workers: int, model: ScriptedModelServer, redis_url: str, tmp_path: Path
) -> None:
    environment = {
        "LLM_PROVIDER": "openai",
        "LLM_API": "chat_completions",
        "OPENAI_API_KEY": "sk-scripted",
        "OPENAI_BASE_URL": model.base_url,
        **({"CHATKEEP_REDIS_URL": redis_url} if workers > 1 else {}),
    }
    with (
        serving([HARBOUR], tmp_path / "data", environment, "--workers", str(workers)) as server,
        httpx.Client(base_url=server.url, timeout=30) as client,
    ):
        asking = Asking(client)
        assert client.get("/").is_success  # while the services still come up, as a browser does
        thread_id, answer = ask_and_ask_again(asking, model)
        stop_and_resume(asking, model, thread_id)
        for page in ("/chatkit.js", "/page.json", "/sources/none", "/ready", "/no/such/page"):
            client.get(page)
        assert client.get(answer["content"][0]["annotations"][0]["source"]["url"]).is_success
        asking.call("items.feedback", thread_id=thread_id, item_ids=[answer["id"]], kind="positive")
        asking.call("threads.update", thread_id=thread_id, title="Berths")
        assert asking.call("threads.list")["data"]
        asking.call("threads.delete", thread_id=thread_id)
    # `serving` has looked at what the watch saw.


def ask_and_ask_again(asking: Asking, model: ScriptedModelServer) -> tuple[str, dict[str, Any]]:
    """A thread's id and its first answer, which cites."""
    model.script(Reply("A berth costs 3.20 euros a metre [1]."), Reply("Yes."))
    events = asking.ask("What does a visitor's berth cost?")
    thread_id = thread_of(events)
    assert text_of(answers_of(asking.ask("With electricity?", thread_id))[0]) == "Yes."
    return thread_id, answers_of(events)[0]


def stop_and_resume(asking: Asking, model: ScriptedModelServer, thread_id: str) -> None:
    gate = Gate()
    model.script(Reply("one two three", gate=gate))
    gate.step(1)
    asked = {"thread_id": thread_id, "input": message("Count")}
    for event in asking.stream("threads.add_user_message", {"resumable": True}, **asked):
        if event["type"] == "thread.item.updated":
            break
    assert asking.call("threads.stop", thread_id=thread_id) == {"stopped": True}
    gate.open()
    assert list(asking.stream("threads.resume", thread_id=thread_id))
