"""Widgets as people see and use them: every component, by pointer and by keyboard, in both schemes."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import stage
from tests.browser.axe import PRACTICES, violations
from tests.browser.stage import Json, enter, stage_server

pytestmark = pytest.mark.browser

_WIDGETS: dict[str, Json] = json.loads(
    (Path(__file__).parents[1] / "wire" / "widgets.json").read_text(encoding="utf-8")
)
_ALL = list(_WIDGETS)
_DONE = {"type": "thread.item.done", "item": stage.assistant("Done", item_id="a9")}

Show = Callable[..., Page]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with stage_server() as address:
        yield address


@pytest.fixture
def show(browser: Browser, url: str) -> Iterator[Show]:
    """Shows widgets in a thread; actions are answered by a word."""
    contexts = []

    def show(*widgets: Json, scheme: str = "light", **context: Any) -> Page:
        screen = {"viewport": {"width": 1280, "height": 900}, **context}
        contexts.append(browser.new_context(bypass_csp=True, reduced_motion="reduce", **screen))
        page = contexts[-1].new_page()
        items = [stage.user("Show me"), *(_item(widget, n) for n, widget in enumerate(widgets))]
        replies: dict[str, Json] = {
            "threads.get_by_id": {"json": stage.thread(items=items)},
            "threads.custom_action": {"events": [_DONE]},
        }
        options = {"initialThread": "thr_1", "theme": {"colorScheme": scheme}}
        enter(page, url, options, replies)
        expect(page.locator(".ck-w")).to_have_count(len(widgets))
        expect(page.locator(".ck-w .ck-bone")).to_have_count(0)
        return page

    yield show
    for context in contexts:
        context.close()


def _item(widget: Json, number: int) -> Json:
    own = {"type": "widget", "id": f"w{number}", "thread_id": "thr_1", "created_at": stage.at()}
    return {**own, "widget": widget}


def _actions(page: Page) -> list[Json]:
    asked: list[Json] = page.evaluate("asked.filter(({ type }) => type.endsWith('custom_action'))")
    return [request["params"]["action"] for request in asked]


def _card(*children: Json, **more: Any) -> Json:
    return {"type": "Card", "children": list(children), **more}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("half", [0, 1])
def test_axe_finds_nothing_in_any_component(show: Show, scheme: str, half: int) -> None:
    names = _ALL[half::2]
    page = show(*(_WIDGETS[name] for name in names), scheme=scheme, viewport={"width": 1280, "height": 7000})
    assert violations(page, PRACTICES) == []


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_no_component_is_wider_than_its_place(show: Show, width: int) -> None:
    page = show(*_WIDGETS.values(), viewport={"width": width, "height": 9000})
    wide = page.evaluate(
        """() => [...document.querySelector('openai-chatkit').shadowRoot.querySelectorAll('.ck-w')]
            .filter((it) => it.scrollWidth > it.clientWidth).map((it) => it.textContent)"""
    )
    assert wide == []


def test_case_57_a_required_field_is_named_and_has_the_focus(show: Show) -> None:
    page = show(_WIDGETS["Form"])
    page.get_by_role("button", name="Ask for a berth").click()
    boat = page.get_by_label("Boat")
    expect(boat).to_be_focused()
    expect(boat).to_have_attribute("aria-invalid", "true")
    expect(boat).to_have_accessible_description("Please fill out this field.")
    assert _actions(page) == []
    boat.fill("Ada")
    expect(boat).to_have_attribute("aria-invalid", "false")


def test_case_55_a_form_is_filled_in_by_keyboard_alone(show: Show) -> None:
    page = show(_WIDGETS["Form"])
    page.get_by_label("Boat").focus()
    page.keyboard.type("Ada")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("ArrowDown")
    basin = page.get_by_role("combobox", name="Basin")
    expect(basin).to_have_attribute("aria-activedescendant", re.compile("-1$"))
    page.keyboard.press("Enter")
    expect(basin).to_have_text("South")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("button", name="Tuesday, January 1, 2030")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Tuesday, January 8, 2030")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("Arrival")).to_be_focused()
    expect(page.get_by_label("Arrival")).to_have_text("Jan 8, 2030")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_label("Boat").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Done").first).to_be_visible()
    fields = {"boat": {"name": "Ada"}, "basin": "s", "arrival": "2030-01-08T00:00:00Z", "ok": True}
    assert _actions(page) == [{"type": "berth.ask", "payload": {"harbour": "north", **fields}}]


def test_a_long_list_is_searched(show: Show) -> None:
    options = [{"value": str(number), "label": f"Berth {number}"} for number in range(1, 30)]
    page = show(_card({"type": "Select", "name": "berth", "options": options}))
    page.get_by_role("combobox", name="berth").click()
    search = page.get_by_role("combobox", name="berth").last
    expect(search).to_be_focused()
    search.fill("berth 17")
    expect(page.get_by_role("option")).to_have_count(1)
    search.fill("berth 17xyz")
    expect(page.get_by_role("status").filter(has_text="Nothing found")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(page.get_by_role("combobox", name="berth")).to_be_focused()


def test_a_day_out_of_bounds_cannot_be_chosen(show: Show) -> None:
    page = show(_WIDGETS["DatePicker"])
    page.get_by_role("button", name="Day of arrival").click()
    expect(page.get_by_role("button", name="Wednesday, January 2, 2030")).to_be_focused()
    expect(page.get_by_role("button", name="Tuesday, January 1, 2030")).to_be_disabled()
    expect(page.get_by_role("button", name="December 2029")).to_be_disabled()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Wednesday, January 2, 2030")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_row_is_a_button_and_so_is_the_button_in_it(show: Show) -> None:
    page = show(_WIDGETS["ListView"])
    page.get_by_role("button", name="A 1").click()
    expect(page.get_by_text("Done").first).to_be_visible()
    page.get_by_role("button", name="Book", exact=True).click()
    page.wait_for_function("asked.filter(({ type }) => type.endsWith('custom_action')).length === 2")
    assert [each["payload"]["id"] for each in _actions(page)] == ["A1", "A2"]
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_role("listitem")).to_have_count(5)


def test_the_figures_of_a_chart_are_told_as_well(show: Show) -> None:
    page = show(_WIDGETS["Chart"])
    chart = page.get_by_role("group", name="Sailing boats, Motor boats, and Ten years' mean")
    chart.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("status").filter(has_text="Feb")).to_contain_text("16")
    cells = page.get_by_role("row", name="Jun 120 44 149")
    expect(cells).to_have_count(1)


def test_case_58_the_focus_stays_in_a_card_that_folds(show: Show) -> None:
    page = show(_WIDGETS["Card"])
    page.evaluate(
        """(item) => {
            replies['threads.custom_action'] = { events: [{ type: 'thread.item.replaced', item }] };
        }""",
        _item({**_WIDGETS["Card"], "collapsed": True, "confirm": None, "cancel": None}, 0),
    )
    page.get_by_role("button", name="Confirm berth").press("Enter")
    expect(page.get_by_role("button", name="Confirm berth")).to_have_count(0)
    expect(page.locator(".ck-w")).to_be_focused()


def test_case_61_nothing_of_a_widget_reaches_beyond_it(show: Show) -> None:
    page = show(
        _card({"type": "Box", "margin": {"top": -400, "left": -400}, "size": 3000, "background": "red"})
    )
    box = page.locator(".ck-w").bounding_box()
    assert box is not None
    covering = page.evaluate(
        """([x, y]) => {
            const root = document.querySelector('openai-chatkit').shadowRoot;
            return root.elementFromPoint(x, y)?.closest('.ck-w')?.className ?? null;
        }""",
        [box["x"] - 20, box["y"] + 10],
    )
    assert covering is None
    expect(page.get_by_role("textbox")).to_be_visible()
