"""What only a real browser shows of the composer: keys, carets, input methods, files, the microphone."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.scenes import PICTURE
from tests.browser.small_server import SmallServer, answered, plain_page, small_server, stored

pytestmark = pytest.mark.browser

_PEOPLE = """entities: {
  onTagSearch: async (query) => {
    window.called.push(query);
    return [
      { id: 'bob', title: 'Bob', group: 'People', data: { k: '1' }, interactive: true },
      { id: 'bo', title: 'Bo Diddley', group: 'People' },
      { id: 'book', title: 'The Boat Book', group: 'Documents' },
    ].filter(({ title }) => title.toLowerCase().includes(query.toLowerCase()));
  },
  showComposerMenu: true,
  onClick: (entity) => window.called.push(['click', entity.id]),
  onRequestPreview: async (entity) => ({ preview: { type: 'Basic', children: [
    { type: 'Text', value: 'Keeper of the light' },
  ] } }),
}"""
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def server() -> Iterator[SmallServer]:
    with small_server() as small:
        small.answers["threads.create"] = answered
        yield small


def open_page(page: Page, server: SmallServer, options: str) -> Locator:
    """The text box of a page with these options."""
    server.pages["/"] = plain_page(options)
    page.goto(server.url)
    box = page.get_by_role("textbox").first
    expect(box).to_be_visible()
    return box


def sent(page: Page, server: SmallServer) -> dict[str, Any]:
    """The first message, once the answer to it is there."""
    expect(page.get_by_role("log")).to_contain_text("Done.")
    message: dict[str, Any] = server.of("threads.create")[0]["input"]
    return message


def test_case_66_enter_ends_a_composition_and_only_the_next_one_sends(
    page: Page, server: SmallServer
) -> None:
    box = open_page(page, server, "")
    box.focus()
    devtools = page.context.new_cdp_session(page)
    composing = {"selectionStart": 3, "selectionEnd": 3}
    devtools.send("Input.imeSetComposition", {"text": "にほん", **composing})
    enter = {"key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229}
    devtools.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    devtools.send("Input.insertText", {"text": "日本"})
    devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    expect(box).to_have_value("日本")
    assert server.of("threads.create") == []
    page.keyboard.press("Enter")
    assert sent(page, server)["content"] == [{"type": "input_text", "text": "日本"}]
    assert len(server.of("threads.create")) == 1


def test_case_73_a_mention_is_searched_chosen_and_sent_as_a_tag(page: Page, server: SmallServer) -> None:
    box = open_page(page, server, _PEOPLE)
    box.click()
    page.keyboard.type("ask @bo", delay=20)
    listed = page.get_by_role("listbox", name="Suggestions")
    expect(listed.get_by_role("option")).to_have_text(["Bob", "Bo Diddley", "The Boat Book"])
    first = listed.get_by_role("option", name="Bob")
    expect(first).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == first.get_attribute("id")
    assert box.get_attribute("aria-controls") == listed.get_attribute("id")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(listed).to_be_hidden()
    expect(box).to_have_value("ask @Bob ")
    page.keyboard.type("now")
    page.keyboard.press("Enter")
    tag = {"type": "input_tag", "id": "bob", "text": "Bob", "group": "People"}
    assert sent(page, server)["content"] == [
        {"type": "input_text", "text": "ask "},
        {**tag, "data": {"k": "1"}, "interactive": True},
        {"type": "input_text", "text": " now"},
    ]


def test_a_tag_is_one_thing_to_the_caret_to_backspace_and_to_undo(page: Page, server: SmallServer) -> None:
    box = open_page(page, server, _PEOPLE)
    box.click()
    page.keyboard.type("ask @bob")
    page.get_by_role("option", name="Bob").click()
    expect(box).to_be_focused()
    expect(box).to_have_value("ask @Bob ")
    page.keyboard.press("Backspace")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => chat.shadowRoot.querySelector('textarea').selectionStart === 4")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => chat.shadowRoot.querySelector('textarea').selectionStart === 8")
    page.keyboard.press("Backspace")
    expect(box).to_have_value("ask ")
    page.keyboard.press("Control+z")
    expect(box).to_have_value("ask @Bob")
    # The chip is back with the text, not the text alone.
    expect(page.locator(".ck-mention")).to_have_text(["@Bob"])
    page.keyboard.press("Enter")
    assert [part["type"] for part in sent(page, server)["content"]] == ["input_text", "input_tag"]


def test_escape_passes_a_mention_over_and_enter_then_sends(page: Page, server: SmallServer) -> None:
    box = open_page(page, server, _PEOPLE)
    box.click()
    page.keyboard.type("@bo")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.type("b")
    page.keyboard.press("Enter")
    assert sent(page, server)["content"] == [{"type": "input_text", "text": "@bob"}]


def test_a_draft_of_several_lines_has_the_whole_width(page: Page, server: SmallServer) -> None:
    box = open_page(page, server, "")
    box.fill("One line")
    send = page.get_by_role("button", name="Send message")

    def below() -> bool:
        there: bool = page.evaluate(
            "([box, send]) => send.getBoundingClientRect().top >= box.getBoundingClientRect().bottom",
            [box.element_handle(), send.element_handle()],
        )
        return there

    assert not below()
    box.press("Shift+Enter")
    box.press_sequentially("and another")
    assert below()
    box.fill("")
    assert not below()


def test_paste_is_plain_text(page: Page, server: SmallServer) -> None:
    box = open_page(page, server, _PEOPLE)
    page.evaluate(
        """() => navigator.clipboard.write([new ClipboardItem({
          'text/html': new Blob(['<b>bold</b><img src=x>'], { type: 'text/html' }),
          'text/plain': new Blob(['bold'], { type: 'text/plain' }),
        })])"""
    )
    box.click()
    page.keyboard.press("Control+v")
    expect(box).to_have_value("bold")


def test_an_interactive_tag_shows_its_card_and_tells_the_page_of_clicks(
    page: Page, server: SmallServer
) -> None:
    box = open_page(page, server, _PEOPLE)
    box.click()
    page.keyboard.type("@bob")
    page.get_by_role("option", name="Bob").click()
    page.locator(".ck-mention button").hover()
    expect(page.locator(".ck-card")).to_contain_text("Keeper of the light")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Done.")
    tag = page.get_by_role("log").get_by_role("button", name="Bob")
    tag.focus()
    expect(page.get_by_role("tooltip")).to_contain_text("Keeper of the light")
    page.keyboard.press("Enter")
    page.wait_for_function("() => window.called.some((call) => call[0] === 'click' && call[1] === 'bob')")


def test_commands_act_insert_tags_and_lead_to_further_menus(page: Page, server: SmallServer) -> None:
    box = open_page(
        page,
        server,
        """composer: { tools: [{ id: 'web', label: 'Search the web', icon: 'globe' }] },
        commands: {
          enabled: true,
          onSearch: async (query) => [{ id: 'more', label: 'Templates', group: 'Ours' }]
            .filter(({ label }) => label.toLowerCase().startsWith(query)),
          onSelect: async ({ id }) => id === 'more'
            ? { type: 'menu', commands: [{ id: 'a', label: 'Apology' }, { id: 'b', label: 'Bill' }] }
            : { type: 'entity', entity: { id, title: id === 'b' ? 'Bill' : 'Apology' } },
        }""",
    )
    box.click()
    page.keyboard.type("/")
    options = page.get_by_role("listbox", name="Commands").get_by_role("option")
    expect(options).to_have_text(["Search the web", "Templates"])
    page.keyboard.type("templ")
    expect(options).to_have_text(["Templates"])
    page.keyboard.press("Tab")
    expect(options).to_have_text(["Apology", "Bill"])
    page.keyboard.press("Escape")
    expect(options).to_have_text(["Search the web", "Templates"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("bi")
    expect(options).to_have_text(["Bill"])
    page.keyboard.press("Enter")
    expect(box).to_have_value("@Bill ")
    page.keyboard.type("/search")
    expect(options).to_have_text(["Search the web"])
    page.keyboard.press("Enter")
    expect(box).to_have_value("@Bill ")
    page.keyboard.press("Enter")
    assert sent(page, server)["inference_options"] == {"tool_choice": {"id": "web"}}


_ATTACHMENTS = (
    """composer: { attachments: { enabled: true, maxSize: { 'image/*': 1000, '*': 10 }, maxCount: 3 } }"""
)


def attachment(name: str) -> dict[str, Any]:
    return {"type": "file", "id": f"att_{name}", "name": name, "mime_type": "image/png"}


def test_case_67_a_file_is_uploaded_directly_and_goes_with_the_message(
    page: Page, server: SmallServer
) -> None:
    server.answers["/up"] = lambda _: attachment("a.png")
    server.may_upload.clear()
    server.pages["/"] = plain_page(_ATTACHMENTS).replace(
        "domainKey: 'x'", "domainKey: 'x', uploadStrategy: { type: 'direct', uploadUrl: '/up' }"
    )
    page.goto(server.url)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add photos and files").click()
    chooser.value.set_files({"name": "a.png", "mimeType": "image/png", "buffer": _PNG})
    expect(page.get_by_role("progressbar", name="Uploading a.png")).to_be_visible()
    expect(page.get_by_role("button", name="Send message")).to_be_disabled()
    server.may_upload.set()
    expect(page.get_by_role("progressbar")).to_be_hidden()
    page.get_by_role("textbox").press("Enter")
    assert sent(page, server)["attachments"] == ["att_a.png"]
    ((method, path, headers, body),) = server.uploads
    assert (method, path) == ("POST", "/up")
    assert headers["Content-Type"].startswith("multipart/form-data")
    assert body.count(b'name="file"; filename="a.png"') == 1
    assert _PNG in body


def test_a_picture_that_was_sent_is_shown_though_the_server_gives_no_preview(
    page: Page, server: SmallServer
) -> None:
    def echoed(params: dict[str, Any]) -> list[dict[str, Any]]:
        events = answered(params)
        events[1]["item"]["attachments"] = [attachment("a.png")]
        return events

    server.answers["attachments.create"] = lambda params: attachment(params["name"])
    server.answers["threads.create"] = echoed
    box = open_page(page, server, "composer: { attachments: { enabled: true } }")
    page.locator("input[type=file]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": PICTURE}
    )
    expect(page.get_by_role("button", name="Send message")).to_be_enabled()
    box.press("Enter")
    log = page.get_by_role("log")
    expect(log).to_contain_text("Done.")
    picture = log.get_by_role("img", name="a.png")
    expect(picture).to_be_visible()
    painted = "canvas => canvas.getContext('2d').getImageData(0, 0, 1, 1).data[3] === 255"
    page.wait_for_function(painted, arg=picture.element_handle())


def test_case_70_what_is_too_large_or_too_much_is_refused_with_a_word_and_never_asked_for(
    page: Page, server: SmallServer
) -> None:
    server.answers["attachments.create"] = lambda params: attachment(params["name"])
    open_page(page, server, _ATTACHMENTS)
    files = page.locator("input[type=file]")
    files.set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"x" * 500})
    expect(page.get_by_role("alert")).to_have_text("a.txt is larger than 10 bytes.")
    many = [{"name": f"{at}.png", "mimeType": "image/png", "buffer": _PNG} for at in range(4)]
    files.set_input_files(many)  # type: ignore[arg-type]
    expect(page.get_by_role("alert")).to_have_text("At most 3 files can be attached.")
    expect(page.get_by_role("list", name="Attachments").get_by_role("listitem")).to_have_count(3)
    asked = server.when("attachments.create", 3)
    assert sorted(params["name"] for params in asked) == ["0.png", "1.png", "2.png"]


def test_files_come_by_drop_and_by_paste_and_go_by_a_button(page: Page, server: SmallServer) -> None:
    server.answers["attachments.create"] = lambda params: attachment(params["name"])
    box = open_page(page, server, "composer: { attachments: { enabled: true } }")
    expect(page.locator("input[type=file]")).to_be_attached()
    drop = """(target, type) => {
      const dataTransfer = new DataTransfer();
      const name = type === 'paste' ? 'pasted.png' : 'dropped.png';
      dataTransfer.items.add(new File(['x'], name, { type: 'image/png' }));
      const init = { bubbles: true, cancelable: true, composed: true };
      if (type === 'paste') {
        target.dispatchEvent(new ClipboardEvent('paste', { ...init, clipboardData: dataTransfer }));
      } else for (const name of ['dragenter', 'dragover', 'drop']) {
        target.dispatchEvent(new DragEvent(name, { ...init, dataTransfer }));
      }
    }"""
    page.locator(".ck-start").evaluate(drop, "drop")
    names = page.get_by_role("list", name="Attachments").get_by_role("listitem")
    expect(names).to_have_text(["dropped.png"])
    box.evaluate(drop, "paste")
    expect(names).to_have_text(["dropped.png", "pasted.png"])
    page.get_by_role("button", name="Remove dropped.png").click()
    expect(names).to_have_text(["pasted.png"])
    expect(box).to_be_focused()
    assert server.of("attachments.delete") == [{"attachment_id": "att_dropped.png"}]


def test_case_76_what_is_dictated_is_inserted_where_the_caret_is_and_not_sent(
    page: Page, server: SmallServer
) -> None:
    server.answers["input.transcribe"] = lambda _: {"text": "red"}
    page.context.grant_permissions(["microphone"], origin=server.url)
    box = open_page(page, server, "composer: { dictation: { enabled: true } }")
    box.fill("three lights")
    box.evaluate("(area) => area.setSelectionRange(5, 5)")
    page.get_by_role("button", name="Dictate").click()
    expect(page.get_by_role("status").filter(has_text="Recording")).to_be_attached()
    # Something has been heard.
    page.wait_for_function(
        "() => chat.shadowRoot.querySelector('.ck-levels path').getAttribute('d').match(/v([\\d.]+)$/)[1] > 2"
    )
    page.get_by_role("button", name="Finish dictation").click()
    expect(box).to_have_value("three red lights")
    expect(box).to_be_focused()
    (params,) = server.of("input.transcribe")
    assert params["mime_type"].startswith("audio/")
    assert base64.b64decode(params["audio_base64"], validate=True)[:4] == b"\x1a\x45\xdf\xa3"  # a WebM file
    assert server.of("threads.create") == []


def test_a_dictation_that_is_cancelled_asks_nothing_and_keeps_the_draft(
    page: Page, server: SmallServer
) -> None:
    page.context.grant_permissions(["microphone"], origin=server.url)
    box = open_page(page, server, "composer: { dictation: { enabled: true } }")
    box.fill("a draft")
    page.get_by_role("button", name="Dictate").click()
    expect(page.get_by_role("button", name="Finish dictation")).to_be_enabled()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Dictate")).to_be_visible()
    expect(box).to_have_value("a draft")
    assert server.of("input.transcribe") == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NotAllowedError", "The microphone is blocked. Allow it in your browser settings."),
        ("NotFoundError", "No microphone was found."),
    ],
)
def test_a_microphone_that_cannot_be_had_says_why(
    page: Page, server: SmallServer, name: str, words: str
) -> None:
    box = open_page(page, server, "composer: { dictation: { enabled: true } }")
    box.fill("a draft")
    page.evaluate(
        """(name) => {
          navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('No', name));
        }""",
        name,
    )
    page.get_by_role("button", name="Dictate").click()
    expect(page.get_by_role("alert")).to_have_text(words)
    expect(box).to_have_value("a draft")
    expect(page.get_by_role("button", name="Dictate")).to_be_visible()


_KEEP_TRACKS = """() => {
  const devices = navigator.mediaDevices;
  const ask = devices.getUserMedia.bind(devices);
  window.tracks = [];
  devices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    window.tracks.push(...stream.getTracks());
    return stream;
  };
}"""
_ALL_STOPPED = "() => window.tracks.length === 1 && window.tracks[0].readyState === 'ended'"


def test_a_recording_that_the_server_cannot_transcribe_leaves_the_draft_and_says_so(
    page: Page, server: SmallServer
) -> None:
    def refuse(route: Route) -> None:
        if "input.transcribe" in (route.request.post_data or ""):
            route.fulfill(status=501, body="{}")
        else:
            route.continue_()

    page.context.grant_permissions(["microphone"], origin=server.url)
    box = open_page(page, server, "composer: { dictation: { enabled: true } }")
    page.route("**/chatkit", refuse)
    page.evaluate(_KEEP_TRACKS)
    box.fill("a draft")
    page.get_by_role("button", name="Dictate").click()
    page.get_by_role("button", name="Finish dictation").click()
    expect(page.get_by_role("alert")).to_have_text("The recording could not be transcribed.")
    expect(box).to_have_value("a draft")
    page.wait_for_function(_ALL_STOPPED)
    errors = page.evaluate("window.heard.filter(({ name }) => name === 'error').map((it) => it.detail.error)")
    assert errors == ["ChatKit: input.transcribe failed with HTTP 501"]


def test_a_recording_ends_with_the_element_and_does_not_begin_again(page: Page, server: SmallServer) -> None:
    page.context.grant_permissions(["microphone"], origin=server.url)
    open_page(page, server, "composer: { dictation: { enabled: true } }")
    page.evaluate(_KEEP_TRACKS)
    page.get_by_role("button", name="Dictate").click()
    expect(page.get_by_role("button", name="Finish dictation")).to_be_enabled()
    page.evaluate("() => { window.chat = document.getElementById('chat'); chat.remove(); }")
    page.wait_for_function(_ALL_STOPPED)
    page.evaluate("() => document.body.append(chat)")
    expect(page.get_by_role("button", name="Dictate")).to_be_visible()
    assert page.evaluate(_ALL_STOPPED)


def test_a_microphone_that_cannot_be_recorded_is_let_go_of(page: Page, server: SmallServer) -> None:
    page.context.grant_permissions(["microphone"], origin=server.url)
    open_page(page, server, "composer: { dictation: { enabled: true } }")
    page.evaluate(_KEEP_TRACKS)
    page.evaluate("() => { MediaRecorder.prototype.start = () => { throw new Error('No'); }; }")
    page.get_by_role("button", name="Dictate").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.wait_for_function(_ALL_STOPPED)


def test_case_62_questions_take_the_composers_place_and_are_answered_with_the_keyboard(
    page: Page, server: SmallServer
) -> None:
    priority = {"type": "multiple_choice", "id": "p", "question": "How urgent?"}
    inputs: list[dict[str, Any]] = [
        {**priority, "options": [{"value": "Low"}, {"value": "High"}], "multiple": False},
        {"type": "freeform", "id": "notes", "question": "Anything else?"},
    ]

    def ask(params: dict[str, Any]) -> list[dict[str, Any]]:
        asked = stored("structured_input", "q", status="pending", inputs=inputs)
        return [*answered(params), {"type": "thread.item.done", "item": asked}]

    def take(params: dict[str, Any]) -> list[dict[str, Any]]:
        given = params["input"]["answers"]
        over = [{**entry, "answer": given[entry["id"]]} for entry in inputs]
        item = stored("structured_input", "q", status="answered", inputs=over)
        return [{"type": "thread.item.replaced", "item": item}]

    server.answers["threads.create"] = ask
    server.answers["threads.add_structured_input"] = take
    box = open_page(page, server, "")
    box.click()
    page.keyboard.type("Help")
    page.keyboard.press("Enter")
    form = page.get_by_role("form", name="Questions")
    expect(form.get_by_role("group", name="How urgent?")).to_be_visible()
    expect(form.get_by_role("radio", name="Low")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(form.get_by_role("radio", name="High")).to_be_checked()
    page.keyboard.press("Enter")
    expect(form.get_by_role("textbox", name="Anything else?")).to_be_focused()
    form.get_by_role("button", name="Skip", exact=True).click()
    expect(page.get_by_role("log")).to_contain_text("How urgent?High")
    expect(page.get_by_role("textbox", name="Message the AI")).to_be_focused()
    answers = {"p": {"values": ["High"], "skipped": False}, "notes": {"values": [], "skipped": True}}
    assert server.of("threads.add_structured_input") == [
        {"thread_id": "thr_1", "item_id": "q", "input": {"status": "answered", "answers": answers}}
    ]
