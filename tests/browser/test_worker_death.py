"""A worker that is killed in mid-answer takes nothing with it that had been said."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from chatkeep.adapters.memory_journal import LEASE_SECONDS
from chatkeep.testing import Gate, Reply, ScriptedModelServer
from tests.browser.conftest import HARBOUR
from tests.browser.talk import answers, ask, expect_finished, reconnecting, stored
from tests.serving import Server, serving, wait_until_ready

pytestmark = pytest.mark.browser

# The lease of the dead worker runs out, and somebody looks within a second; the rest is for a slow machine.
TIMEOUT_SECONDS = LEASE_SECONDS + 9


@pytest.fixture
def workers(model: ScriptedModelServer, redis_url: str, tmp_path: Path) -> Iterator[Server]:
    environment = {
        "LLM_PROVIDER": "compatible",
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_DEFAULT_MODEL": "scripted",
        "CHATKEEP_EMBEDDER": "none",
        "CHATKEEP_REDIS_URL": redis_url,
    }
    with serving([HARBOUR], tmp_path, environment, "--workers", "2") as server:
        wait_until_ready(server, 2)
        yield server


def answering_worker(model: ScriptedModelServer) -> int:
    """The pid of the worker that asked the model last: it has the other end of the connection."""
    port = model.requests[-1].port
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    (inode,) = [line[9] for line in lines if int(line[1].rpartition(":")[2], 16) == port and line[9] != "0"]
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):  # it was closed meanwhile
            if descriptor.readlink().name == f"socket:[{inode}]":
                return int(descriptor.parts[2])
    raise AssertionError(f"Nobody has the connection from port {port}.")


def test_what_a_killed_worker_had_said_stays_and_the_question_can_be_asked_again(
    page: Page, workers: Server, model: ScriptedModelServer
) -> None:
    gate = Gate()
    gate.step(2)
    model.script(Reply("one two three four", gate=gate))
    page.goto(workers.url)
    ask(page, "Count")
    expect(answers(page)).to_have_text(["one two"])
    os.kill(answering_worker(model), signal.SIGKILL)
    gate.open()
    expect(page.get_by_role("alert")).to_contain_text(
        "The server was interrupted", timeout=TIMEOUT_SECONDS * 1000
    )
    expect(answers(page)).to_have_text(["one two"])
    expect(reconnecting(page)).to_have_count(0)
    wait_until_ready(workers, 3)  # with the one that died: the new one keeps whoever reaches it waiting
    assert [text.strip() for text in stored(workers.url)] == ["Count", "one two"]
    page.reload()
    expect(answers(page)).to_have_text(["one two"])
    expect(page.get_by_role("alert")).to_contain_text("before this answer was complete")
    model.script(Reply("One to four."))
    page.get_by_role("button", name="Try again").click()
    expect(answers(page)).to_have_text(["One to four."])
    expect_finished(page)
    assert stored(workers.url) == ["Count", "One to four."]
