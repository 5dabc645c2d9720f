"""An answer outlives the connection, the page and the tab it was asked in."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from chatkeep.testing import Gate, Reply, ScriptedModelServer
from tests.browser.conftest import HARBOUR
from tests.browser.network import network_to
from tests.browser.talk import answers, ask, expect_finished, reconnecting, stored
from tests.serving import Server, serving

pytestmark = pytest.mark.browser

WORDS = "one two three four five six"
PULLED_SECONDS = 5.0
# A server that is started again, and then the longest pause of a page that tries to reach it.
RESTART_MILLISECONDS = 40_000


@pytest.fixture
def gate(model: ScriptedModelServer) -> Iterator[Gate]:
    """The model says `WORDS`, a word a step; whatever is left unsaid at the end is let out."""
    gate = Gate()
    model.script(Reply(WORDS, gate=gate))
    yield gate
    gate.open()


def begin(page: Page, url: str, gate: Gate) -> None:
    """Ask, and see the first two words of the answer."""
    page.goto(url)
    ask(page, "Count")
    gate.step(2)
    expect(answers(page)).to_have_text(["one two"])


def expect_whole(page: Page, url: str) -> None:
    """The answer is there once, whole, and stored as it is shown."""
    expect(answers(page)).to_have_text([WORDS])
    expect_finished(page)
    assert stored(url) == ["Count", WORDS]
    expect(answers(page)).to_have_text([WORDS])


def test_a_reload_in_mid_answer_goes_on_with_it(page: Page, scripted: Server, gate: Gate) -> None:
    begin(page, scripted.url, gate)
    page.reload()
    expect(answers(page)).to_have_text(["one two"])
    expect(page.get_by_role("button", name="Stop responding")).to_be_visible()
    gate.step(2)
    expect(answers(page)).to_have_text(["one two three four"])
    page.reload()
    gate.open()
    expect_whole(page, scripted.url)


def test_tabs_opened_before_and_during_the_answer_show_the_same(
    page: Page, scripted: Server, model: ScriptedModelServer
) -> None:
    gate = Gate()
    model.script(Reply("Ready."), Reply(WORDS, gate=gate))
    page.goto(scripted.url)
    ask(page, "Ready?")
    expect_finished(page)
    before = page.context.new_page()
    before.goto(scripted.url)
    expect(answers(before)).to_have_text(["Ready."])
    ask(page, "Count")
    gate.step(2)
    during = page.context.new_page()
    during.goto(scripted.url)
    tabs = [page, before, during]
    for tab in tabs:
        expect(answers(tab)).to_have_text(["Ready.", "one two"])
    gate.step(2)
    for tab in tabs:
        expect(answers(tab)).to_have_text(["Ready.", "one two three four"])
        expect(tab.get_by_role("button", name="Stop responding")).to_be_visible()
    gate.open()
    for tab in tabs:
        expect(answers(tab)).to_have_text(["Ready.", WORDS])
        expect_finished(tab)
    assert stored(scripted.url) == ["Ready?", "Ready.", "Count", WORDS]


def test_stop_in_one_tab_stops_the_answer_in_both_and_keeps_what_was_said(
    page: Page, scripted: Server, model: ScriptedModelServer, gate: Gate
) -> None:
    begin(page, scripted.url, gate)
    other = page.context.new_page()
    other.goto(scripted.url)
    expect(answers(other)).to_have_text(["one two"])
    other.get_by_role("button", name="Stop responding").click()
    for tab in (page, other):
        expect_finished(tab)
    assert model.requests[-1].disconnected.wait(10)
    gate.open()
    for tab in (page, other):
        tab.reload()
        expect(answers(tab)).to_have_text(["one two"])
        expect(tab.get_by_role("alert")).to_have_count(0)
    assert [text.strip() for text in stored(scripted.url)] == ["Count", "one two"]


def test_a_network_pulled_for_five_seconds_loses_nothing(page: Page, scripted: Server, gate: Gate) -> None:
    with network_to(scripted.url) as network:
        begin(page, network.url, gate)
        network.pull(PULLED_SECONDS)
        expect(reconnecting(page)).to_be_visible()
        gate.step(2)  # said while nobody hears it
        expect(answers(page)).to_have_text(["one two"])
        expect(answers(page)).to_have_text(["one two three four"])
        expect(reconnecting(page)).to_have_count(0)
        gate.open()
        expect_whole(page, scripted.url)
        expect(page.get_by_role("alert")).to_have_count(0)


def test_an_answer_that_ends_while_the_network_is_away_is_there_afterwards(
    page: Page, scripted: Server, model: ScriptedModelServer, gate: Gate
) -> None:
    with network_to(scripted.url) as network:
        begin(page, network.url, gate)
        network.pull()
        expect(reconnecting(page)).to_be_visible()
        gate.open()
        assert model.requests[-1].finished.wait(10)
        network.put_back()
        expect_whole(page, scripted.url)


@pytest.mark.parametrize(
    ("ending", "kept"),
    [(signal.SIGTERM, ["one two"]), (signal.SIGKILL, [])],
    ids=["told to stop", "killed"],
)
def test_a_server_restarted_in_mid_answer_is_an_error_with_retry(
    page: Page,
    model: ScriptedModelServer,
    gate: Gate,
    tmp_path: Path,
    ending: signal.Signals,
    kept: list[str],
) -> None:
    environment = {
        "LLM_PROVIDER": "compatible",
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_DEFAULT_MODEL": "scripted",
        "CHATKEEP_EMBEDDER": "none",
    }
    with serving([HARBOUR], tmp_path, environment) as first, network_to(first.url) as network:
        begin(page, network.url, gate)
        first.process.send_signal(ending)
        first.process.wait(20)
        with serving([HARBOUR], tmp_path, environment) as second:
            network.lead_to(second.url)
            expect(page.get_by_role("alert")).to_contain_text(
                "The server was interrupted", timeout=RESTART_MILLISECONDS
            )
            expect(answers(page)).to_have_text(kept)
            expect(reconnecting(page)).to_have_count(0)
            model.script(Reply("Two."))
            page.get_by_role("button", name="Try again").click()
            expect(answers(page)).to_have_text(["Two."])
            expect(page.get_by_role("alert")).to_have_count(0)
            expect_finished(page)
            assert stored(second.url) == ["Count", "Two."]


def test_an_element_that_is_taken_away_and_put_back_goes_on(page: Page, scripted: Server, gate: Gate) -> None:
    begin(page, scripted.url, gate)
    page.evaluate("window.away = document.querySelector('openai-chatkit'); away.remove()")
    expect(page.get_by_role("log")).to_have_count(0)
    gate.step(2)
    page.evaluate("document.body.append(away)")
    expect(answers(page)).to_have_text(["one two three four"])
    gate.open()
    expect_whole(page, scripted.url)
