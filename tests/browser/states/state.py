"""What a state is, and what several of them begin with."""

from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Page, expect

from tests.browser import stage
from tests.browser.stage import Json

Act = Callable[[Page], None]

QUESTION = stage.user("What does a berth cost in winter?")
LIST = stage.history(
    "Berths in winter", "The radio", "Fuel and petrol", "The bar in an easterly gale", "Showers"
)


@dataclass(frozen=True, slots=True)
class State:
    """How to bring the element into a state: what it is given, and what is then done.

    Attributes:
        act: does it, and waits until it is there.
        before: what is done to the page before it is opened.
    """

    act: Act
    options: Json = field(default_factory=dict)
    replies: dict[str, Json] = field(default_factory=dict)
    before: Act = lambda page: None


def shown(*items: Json, **more: object) -> tuple[Json, dict[str, Json]]:
    """The options and replies of a thread of these items that is there from the start."""
    options = {"initialThread": "thr_1", "threadItemActions": {"feedback": True, "retry": True}, **more}
    thread = stage.thread(items=items, allowed_image_domains=[])
    return options, {"threads.get_by_id": {"json": thread}, "threads.list": LIST}


def events(*told: Json, **more: object) -> dict[str, Json]:
    """The replies of a server that answers the first question with these events."""
    reply = stage.answering(QUESTION, **more)
    return {"threads.create": {**reply, "events": [*reply["events"], *told]}, "threads.list": LIST}


def seen(*texts: str) -> Act:
    def act(page: Page) -> None:
        for text in texts:
            expect(page.get_by_text(text).first).to_be_visible()

    return act


def there(selector: str) -> Act:
    return lambda page: expect(page.locator(selector).first).to_be_visible()


def asked(*texts: str) -> Act:
    """The question is asked, and the texts are there."""

    def act(page: Page) -> None:
        page.get_by_role("textbox").first.fill("What does a berth cost in winter?")
        page.keyboard.press("Enter")
        seen(*texts)(page)

    return act


def then(*acts: Act) -> Act:
    def act(page: Page) -> None:
        for each in acts:
            each(page)

    return act


def pressed(name: str) -> Act:
    """A button is pressed by the pointer."""
    return lambda page: page.get_by_role("button", name=name, exact=True).first.click()


def lost(chunk: str) -> Act:
    """A part of the element cannot be loaded."""

    def before(page: Page) -> None:
        page.route(f"**/{chunk}-*.js", lambda route: route.abort())

    return before
