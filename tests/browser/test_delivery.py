"""The element's script in pages of another origin: however it is loaded, pinned, restricted or old."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from chatkeep.cli.assets import script_tag
from chatkeep.http.assets import WEB, built_assets, built_version
from tests.browser.conftest import HARBOUR, Site
from tests.serving import Server, serving, wait_until_ready

pytestmark = pytest.mark.browser

_OLD = "0.0.9"
# What loads without anybody's doing, once the page is painted and idle; `web/bundle/sizes.ts` lists it.
_AFTERWARDS = {"afterwards", "checkOptions", "later"}
_GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "delivering.md"
_CONFIGURE = """
const chat = document.querySelector('openai-chatkit');
customElements.whenDefined('openai-chatkit').then(() => chat.setOptions({ api: { url: '%s/chatkit' } }));
addEventListener('load', () => {
  document.body.dataset.defined = Boolean(customElements.get('openai-chatkit'));
});
"""


@pytest.fixture(scope="module")
def chatkeep(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environment = {"CHATKEEP_ALLOWED_ORIGINS": site.origin}
    data = tmp_path_factory.mktemp("delivery")
    with serving([HARBOUR], data, environment) as server:
        yield server


def publish(site: Site, chatkeep: Server, tag: str, policy: str = "") -> str:
    """A page of somebody's site that loads the element by `tag`; its address."""
    (site.folder / "configure.js").write_text(_CONFIGURE % chatkeep.url)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if policy else ""
    html = (
        f"<!doctype html><meta charset=utf-8>{meta}<link rel=stylesheet href=page.css>{tag}"
        "<body><openai-chatkit></openai-chatkit><script src=configure.js></script>"
    )
    (site.folder / "page.css").write_text("html, body { height: 100%; margin: 0 }")
    (site.folder / "index.html").write_text(html)
    return site.origin


def open_history(page: Page) -> None:
    page.get_by_role("button", name="Conversation history").click()


def expect_history(page: Page) -> None:
    expect(page.get_by_role("dialog", name="Conversation history")).to_be_visible()


def scripts_asked(page: Page) -> list[str]:
    asked: list[str] = []
    page.on(
        "request",
        lambda request: asked.append(request.url) if ".js" in request.url.partition("?")[0] else None,
    )
    return asked


@pytest.mark.parametrize("attributes", ["", "async", "defer", 'type="module"', 'type="module" async'])
def test_one_file_defines_it_before_the_page_has_loaded(
    page: Page, site: Site, chatkeep: Server, attributes: str
) -> None:
    asked = scripts_asked(page)
    page.goto(publish(site, chatkeep, f'<script src="{chatkeep.url}/chatkit.js" {attributes}></script>'))
    expect(page.locator("body")).to_have_attribute("data-defined", "true")
    expect(page.get_by_role("textbox", name="Message the AI")).to_be_visible()
    first, *others = [url for url in asked if url.startswith(chatkeep.url)]
    assert first == f"{chatkeep.url}/chatkit.js"
    assert {re.split(r"[/-]", url)[-2] for url in others} <= _AFTERWARDS
    open_history(page)
    expect_history(page)
    later = next(url for url in asked if "HistoryPanel" in url)
    assert later.startswith(f"{chatkeep.url}/chatkit/{built_version()}/HistoryPanel-")


def test_a_pinned_script_is_loaded_and_so_are_its_chunks(page: Page, site: Site, chatkeep: Server) -> None:
    asked = scripts_asked(page)
    page.goto(publish(site, chatkeep, script_tag(chatkeep.url, built_assets()[0])))
    open_history(page)
    expect_history(page)
    assert any("/hashes-" in url for url in asked)


def test_a_script_that_is_not_the_pinned_one_does_not_run(page: Page, site: Site, chatkeep: Server) -> None:
    def alter(route: Route) -> None:
        reply = route.fetch()
        route.fulfill(response=reply, body=reply.text() + "\n")

    page.route("**/chatkit/*/chatkit.js", alter)
    page.goto(publish(site, chatkeep, script_tag(chatkeep.url, built_assets()[0])))
    expect(page.locator("body")).to_have_attribute("data-defined", "false")


