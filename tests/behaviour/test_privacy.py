"""Nothing leaves the machine but calls to the configured model."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatkeep.testing import Reply, ScriptedModelServer
from tests.behaviour.conftest import HARBOUR
from tests.serving import serving
from tests.wirings import Asking, answers_of, text_of, thread_of


@pytest.fixture(scope="session")
def deny_connect(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("deny") / "deny_connect.so"
    source = Path(__file__).with_name("deny_connect.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


def offline(library: Path, log: Path) -> dict[str, str]:
    """All but this machine refused and noted, where the environment asks FastAPI for telemetry."""
    log.touch()
    return {
        "LD_PRELOAD": str(library),
        "OFFLINE_LOG": str(log),
        "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://192.0.2.1:4318",
    }


def use_everything(url: str) -> str:
    """Ask, read the source, list, rate, rename, delete; gives the answer's text."""
    with httpx.Client(base_url=url, timeout=30) as client:
        asking = Asking(client)
        events = asking.ask("Where is petrol sold?")
        thread = thread_of(events)
        (answer,) = answers_of(events)
        source = answer["content"][0]["annotations"][0]["source"]["url"]
        for page in ("/", "/chatkit.js", "/page.json", source):
            client.get(page).raise_for_status()
        asking.call("items.feedback", thread_id=thread, item_ids=[answer["id"]], kind="positive")
        asking.call("threads.update", thread_id=thread, title="Petrol")
        asking.call("threads.list")
        asking.call("threads.delete", thread_id=thread)
        return text_of(answer)


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


def test_with_an_embeddings_endpoint_only_its_address_is_called(deny_connect: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with ScriptedModelServer(api_key="sk-embed") as model:
        model.script(Reply("In Saltby [1]."))
        environment = {
            "LLM_PROVIDER": "compatible",
            "OPENAI_API_KEY": "sk-embed",
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_DEFAULT_MODEL": "scripted",
            "CHATKEEP_EMBEDDER": "endpoint",
            "CHATKEEP_EMBEDDINGS_URL": model.base_url,
            "CHATKEEP_EMBEDDINGS_KEY": "sk-embed",
            "CHATKEEP_EMBEDDINGS_MODEL": "nomic-embed-text",
            **offline(deny_connect, log),
        }
        with serving([HARBOUR], tmp_path / "data", environment) as server:
            assert use_everything(server.url) == "In Saltby."
            assert "sk-embed" not in server.log.read_text()
        embedding = [request for request in model.requests if request.path == "/v1/embeddings"]
        bodies: list[Any] = [request.json for request in embedding]
        asked = [text for body in bodies for text in body["input"]]
        assert "search_query: Where is petrol sold?" in asked
        assert any(text.startswith("search_document: ") and "Saltby" in text for text in asked)
        assert len(model.requests) == len(embedding) + 1
    assert log.read_text() == ""
