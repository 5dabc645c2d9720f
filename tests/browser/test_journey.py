"""What a person does on the chat page."""

import re

import pytest
from playwright.sync_api import Page, expect

from chatkeep.testing import Fault, Gate, Reply, ScriptedModelServer
from tests.browser.talk import answer, ask
from tests.serving import Server

pytestmark = pytest.mark.browser


def test_a_question_is_answered_from_the_documents_and_its_citation_opens_the_passage(
    page: Page, extractive: Server
) -> None:
    page.goto(extractive.url)
    expect(page.get_by_role("heading", name="Ask your documents")).to_be_visible()
    ask(page, "Where can I buy petrol?")
    assert "Saltby" in answer(page)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=re.compile("Source 1")).first.click()
    source = opened.value
    expect(source.get_by_label("Cited passage")).to_contain_text("the nearest pump is in Saltby")
    expect(source.get_by_label("Cited passage")).to_be_in_viewport()


def test_what_the_documents_do_not_answer_is_said_honestly(page: Page, extractive: Server) -> None:
    page.goto(extractive.url)
    ask(page, "Who painted the Mona Lisa?")
    assert "Source 1" not in answer(page)
    expect(page.get_by_role("link", name=re.compile("Source"))).to_have_count(0)


def test_an_answer_streams_in(page: Page, scripted: Server, model: ScriptedModelServer) -> None:
    gate = Gate()
    model.script(Reply(chunks=["Diesel is **sold** ", "at the fuel dock", " [1]."], gate=gate))
    page.goto(scripted.url)
    ask(page, "Is diesel sold?")
    gate.step()
    expect(page.get_by_role("log")).to_contain_text("Diesel is sold")
    expect(page.get_by_role("log")).not_to_contain_text("fuel dock")
    gate.open()
    expect(page.get_by_role("log")).to_contain_text("at the fuel dock")
    expect(page.get_by_role("link", name=re.compile("Source 1")).first).to_be_visible()


def test_a_thread_is_there_after_a_reload_and_goes_on(
    page: Page, scripted: Server, model: ScriptedModelServer
) -> None:
    model.script(Reply("Channel 12 [1]."), Reply("On 127 degrees [1]."))
    page.goto(scripted.url)
    ask(page, "Which channel is the harbour master on?")
    answer(page)
    page.reload()
    expect(page.get_by_role("log")).to_contain_text("Channel 12")
    expect(page.get_by_role("link", name=re.compile("Source 1")).first).to_be_visible()
    ask(page, "And the leading lights?")
    expect(page.get_by_role("log")).to_contain_text("On 127 degrees")
    expect(page.get_by_role("log")).to_contain_text("Channel 12")


def test_stop_keeps_what_was_said(page: Page, scripted: Server, model: ScriptedModelServer) -> None:
    gate = Gate()
    model.script(Reply(chunks=["The shed's door ", "is nine metres high."], gate=gate))
    page.goto(scripted.url)
    ask(page, "How high is the door?")
    gate.step()
    expect(page.get_by_role("log")).to_contain_text("The shed's door")
    page.get_by_role("button", name="Stop responding").click()
    expect(page.get_by_role("button", name="Send message")).to_be_visible()
    gate.open()
    page.reload()
    expect(page.get_by_role("log")).to_contain_text("The shed's door")
    expect(page.get_by_role("log")).not_to_contain_text("nine metres")


def test_an_error_offers_retry_and_retry_works(
    page: Page, scripted: Server, model: ScriptedModelServer
) -> None:
    model.script(Reply("Water is free at every pontoon.", fail=Fault.cut(after=3)))
    page.goto(scripted.url)
    ask(page, "What does water cost?")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("Water is free")
    model.script(Reply("Nothing at all."))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("log")).to_contain_text("Nothing at all.")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("log")).not_to_contain_text("Water is free")


def test_a_thread_is_renamed_and_deleted(page: Page, scripted: Server, model: ScriptedModelServer) -> None:
    model.script(Reply("910 euros."))
    page.goto(scripted.url)
    ask(page, "What does winter storage cost for ten metres?")
    answer(page)
    page.get_by_role("button", name="Conversation history").click()
    page.get_by_role("button", name=re.compile("^Rename What does winter")).click()
    page.get_by_role("textbox", name="Title of the conversation").fill("Winter prices")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Winter prices", exact=True)).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Conversation history").click()
    page.get_by_role("button", name="Delete Winter prices").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("button", name="Winter prices", exact=True)).to_have_count(0)
    page.reload()
    page.get_by_role("button", name="Conversation history").click()
    expect(page.get_by_role("button", name="Winter prices", exact=True)).to_have_count(0)


def test_the_answer_can_be_copied(page: Page, scripted: Server, model: ScriptedModelServer) -> None:
    model.script(Reply("Keep the **green** buoy to starboard."))
    page.goto(scripted.url)
    ask(page, "Where do I keep the buoy?")
    answer(page)
    page.get_by_role("button", name="Copy", exact=True).last.click()
    assert "Keep the **green** buoy to starboard." in page.evaluate("navigator.clipboard.readText()")


def test_a_narrow_dark_screen_shows_everything_without_scrolling_sideways(
    page: Page, extractive: Server
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.goto(extractive.url)
    ask(page, "When may I cross the bar?")
    answer(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_role("textbox", name="Ask a question")).to_be_in_viewport()


def test_what_lies_below_is_one_click_away(page: Page, scripted: Server, model: ScriptedModelServer) -> None:
    model.script(Reply("\n\n".join(f"Berth {number} is free." for number in range(1, 61))))
    page.goto(scripted.url)
    ask(page, "Which berths are free?")
    answer(page)
    last = page.get_by_role("log").get_by_text("Berth 60 is free.")
    expect(last).not_to_be_in_viewport()
    page.get_by_role("button", name="Scroll to the latest message").click()
    expect(last).to_be_in_viewport()
    expect(page.get_by_role("button", name="Scroll to the latest message")).to_have_count(0)


def test_changing_the_colours_keeps_the_draft_and_the_thread(
    page: Page, scripted: Server, model: ScriptedModelServer
) -> None:
    model.script(Reply("Channel 12."))
    page.goto(scripted.url)
    ask(page, "Which channel?")
    answer(page)
    draft = page.get_by_role("textbox", name="Ask a question")
    draft.fill("And at night")
    light = background(page)
    page.get_by_role("button", name="Dark mode").click()
    expect(page.get_by_role("button", name="Light mode")).to_be_visible()
    assert background(page) != light
    expect(draft).to_have_value("And at night")
    expect(page.get_by_role("log")).to_contain_text("Channel 12.")
    page.reload()
    expect(page.get_by_role("button", name="Light mode")).to_be_visible()


def background(page: Page) -> str:
    colour: str = page.get_by_role("region", name="Chat").first.evaluate(
        "it => getComputedStyle(it).backgroundColor"
    )
    return colour


def test_a_second_tab_shows_the_thread(page: Page, scripted: Server, model: ScriptedModelServer) -> None:
    model.script(Reply("Channel 12."))
    page.goto(scripted.url)
    ask(page, "Which channel?")
    answer(page)
    second = page.context.new_page()
    second.goto(scripted.url)
    expect(second.get_by_role("log")).to_contain_text("Channel 12.")
