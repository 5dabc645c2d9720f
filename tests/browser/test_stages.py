"""The chat page shows what the server does for the answer, while it is done."""

import pytest
from playwright.sync_api import Locator, Page, expect

from chatkeep.testing import Gate, Reply, ScriptedModelServer
from tests.browser.talk import answer, ask, expect_finished
from tests.serving import Server

pytestmark = pytest.mark.browser


def panel(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Behind the answer")


def stage(page: Page, title: str) -> Locator:
    return panel(page).locator("ol > li").filter(has_text=title)


def test_the_stages_are_shown_as_they_come(page: Page, scripted: Server, model: ScriptedModelServer) -> None:
    gate = Gate()
    gate.step()
    model.script(Reply(chunks=["The harbour master listens ", "on channel 12 [1]."], gate=gate))
    page.goto(scripted.url)
    expect(panel(page).locator("ol > li")).to_contain_text(
        ["Search the documents, to come", "Ask the model, to come", "Check the citations, to come"]
    )
    ask(page, "Which channel is the harbour master on?")
    expect(stage(page, "Searched the documents, done")).to_contain_text("passages found")
    expect(stage(page, "Searched the documents")).to_contain_text("Moorings")
    expect(stage(page, "Writing the answer, under way")).to_be_visible()
    expect(stage(page, "Check the citations, to come")).to_be_visible()
    gate.open()
    expect(stage(page, "Checked the citations, done")).to_contain_text("1 citation checked")
    expect(stage(page, "Wrote the answer, done")).to_be_visible()


def test_an_answer_that_is_stopped_leaves_nothing_under_way(
    page: Page, scripted: Server, model: ScriptedModelServer
) -> None:
    gate = Gate()
    gate.step()
    model.script(Reply(chunks=["The shed's door ", "is nine metres high."], gate=gate))
    page.goto(scripted.url)
    ask(page, "How high is the door?")
    expect(stage(page, "Writing the answer, under way")).to_be_visible()
    page.get_by_role("button", name="Stop responding").click()
    expect_finished(page)
    gate.open()
    expect(stage(page, "Writing the answer, broken off")).to_be_visible()
    expect(panel(page).locator("ol > li")).to_have_count(2)


def test_the_panel_stays_closed_once_it_was(page: Page, extractive: Server) -> None:
    page.goto(extractive.url)
    panel(page).get_by_role("button", name="Close").click()
    expect(panel(page)).to_have_count(0)
    page.reload()
    expect(page.get_by_role("textbox", name="Ask a question")).to_be_visible()
    expect(panel(page)).to_have_count(0)
    page.get_by_role("button", name="Behind the answer", exact=True).click()
    expect(panel(page)).to_be_visible()


def test_on_a_phone_the_stages_come_when_they_are_asked_for(page: Page, extractive: Server) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(extractive.url)
    ask(page, "When may I cross the bar?")
    answer(page)
    expect(panel(page)).to_have_count(0)
    page.get_by_role("button", name="Behind the answer", exact=True).click()
    expect(stage(page, "Searched the documents, done")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("Escape")
    expect(panel(page)).to_have_count(0)
    expect(page.get_by_role("textbox", name="Ask a question")).to_be_focused()
