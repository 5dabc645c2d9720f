"""OpenAI's React wrapper, unmodified, around our element: only the script's address differs."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from chatkeep.testing import Gate, Reply, ScriptedModelServer
from tests.browser.talk import answers, ask, expect_finished, stored
from tests.serving import Server

pytestmark = pytest.mark.browser

_WEB = Path(__file__).parents[2] / "web"


@pytest.fixture(scope="session")
def react_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page in `react-page/`, built as its author would build it."""
    return build_page(tmp_path_factory.mktemp("react-page"))


def build_page(folder: Path, react: str = "") -> Path:
    command = ["npx", "vite", "build", "--config", "vite.react-page.config.ts", "--logLevel", "warn"]
    environment = {**os.environ, "OUT_DIR": str(folder), "OUT_REACT": react}
    subprocess.run(command, cwd=_WEB, env=environment, check=True, timeout=120)
    return folder


def open_page(page: Page, server: Server, folder: Path) -> None:
    """Open the page as if the server's origin delivered it; all else is the server's own."""

    def deliver(route: Route) -> None:
        route.fulfill(path=folder / route.request.url.partition("/react/")[2])

    page.route("**/react/**", deliver)
    page.goto(f"{server.url}/react/index.html")


def test_a_react_page_asks_and_hears_the_events_in_order(
    page: Page, scripted: Server, model: ScriptedModelServer, react_page: Path
) -> None:
    model.script(Reply("Three red lights [1]."))
    open_page(page, scripted, react_page)
    ask(page, "What is shown when the bar is closed?")
    expect(page.get_by_role("log")).to_contain_text("Three red lights")
    expect(page.get_by_role("link", name=re.compile("Source 1")).first).to_be_visible()
    page.wait_for_function("window.__events.some((event) => event.name === 'response.end')")
    heard = page.evaluate("window.__events.map((event) => event.name)")
    assert heard == ["ready", "thread.change", "response.end"]


def test_strict_mode_asks_for_the_threads_once(page: Page, scripted: Server, react_page: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    open_page(page, scripted, react_page)
    expect(page.get_by_role("textbox", name="Message the AI")).to_be_visible()
    page.wait_for_function("window.__events.some((event) => event.name === 'ready')")
    page.wait_for_load_state("networkidle")
    assert asked == [f"{scripted.url}/chatkit"]


def test_a_react_page_that_is_reloaded_in_mid_answer_goes_on_with_it(
    page: Page, scripted: Server, model: ScriptedModelServer, react_page: Path
) -> None:
    gate = Gate()
    gate.step(2)
    model.script(Reply("one two three four", gate=gate))
    open_page(page, scripted, react_page)
    ask(page, "Count")
    expect(answers(page)).to_have_text(["one two"])
    page.reload()
    expect(answers(page)).to_have_text(["one two"])
    gate.open()
    expect(answers(page)).to_have_text(["one two three four"])
    expect_finished(page)
    page.wait_for_function("window.__events.some((event) => event.name === 'response.end')")
    heard = page.evaluate("window.__events.map((event) => event.name)")
    assert heard == ["ready", "response.end"]
    assert stored(scripted.url) == ["Count", "one two three four"]
