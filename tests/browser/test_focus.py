"""The focus is never lost: a button that goes away when a key pressed it leaves it where one would look."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stage import enter
from tests.browser.states import STATES
from tests.browser.test_states import stage_url

__all__ = ["stage_url"]
pytestmark = pytest.mark.browser

_COMPOSER = ".ck-input"

# A state, the button pressed with Enter in it, what goes away with that, and what then has the focus.
_PRESSED = [
    ("start", "Where can I buy fuel?", ".ck-start", _COMPOSER),
    ("streaming", "Stop responding", ".ck-stop", _COMPOSER),
    ("error", "Try again", ".ck-start", _COMPOSER),
    ("answer", "Answer again", ".ck-actions [aria-label='Answer again']", _COMPOSER),
    ("answer", "New chat", "[aria-label='New chat']", _COMPOSER),
    ("load-failed", "Load again", ".ck-start", _COMPOSER),
    ("notice-warning", "Dismiss", ".ck-notice", _COMPOSER),
    ("selected", "Reply", ".ck-reply", _COMPOSER),
    ("unread", "1 new message. Scroll to the latest message", ".ck-jump", ".ck-scroll"),
    ("quote", "Remove the quote", ".ck-quote", _COMPOSER),
    ("tool-chosen", "Remove Draw a map", "[data-on]", _COMPOSER),
    ("uploaded", "Remove berths.pdf", ".ck-attachment", _COMPOSER),
    ("upload-failed", "berths.pdf could not be uploaded. Try again", "[data-state=failed]", _COMPOSER),
    ("recording", "Cancel dictation", ".ck-dictation", _COMPOSER),
    ("question-choice", "Submit", ".ck-questions", _COMPOSER),
    ("question-several", "Skip all", ".ck-questions", _COMPOSER),
    ("part-lost", "Load again", ".ck-foot .ck-empty", ".ck-scroll"),
    ("search", "Clear the search", "[aria-label='Clear the search']", "[type=search]"),
    ("confirm", "Cancel", "[role=alertdialog]", "button.ck-row-open"),
    ("confirm", "Delete", "[role=alertdialog]", "button.ck-row-open"),
    ("undo", "Undo", ".ck-undo", "button.ck-row-open"),
    ("undo-closed", "Undo", ".ck-undo", _COMPOSER),
    ("history", "Close", ".ck-panel", "[aria-label='Conversation history']"),
    ("history-failed", "Load again", "[role=alert]", ".ck-panel"),
]


@pytest.fixture
def show(page: Page, stage_url: str) -> Callable[[str], Page]:
    def show(state: str) -> Page:
        shown = STATES[state]
        shown.before(page)
        enter(page, stage_url, shown.options, shown.replies)
        shown.act(page)
        return page

    return show


@pytest.mark.parametrize(("state", "button", "gone", "focused"), _PRESSED, ids=lambda it: str(it)[:24])
def test_it_goes_on_from_a_button_that_goes_away(
    show: Callable[[str], Page], state: str, button: str, gone: str, focused: str
) -> None:
    page = show(state)
    if state == "part-lost":
        page.unroute_all()
    if state == "history-failed":
        page.evaluate("replies['threads.list'] = { json: { data: [] } }")
    pressed = page.get_by_role("button", name=button, exact=True).last
    pressed.focus()
    page.keyboard.press("Enter")
    expect(page.locator(gone)).to_have_count(0)
    expect(page.locator(focused).and_(page.locator(":focus"))).to_have_count(1)


@pytest.mark.parametrize(("state", "button"), [("menu", "Choose a model"), ("tools", "Add files and more")])
def test_a_menu_gives_it_back_by_escape_and_lets_it_go_by_tab(
    show: Callable[[str], Page], state: str, button: str
) -> None:
    page = show(state)
    opener = page.get_by_role("button", name=button)
    expect(page.get_by_role("menu").locator(":focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu").locator(":focus")).to_have_count(1)
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(page.locator("openai-chatkit :focus")).to_have_count(1)


def test_a_menu_is_gone_through_with_the_arrows(show: Callable[[str], Page]) -> None:
    page = show("menu")
    chosen, other = (page.get_by_role("menuitemradio", name=name) for name in ("Small", "Large"))
    expect(chosen).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(other).to_be_focused()
    page.keyboard.press("ArrowDown")  # what is disabled is passed over
    expect(chosen).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.locator(".ck-input")).to_be_focused()
    expect(page.get_by_role("button", name="Choose a model: Large")).to_be_visible()
