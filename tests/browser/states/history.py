"""The states of the list of conversations."""

from playwright.sync_api import Page, expect

from tests.browser.stage import Json
from tests.browser.states.answers import ANSWER
from tests.browser.states.state import QUESTION, Act, State, lost, pressed, seen, shown, then, there

_OPEN = pressed("Conversation history")
_SHOWN = shown(QUESTION, ANSWER)


def _listed(*acts: Act) -> Act:
    return then(_OPEN, there("button.ck-row-open:text-is('The radio')"), *acts)


def _press(row: str, key: str, there: str) -> Act:
    def act(page: Page) -> None:
        page.get_by_role("button", name=row, exact=True).focus()
        page.keyboard.press(key)
        expect(page.locator(there)).to_be_visible()

    return act


def _delete(page: Page) -> None:
    _press("The radio", "Delete", "[role=alertdialog]")(page)
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def _close(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def _search(words: str) -> Act:
    def act(page: Page) -> None:
        page.get_by_role("searchbox").fill(words)
        expect(page.get_by_role("status").filter(has_text="conversation").first).to_be_attached()

    return act


def _listing(reply: Json) -> tuple[Json, dict[str, Json]]:
    options, replies = _SHOWN
    return options, {**replies, "threads.list": reply}


HISTORY: dict[str, State] = {
    "history": State(_listed(), *_SHOWN),
    "search": State(_listed(_search("ra")), *_SHOWN),
    "search-empty": State(_listed(_search("zzz")), *_SHOWN),
    "rename": State(_listed(_press("The radio", "F2", ".ck-row-field")), *_SHOWN),
    "confirm": State(_listed(_press("The radio", "Delete", "[role=alertdialog]")), *_SHOWN),
    "undo": State(_listed(_delete), *_SHOWN),
    "undo-closed": State(_listed(_delete, _close), *_SHOWN),
    "history-empty": State(then(_OPEN, seen("No conversations yet")), *_listing({"json": {"data": []}})),
    "history-failed": State(then(_OPEN, seen("could not be loaded")), *_listing({"status": 500})),
    "history-loading": State(then(_OPEN, there(".ck-skeleton-rows")), *_listing({"never": True})),
    "history-lost": State(then(_OPEN, seen("could not be loaded")), *_SHOWN, before=lost("HistoryPanel")),
}