def test_a_chunk_that_is_not_the_pinned_scripts_own_does_not_run(
    page: Page, site: Site, chatkeep: Server
) -> None:
    def alter(route: Route) -> None:
        reply = route.fetch()
        route.fulfill(response=reply, body="window.tampered = true;" + reply.text())

    page.route("**/HistoryPanel-*.js*", alter)
    page.goto(publish(site, chatkeep, script_tag(chatkeep.url, built_assets()[0])))
    open_history(page)
    expect(page.get_by_text("This part could not be loaded.")).to_be_visible()
    assert page.evaluate("window.tampered") is None
    page.unroute("**/HistoryPanel-*.js*")
    page.get_by_role("button", name="Load again").click()
    expect_history(page)


def speak_german(page: Page, chatkeep: Server) -> None:
    set_options = (
        "url => document.querySelector('openai-chatkit').setOptions({ api: { url }, locale: 'de-DE' })"
    )
    page.evaluate(set_options, f"{chatkeep.url}/chatkit")


def test_a_pinned_script_takes_translations_that_are_its_own(
    page: Page, site: Site, chatkeep: Server
) -> None:
    def alter(route: Route) -> None:
        reply = route.fetch()
        route.fulfill(response=reply, body="window.tampered = true;" + reply.text())

    page.route("**/words-*", alter)
    page.goto(publish(site, chatkeep, script_tag(chatkeep.url, built_assets()[0])))
    with page.expect_response("**/words-*-de-DE.js"):
        speak_german(page, chatkeep)
    expect(page.get_by_role("button", name="Conversation history")).to_be_visible()
    page.unroute("**/words-*")
    with page.expect_response("**/words-*-de-DE.js?1"):
        speak_german(page, chatkeep)
    expect(page.get_by_role("button", name="Chatverlauf")).to_be_visible()
    assert page.evaluate("window.tampered") is None


def test_a_chunk_that_could_not_be_loaded_comes_when_asked_for_again(
    page: Page, site: Site, chatkeep: Server
) -> None:
    page.route("**/HistoryPanel-*.js*", lambda route: route.abort())
    page.goto(publish(site, chatkeep, f'<script src="{chatkeep.url}/chatkit.js" defer></script>'))
    open_history(page)
    expect(page.get_by_text("This part could not be loaded.")).to_be_visible()
    page.unroute("**/HistoryPanel-*.js*")
    page.get_by_role("button", name="Load again").click()
    expect_history(page)


def test_it_works_under_the_guides_policy(page: Page, site: Site, chatkeep: Server) -> None:
    (policy,) = re.findall(r"^Content-Security-Policy: (.*)$", _GUIDE.read_text(), re.MULTILINE)
    policy = policy.replace("https://chat.example.com", chatkeep.url)
    page.goto(publish(site, chatkeep, script_tag(chatkeep.url, built_assets()[0]), policy))
    page.get_by_role("textbox", name="Message the AI").fill("Where can I buy petrol?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Saltby", timeout=60_000)
    open_history(page)
    expect_history(page)


def test_a_page_that_was_open_during_an_upgrade_still_finds_its_chunks(
    page: Page, site: Site, chatkeep: Server
) -> None:
    """The page has the script of a version that only the data folder knows any more."""
    wait_until_ready(chatkeep, 1)
    served = chatkeep.log.parent / "element"
    mine = served / built_version()
    assert (mine / "chatkit.js").is_file()
    (served / _OLD).mkdir(exist_ok=True)
    for path in mine.glob("*.js"):
        (served / _OLD / path.name).write_bytes(path.read_bytes())
    old = (WEB / "chatkit.js").read_text().replace(f"chatkit/{built_version()}/", f"chatkit/{_OLD}/")
    page.route("**/chatkit.js", lambda route: route.fulfill(body=old, content_type="text/javascript"))
    asked = scripts_asked(page)
    page.goto(publish(site, chatkeep, f'<script src="{chatkeep.url}/chatkit.js" defer></script>'))
    open_history(page)
    expect_history(page)
    assert any(re.search(rf"/chatkit/{re.escape(_OLD)}/HistoryPanel-", url) for url in asked)
