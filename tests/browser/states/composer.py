"""The states of the composer: a quote, tags, files, menus, dictation."""

from playwright.sync_api import Page, Route, expect

from tests.browser.states.answers import ANSWER
from tests.browser.states.state import QUESTION, Act, State, pressed, shown, then, there

_MODELS = [
    {"id": "s", "label": "Small", "description": "Quick", "default": True},
    {"id": "l", "label": "Large", "description": "Thorough"},
    {"id": "x", "label": "Extra", "disabled": True},
]
_TOOLS = [
    {"id": "web", "label": "Search the web", "shortLabel": "Web", "icon": "globe", "pinned": True},
    {"id": "draw", "label": "Draw a map", "shortLabel": "Map", "icon": "maps"},
]
_COMPOSER = {"composer": {"models": _MODELS, "tools": _TOOLS, "attachments": {"enabled": True}}}
_PEOPLE = {
    "entities": {
        "found": [
            {"id": "bob", "title": "Bob", "group": "People", "icon": "user", "interactive": True},
            {"id": "bo", "title": "Bo Diddley", "group": "People"},
            {"id": "book", "title": "The Boat Book", "group": "Documents"},
        ],
        "preview": {"type": "Basic", "children": [{"type": "Text", "value": "Keeper of the light"}]},
        "showComposerMenu": True,
    },
}
_COMMANDS = {"commands": {"enabled": True, "found": [{"id": "t", "label": "Templates", "group": "Ours"}]}}
_ATTACH = {"composer": {"attachments": {"enabled": True, "maxSize": 1000}}}
_DICTATE = {"composer": {"dictation": {"enabled": True}}}
_UPLOAD = {
    "attachments.create": {
        "json": {
            "type": "file",
            "id": "f1",
            "name": "berths.pdf",
            "mime_type": "application/pdf",
            "upload_descriptor": {"url": "/upload", "method": "PUT", "headers": {}},
        }
    }
}


def _typed(text: str) -> Act:
    def act(page: Page) -> None:
        page.get_by_role("textbox").click()
        page.keyboard.type(text)

    return act


def _drafted(page: Page) -> None:
    page.get_by_role("textbox").fill("A line\nand another")
    expect(page.get_by_role("button", name="Send message")).to_be_enabled()


def _tagged(page: Page) -> None:
    _typed("Ask @bob")(page)
    page.get_by_role("option", name="Bob").click()
    expect(page.locator(".ck-mention")).to_be_visible()


def _previewed(page: Page) -> None:
    _tagged(page)
    page.locator(".ck-mention button").hover()
    expect(page.locator(".ck-card")).to_contain_text("Keeper of the light")


def _quoted(page: Page) -> None:
    page.locator(".ck-assistant p").first.evaluate("(it) => getSelection().selectAllChildren(it)")
    pressed("Reply")(page)
    expect(page.locator(".ck-quote")).to_be_visible()


def _attached(size: int = 10) -> Act:
    def act(page: Page) -> None:
        box = page.locator("input[type=file]")
        box.set_input_files({"name": "berths.pdf", "mimeType": "application/pdf", "buffer": b"x" * size})

    return act


def _uploads(status: int | None) -> Act:
    """Uploads end like this, or never."""

    def answer(route: Route) -> None:
        if status is not None:
            route.fulfill(status=status, body="{}")

    def before(page: Page) -> None:
        page.route("**/upload", answer)

    return before


def _hears(page: Page) -> None:
    page.context.grant_permissions(["microphone"])


def _deaf(page: Page) -> None:
    page.add_init_script(
        """navigator.mediaDevices.getUserMedia = () =>
            Promise.reject(new DOMException('No', 'NotAllowedError'));"""
    )


def _recording(page: Page) -> None:
    pressed("Dictate")(page)
    expect(page.get_by_role("button", name="Finish dictation")).to_be_enabled()


def _model_menu(page: Page) -> None:
    page.get_by_role("button", name="Choose a model").click()
    expect(page.get_by_role("menu")).to_be_visible()


def _tool_menu(page: Page) -> None:
    page.get_by_role("button", name="Add files and more").click()
    expect(page.get_by_role("menu")).to_be_visible()


def _with_tool(page: Page) -> None:
    _tool_menu(page)
    page.get_by_role("menuitemradio", name="Draw a map").click()
    expect(page.get_by_role("button", name="Remove Draw a map")).to_be_visible()


def _pinned_tool(page: Page) -> None:
    page.get_by_role("button", name="Web").click()
    expect(page.get_by_role("button", name="Web")).to_have_attribute("aria-pressed", "true")


COMPOSER: dict[str, State] = {
    "draft": State(_drafted, _COMPOSER),
    "quote": State(_quoted, *shown(QUESTION, ANSWER)),
    "menu": State(_model_menu, _COMPOSER),
    "tools": State(_tool_menu, _COMPOSER),
    "tool-chosen": State(_with_tool, _COMPOSER),
    "tool-pinned": State(_pinned_tool, _COMPOSER),
    "suggestions": State(then(_typed("Ask @bo"), there("[role=option]")), _PEOPLE),
    "commands": State(then(_typed("/"), there("[role=option]")), {**_COMMANDS, **_COMPOSER}),
    "tag": State(_tagged, _PEOPLE),
    "tag-preview": State(_previewed, _PEOPLE),
    "uploading": State(then(_attached(), there("progress")), _ATTACH, _UPLOAD, _uploads(None)),
    "uploaded": State(then(_attached(), there("[data-state=ready]")), _ATTACH, _UPLOAD, _uploads(200)),
    "upload-failed": State(then(_attached(), there("[data-state=failed]")), _ATTACH, _UPLOAD, _uploads(500)),
    "too-large": State(then(_attached(2000), there("[role=alert]")), _ATTACH, _UPLOAD),
    "recording": State(_recording, _DICTATE, before=_hears),
    "transcribing": State(
        then(_recording, pressed("Finish dictation"), there(".ck-transcribing")),
        _DICTATE,
        {"input.transcribe": {"never": True}},
        before=_hears,
    ),
    "deaf": State(then(pressed("Dictate"), there("[role=alert]")), _DICTATE, before=_deaf),
}
