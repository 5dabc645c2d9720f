"""Pages as they are: React 18 and 19, plain scripts, modules. Only the script's address is ours."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.small_server import SmallServer, answered, plain_page, small_server, stored
from tests.browser.test_react import build_page

pytestmark = pytest.mark.browser

_SCRIPT = '<script src="/chatkit.js"></script>'


@pytest.fixture
def server() -> Iterator[SmallServer]:
    with small_server() as small:
        small.answers["threads.create"] = answered
        yield small


@pytest.fixture(scope="module", params=["18", ""], ids=["react-18", "react-19"])
def react_page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_page(tmp_path_factory.mktemp("react"), request.param)


def deliver(server: SmallServer, folder: Path) -> str:
    """Let the server deliver what the page in `folder` needs; the page's HTML, with a plain script."""
    for file in (folder / "assets").iterdir():
        server.pages[f"/assets/{file.name}"] = file.read_text()
    html = (folder / "index.html").read_text().replace("./assets/", "/assets/")
    html, found = re.subn(r"<script[^>]*/chatkit\.js[^>]*></script>", _SCRIPT, html)
    assert found == 1
    return html


def heard(page: Page) -> list[str]:
    names: list[str] = page.evaluate("window.__events.map((event) => event.name)")
    return names


@pytest.mark.parametrize("is_late", [False, True], ids=["script before mount", "script after mount"])
def test_case_79_react_pages_hear_ready_once_whenever_the_script_comes(
    page: Page, server: SmallServer, react_page: Path, *, is_late: bool
) -> None:
    html = deliver(server, react_page)
    server.pages["/"] = html.replace(_SCRIPT, "") if is_late else html
    page.goto(server.url)
    page.wait_for_selector("openai-chatkit", state="attached")
    if is_late:
        page.add_script_tag(url=f"{server.url}/chatkit.js")
    page.get_by_role("textbox").fill("Hello")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Done.")
    page.wait_for_function("window.__events.some((event) => event.name === 'response.end')")
    assert heard(page) == ["ready", "thread.change", "response.end"]
    # Strict mode mounts twice and asks once.
    assert [request["type"] for request in server.asked] == ["threads.list", "threads.create"]


def test_case_80_a_hundred_renderings_set_no_options_and_the_newest_function_is_called(
    page: Page, server: SmallServer, react_page: Path
) -> None:
    call = stored("client_tool_call", "t", call_id="c", name="x", arguments={}, status="pending")

    def use_tool(params: dict[str, Any]) -> list[dict[str, Any]]:
        return [*answered(params)[:2], {"type": "thread.item.done", "item": call}]

    server.answers["threads.create"] = use_tool
    server.answers["threads.add_client_tool_output"] = lambda _: []
    server.pages["/"] = deliver(server, react_page)
    page.goto(server.url)
    page.wait_for_function("window.__events.some((event) => event.name === 'ready')")
    page.evaluate("""() => {
      const chat = document.querySelector('openai-chatkit');
      chat.setOptions = () => window.__events.push({ name: 'set', detail: null });
      for (let count = 0; count < 100; count++) window.__render();
    }""")
    page.get_by_role("textbox").fill("Hello")
    page.keyboard.press("Enter")
    page.wait_for_function("window.__events.some((event) => event.name === 'response.end')")
    assert "set" not in heard(page)
    tools = page.evaluate("window.__events.filter(({ name }) => name === 'tool').map(({ detail }) => detail)")
    assert tools == [100]
    assert server.of("threads.add_client_tool_output") == [{"thread_id": "thr_1", "result": {}}]


@pytest.mark.parametrize(
    "script",
    [
        '<script src="/chatkit.js"></script>',
        '<script src="/chatkit.js" async></script>',
        '<script src="/chatkit.js" defer></script>',
        '<script src="/chatkit.js" type="module"></script>',
    ],
)
def test_a_plain_page_works_however_it_loads_the_script(page: Page, server: SmallServer, script: str) -> None:
    server.pages["/"] = plain_page("composer: { attachments: { enabled: true } }", script=script)
    page.goto(server.url)
    page.get_by_role("textbox").fill("Hello")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Done.")
    # Chunks are found too.
    expect(page.locator("input[type=file]")).to_be_attached()


def test_case_83_two_elements_have_threads_events_and_aborts_of_their_own(
    page: Page, server: SmallServer
) -> None:
    server.pages["/"] = plain_page("").replace(
        "</html>",
        """<openai-chatkit id="other"></openai-chatkit><script type="module">
        await customElements.whenDefined('openai-chatkit');
        window.others = [];
        for (const name of ['ready', 'response.start', 'thread.change']) {
          other.addEventListener(`chatkit.${name}`, () => window.others.push(name));
        }
        other.setOptions({ api: { url: '/chatkit', domainKey: 'x' }, locale: 'en' });
        </script></html>""",
    )
    page.goto(server.url)
    one, two = page.locator("#chat"), page.locator("#other")
    expect(two.get_by_role("textbox")).to_be_attached()
    one.get_by_role("textbox").fill("Hello")
    one.get_by_role("textbox").press("Enter")
    expect(one.get_by_role("log")).to_contain_text("Done.")
    page.wait_for_function("window.others.includes('ready')")
    two.evaluate("(element) => element.remove()")
    assert page.evaluate("window.others") == ["ready"]
    one.get_by_role("textbox").fill("Again")
    server.answers["threads.add_user_message"] = lambda params: answered(params)[1:]
    one.get_by_role("textbox").press("Enter")
    page.wait_for_function("window.heard.filter(({ name }) => name === 'response.end').length === 2")


def test_hosted_options_find_the_server_by_the_scripts_attribute(page: Page, server: SmallServer) -> None:
    script = '<script src="/chatkit.js" data-api-url="/chatkit"></script>'
    hosted = plain_page("", script=script).replace(
        "api: { url: '/chatkit', domainKey: 'x' }", "api: { getClientSecret: async () => 'secret' }"
    )
    server.pages["/"] = hosted
    with page.expect_request("**/chatkit") as asked:
        page.goto(server.url)
    assert asked.value.headers["authorization"] == "Bearer secret"
    page.get_by_role("textbox").fill("Hello")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Done.")
