"""Nothing leaves the machine but calls to the configured model."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from chatkeep.testing import Reply, ScriptedModelServer
from tests.behaviour.conftest import HARBOUR
from tests.serving import serving


@pytest.fixture(scope="session")
def deny_connect(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("deny") / "deny_connect.so"
    source = Path(__file__).with_name("deny_connect.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


def offline(library: Path, log: Path) -> dict[str, str]:
    """Everything but this machine refused and noted; and an environment that asks for telemetry (FastAPI's)."""
    log.touch()
    return {
        "LD_PRELOAD": str(library),
        "OFFLINE_LOG": str(log),
        "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://192.0.2.1:4318",
    }


def use_everything(url: str) -> str:
    """Ask, read the source, list, rate, rename, delete; gives the answer's text."""
    content = [{"type": "input_text", "text": "Where is petrol sold?"}]
    message = {"content": content, "attachments": [], "quoted_text": "", "inference_options": {}}
    with httpx.Client(base_url=url, timeout=30) as client:

        def call(kind: str, /, **params: object) -> httpx.Response:
            return client.post("/chatkit", json={"type": kind, "params": params}).raise_for_status()

        lines = call("threads.create", input=message).text.splitlines()
        events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
        thread = events[0]["thread"]["id"]
        items = [event["item"] for event in events if event["type"] == "thread.item.done"]
        answer = next(item for item in items if item["type"] == "assistant_message")
        for page in (
            "/",
            "/chatkit.js",
            "/page.json",
            answer["content"][0]["annotations"][0]["source"]["url"],
        ):
            client.get(page).raise_for_status()
        call("items.feedback", thread_id=thread, item_ids=[answer["id"]], kind="positive")
        call("threads.update", thread_id=thread, title="Petrol")
        call("threads.list")
        call("threads.delete", thread_id=thread)
        return str(answer["content"][0]["text"])


def test_the_guard_catches_what_would_leave(deny_connect: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    attempt = "import socket\ntry: socket.create_connection(('192.0.2.1', 80), 1)\nexcept OSError: pass"
    subprocess.run([sys.executable, "-c", attempt], env=offline(deny_connect, log), check=True)
    assert log.read_text() == "connect 192.0.2.1\n"


def test_without_a_model_nothing_leaves(deny_connect: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving([HARBOUR], tmp_path / "data", offline(deny_connect, log)) as server:
        assert "Saltby" in use_everything(server.url)
    assert "telemetry" not in server.log.read_text()  # FastAPI says so when it has been told to export
    assert log.read_text() == ""


def test_with_a_model_only_its_address_is_called(deny_connect: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with ScriptedModelServer() as model:
        model.script(Reply("In Saltby [1]."))
        environment = {
            "LLM_PROVIDER": "compatible",
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_DEFAULT_MODEL": "scripted",
            **offline(deny_connect, log),
        }
        with serving([HARBOUR], tmp_path / "data", environment) as server:
            assert use_everything(server.url) == "In Saltby."
        assert len(model.requests) == 1
    assert log.read_text() == ""
