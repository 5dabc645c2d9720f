"""The React application in `integrations/react-app`, built, and served with its proxy to a real chatkeep."""

import os
import re
import selectors
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from chatkeep.testing import Gate, Reply, ScriptedModelServer, ToolCall
from tests.browser.conftest import HARBOUR
from tests.browser.talk import answers, expect_finished, stored
from tests.serving import Server, serving

pytestmark = pytest.mark.browser

APP = Path(__file__).parents[2] / "integrations" / "react-app"
_BUILD_SECONDS = 180.0
_START_SECONDS = 60.0


@pytest.fixture(scope="module")
def chatkeep(model: ScriptedModelServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that knows what the application can do for the model."""
    environment = {
        "LLM_PROVIDER": "compatible",
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_DEFAULT_MODEL": "scripted",
        "CHATKEEP_CLIENT_TOOLS": str(APP / "tools.toml"),
    }
    with serving([HARBOUR], tmp_path_factory.mktemp("react-app-server"), environment) as server:
        yield server


@pytest.fixture(scope="module")
def app(chatkeep: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the application, built and served as its README says."""
    assert (APP / "node_modules").is_dir(), "`make test` installs what the application needs."
    built = tmp_path_factory.mktemp("react-app")
    arguments = ["--outDir", str(built), "--emptyOutDir", "--logLevel", "warn"]
    subprocess.run(
        ["npm", "run", "--silent", "build", "--", *arguments], cwd=APP, check=True, timeout=_BUILD_SECONDS
    )
    with previewed(built, chatkeep.url) as url:
        yield url


@contextmanager
def previewed(built: Path, chatkeep: str) -> Iterator[str]:
    """Vite's server of what was built, on a free port."""
    command = ["node", "node_modules/vite/bin/vite.js", "preview", "--host", "127.0.0.1", "--port", "0"]
    environment = {**os.environ, "CHATKEEP_URL": chatkeep, "NO_COLOR": "1"}
    with subprocess.Popen(
        [*command, "--outDir", str(built)], cwd=APP, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield _address(process)
        finally:
            process.terminate()


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    deadline = time.monotonic() + _START_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline and selector.select(deadline - time.monotonic()):
            line = process.stdout.readline()
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                return found[0]
            if not line:
                break
    raise AssertionError("The application was not served.")


def ask(page: Page, question: str) -> None:
    page.get_by_role("textbox", name="Ask the documents").fill(question)
    page.keyboard.press("Enter")


def scheme(page: Page) -> str:
    shown: str = page.evaluate("document.documentElement.dataset.scheme")
    return shown


def test_a_question_is_answered_and_its_steps_are_shown(
    page: Page, app: str, model: ScriptedModelServer
) -> None:
    model.script(Reply("Only in Saltby [1]."))
    page.goto(app)
    expect(page.get_by_role("heading", name="What do you want to know?")).to_be_visible()
    ask(page, "Where can I buy petrol?")
    expect(answers(page)).to_contain_text(["Only in Saltby"])
    steps = page.get_by_role("complementary", name="Steps of the answer")
    expect(steps.get_by_role("listitem").filter(has_text="Searched the documents")).to_contain_text(
        "passages found"
    )
    expect(steps.get_by_text("1 citation checked")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=re.compile("Source 1")).first.click()
    expect(opened.value.get_by_label("Cited passage")).to_contain_text("Saltby")
    assert opened.value.url.startswith(app)


def test_the_theme_changes_in_mid_answer_and_nothing_else_does(
    page: Page, app: str, model: ScriptedModelServer
) -> None:
    gate = Gate()
    gate.step(2)
    model.script(Reply("one two three four", gate=gate))
    page.goto(app)
    ask(page, "Count")
    expect(answers(page)).to_have_text(["one two"])
    page.get_by_role("textbox", name="Ask the documents").fill("And then")
    page.get_by_role("button", name="Switch to dark colours").click()
    assert scheme(page) == "dark"
    element = page.get_by_role("region", name="Chat").first
    assert element.evaluate("it => getComputedStyle(it).colorScheme") == "dark"
    expect(answers(page)).to_have_text(["one two"])
    gate.open()
    expect(answers(page)).to_have_text(["one two three four"])
    expect_finished(page)
    expect(page.get_by_role("textbox", name="Ask the documents")).to_have_value("And then")


def test_the_model_has_the_page_switch_its_theme_and_goes_on(
    page: Page, app: str, chatkeep: Server, model: ScriptedModelServer
) -> None:
    asked = len(model.requests)
    model.script(Reply(tool_calls=[ToolCall("switch_theme", '{"scheme": "dark"}')]), Reply("It is dark now."))
    page.goto(app)
    page.get_by_role("button", name="Switch to dark colours").last.click()
    expect(answers(page)).to_have_text(["It is dark now."])
    expect_finished(page)
    assert scheme(page) == "dark"
    first, second = (str(request.json) for request in model.requests[asked:])
    assert "Switch the page's colours" in first
    assert 'switch_theme({"scheme": "dark"}) returned {"shown": "dark", "before": "light"}' in second
    expect(page.get_by_role("complementary").get_by_text("switch_theme")).to_be_visible()
    assert stored(chatkeep.url)[-1] == "It is dark now."


def test_a_reload_shows_the_same_thread_in_the_same_colours(
    page: Page, app: str, model: ScriptedModelServer
) -> None:
    model.script(Reply("Channel 12 [1]."))
    page.goto(app)
    page.get_by_role("button", name="Switch to dark colours").first.click()
    ask(page, "Which channel?")
    expect(answers(page)).to_contain_text(["Channel 12"])
    expect_finished(page)
    assert "thread=" in page.url
    page.reload()
    expect(answers(page)).to_contain_text(["Channel 12"])
    assert scheme(page) == "dark"
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_role("heading", name="What do you want to know?")).to_be_visible()
    assert "thread=" not in page.url


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_phone_shows_everything_without_scrolling_sideways(
    page: Page, app: str, model: ScriptedModelServer, colours: str
) -> None:
    model.script(Reply("Keep the green buoy to starboard [1]."))
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    page.goto(app)
    assert scheme(page) == colours
    ask(page, "Where do I keep the buoy?")
    expect(answers(page)).to_contain_text(["Keep the green buoy"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Steps").click()
    expect(page.get_by_text("Searched the documents")).to_be_in_viewport()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_text("Searched the documents")).not_to_be_visible()


def test_a_server_that_is_not_there_is_said(page: Page, app: str) -> None:
    page.route("**/chatkit.js", lambda route: route.abort())
    page.goto(app)
    expect(page.get_by_role("alert")).to_contain_text("chatkeep does not answer")
