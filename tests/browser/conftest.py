"""Chromium, and servers whose model is scripted, for tests that see what people see."""

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from chatkeep.testing import ScriptedModelServer
from tests.serving import Server, serving

HARBOUR = Path(__file__).parents[1] / "samples" / "harbour"

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a microphone that beeps
]
_PATIENCE_MILLISECONDS = 15_000


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        pass


@dataclass(frozen=True, slots=True)
class Site:
    """Somebody's own web site: its origin, and the folder it serves."""

    origin: str
    folder: Path


expect.set_options(timeout=_PATIENCE_MILLISECONDS)


def chromium(playwright: Playwright) -> Browser:
    """Debian's Chromium, or the one `CHROMIUM` names, without a window."""
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    found = next((path for path in map(shutil.which, filter(None, names)) if path), None)
    assert found, "The browser tests need Chromium: `make test` installs it on Debian."
    return playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own; at the end nothing was asked of another host, and nothing broke in it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(_PATIENCE_MILLISECONDS)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    asked: list[str] = []
    broken: list[str] = []
    page = context.new_page()
    context.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda line: broken.append(line.text) if "Content Security" in line.text else None)
    yield page
    context.close()
    hosts = {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts <= {"127.0.0.1"}, f"The page asked other hosts: {hosts}"
    assert not broken, broken


@pytest.fixture(scope="session")
def model() -> Iterator[ScriptedModelServer]:
    with ScriptedModelServer() as server:
        yield server


@pytest.fixture(scope="session")
def scripted(model: ScriptedModelServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """chatkeep on the harbour's documents, with the scripted model."""
    environment = {
        "LLM_PROVIDER": "compatible",
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_DEFAULT_MODEL": "scripted",
    }
    with serving([HARBOUR], tmp_path_factory.mktemp("scripted"), environment) as server:
        yield server


@pytest.fixture(scope="session")
def extractive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """chatkeep on the harbour's documents, as it comes: no model, no key."""
    with serving([HARBOUR], tmp_path_factory.mktemp("extractive")) as server:
        yield server


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Site(f"http://127.0.0.1:{server.server_port}", folder)
        server.shutdown()
        thread.join()
