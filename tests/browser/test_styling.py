"""Themes, parts, custom properties and slots, as docs/reference/styling.md describes them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.stage import enter, stage_server
from tests.browser.states import STATES
from tests.unit.test_styling import properties

pytestmark = pytest.mark.browser

_RED = "rgb(200, 0, 0)"


@pytest.fixture(scope="module")
def stage_url() -> Iterator[str]:
    with stage_server() as url:
        yield url


def show(page: Page, url: str, state: str = "answer", **options: Any) -> None:
    shown = STATES[state]
    enter(page, url, {**shown.options, **options}, shown.replies)
    shown.act(page)


def style(page: Page, selector: str, name: str) -> str:
    value: str = page.locator(selector).first.evaluate("(it, name) => getComputedStyle(it)[name]", name)
    return value


def add_style(page: Page, css: str) -> None:
    page.evaluate("(css) => document.head.appendChild(document.createElement('style')).append(css)", css)


@pytest.mark.parametrize(
    ("part", "selector", "state"),
    [
        ("user-bubble", ".ck-bubble", "answer"),
        ("assistant-message", ".ck-assistant", "answer"),
        ("header", ".ck-header", "answer"),
        ("footer", ".ck-foot", "answer"),
        ("composer", ".ck-composer", "answer"),
        ("title", ".ck-title", "answer"),
        ("history", ".ck-panel", "history"),
        ("history-row", ".ck-row", "history"),
        ("prompt", ".ck-prompt", "start"),
        ("error", ".ck-notice-danger", "error"),
    ],
)
def test_a_part_is_styled_by_the_page(
    page: Page, stage_url: str, part: str, selector: str, state: str
) -> None:
    show(page, stage_url, state)
    add_style(page, f"openai-chatkit::part({part}) {{ outline: 3px solid {_RED}; }}")
    expect(page.locator(selector).first).to_have_css("outline-color", _RED)


# A property, what it is set to, and where that is seen.
_EFFECTS = [
    ("--ck-surface", _RED, ".ck-root", "backgroundColor"),
    ("--ck-surface-raised", _RED, ".ck-composer", "backgroundColor"),
    ("--ck-text", _RED, ".ck-md", "color"),
    ("--ck-text-muted", _RED, ".ck-md blockquote", "color"),
    ("--ck-border", _RED, ".ck-composer", "borderTopColor"),
    ("--ck-accent", _RED, ".ck-send:not(:disabled), .ck-task input:checked, .ck-send", "backgroundColor"),
    ("--ck-on-accent", _RED, ".ck-send", "color"),
    ("--ck-link", _RED, ".ck-md a:not(.ck-cite)", "color"),
    ("--ck-focus", _RED, ".ck-send", "outlineColor"),
    ("--ck-bubble", _RED, ".ck-bubble", "backgroundColor"),
    ("--ck-on-bubble", _RED, ".ck-bubble", "color"),
    ("--ck-answer-background", _RED, ".ck-assistant", "backgroundColor"),
    ("--ck-answer-padding", "7px", ".ck-assistant", "paddingTop"),
    ("--ck-code-bg", _RED, ".ck-code", "backgroundColor"),
    ("--ck-danger", _RED, ".ck-notice-danger > .ck-icon", "color"),
    ("--ck-header-background", _RED, ".ck-header", "backgroundColor"),
    ("--ck-header-color", _RED, ".ck-title", "color"),
    ("--ck-header-border", f"2px solid {_RED}", ".ck-header", "borderBottomColor"),
    ("--ck-scrollbar", _RED, ".ck-scroll", "scrollbarColor"),
    ("--ck-scrollbar-track", _RED, ".ck-scroll", "scrollbarColor"),
    ("--ck-font", "serif", ".ck-root", "fontFamily"),
    ("--ck-font-mono", "cursive", ".ck-code code", "fontFamily"),
    ("--ck-size", "21px", ".ck-root", "fontSize"),
    ("--ck-column", "333px", ".ck-thread", "maxWidth"),
    ("--ck-gutter", "31px", ".ck-thread", "paddingLeft"),
    ("--ck-radius-composer", "5px", ".ck-composer", "borderTopLeftRadius"),
    ("--ck-radius-button", "5px", ".ck-send", "borderTopLeftRadius"),
    ("--ck-radius-md", "5px", ".ck-bubble", "borderTopLeftRadius"),
    ("--ck-radius-sm", "5px", ".ck-actions .ck-icon-button", "borderTopLeftRadius"),
]


@pytest.mark.parametrize(
    ("name", "value", "selector", "where"), _EFFECTS, ids=[name for name, *_ in _EFFECTS]
)
def test_a_custom_property_has_its_effect(
    page: Page, stage_url: str, name: str, value: str, selector: str, where: str
) -> None:
    show(page, stage_url, "error" if "notice" in selector else "answer")
    if name in ("--ck-accent", "--ck-on-accent", "--ck-focus"):
        page.get_by_role("textbox").fill("And in summer?")
        selector = ".ck-send"
        expect(page.locator(selector)).to_be_enabled()
        page.keyboard.press("Tab")
        expect(page.locator(selector)).to_be_focused()
    before = style(page, selector, where)
    add_style(page, f"openai-chatkit {{ {name}: {value}; }}")
    expect_changed(page, selector, where, before, value)


def expect_changed(page: Page, selector: str, where: str, before: str, value: str) -> None:
    """Colours may take a moment to change; the column's width has gutters added to it."""
    found = re.search(r"rgb\(.*\)", value) or re.match(r"\w+", value)
    assert found
    wanted = "" if where == "maxWidth" else found[0]
    page.wait_for_function(
        """([selector, where, wanted, before]) => {
            const it = document.querySelector('openai-chatkit').shadowRoot.querySelector(selector);
            const now = getComputedStyle(it)[where];
            return now !== before && now.includes(wanted);
        }""",
        arg=[selector, where, wanted, before],
    )


_AVATARS = {
    "--ck-avatar-assistant",
    "--ck-avatar-assistant-size",
    "--ck-avatar-user",
    "--ck-avatar-user-size",
}


def test_avatars_stand_beside_the_messages(page: Page, stage_url: str) -> None:
    show(page, stage_url)
    left = page.locator(".ck-assistant").bounding_box()
    add_style(
        page,
        """openai-chatkit {
            --ck-avatar-assistant: linear-gradient(red, blue);
            --ck-avatar-assistant-size: 30px;
            --ck-avatar-user: linear-gradient(green, blue);
            --ck-avatar-user-size: 20px;
        }""",
    )
    assert left
    page.locator(".ck-assistant").evaluate(
        """async (message, x) => {
            while (message.getBoundingClientRect().x !== x) await new Promise(requestAnimationFrame);
        }""",
        left["x"] + 42,
    )
    avatar = "it => ['width', 'backgroundImage'].map((name) => getComputedStyle(it, '::before')[name])"
    width, image = page.locator(".ck-assistant").evaluate(avatar)
    assert width == "30px"
    assert "linear-gradient" in image
    own = page.locator(".ck-user").evaluate(avatar.replace("before", "after"))
    assert own[0] == "20px"


def test_the_footer_is_coloured_from_edge_to_edge(page: Page, stage_url: str) -> None:
    show(page, stage_url)
    add_style(page, f"openai-chatkit {{ --ck-footer-background: {_RED}; }}")
    assert _RED in style(page, ".ck-foot", "borderImageSource")


def test_every_documented_property_is_tested() -> None:
    tested = {name for name, *_ in _EFFECTS} | _AVATARS | {"--ck-footer-background"}
    assert set(properties()) == tested


@pytest.mark.parametrize("slot", ["header", "header-start", "header-end", "footer"])
def test_a_slot_shows_what_the_page_puts_there(page: Page, stage_url: str, slot: str) -> None:
    show(page, stage_url)
    page.evaluate(
        """(slot) => {
            const own = document.createElement('strong');
            own.slot = slot;
            own.textContent = 'Ours';
            document.querySelector('openai-chatkit').append(own);
        }""",
        slot,
    )
    own, composer = page.get_by_text("Ours").bounding_box(), page.locator(".ck-composer").bounding_box()
    assert own
    assert composer
    assert (own["y"] > composer["y"]) == (slot == "footer")
    expect(page.get_by_text("Ours")).to_be_in_viewport()
    expect(page.locator(".ck-composer")).to_be_in_viewport()


def test_the_systems_scheme_is_followed_when_asked_for(page: Page, stage_url: str) -> None:
    page.emulate_media(color_scheme="light")
    show(page, stage_url, theme="system")
    root = page.locator(".ck-root")
    light = style(page, ".ck-root", "backgroundColor")
    page.emulate_media(color_scheme="dark")
    expect(root).not_to_have_css("background-color", light)
    expect(root).to_have_css("background-color", "rgb(22, 22, 22)")
    page.emulate_media(color_scheme="light")
    expect(root).to_have_css("background-color", light)


def test_case_81_a_new_theme_in_mid_answer_changes_colours_and_nothing_else(
    page: Page, stage_url: str
) -> None:
    show(page, stage_url, "streaming")
    page.get_by_role("textbox").fill("A draft")
    log = page.get_by_role("log")
    before = (
        style(page, ".ck-root", "backgroundColor"),
        log.inner_text(),
        log.evaluate("it => it.scrollTop"),
    )
    marked = page.locator(".ck-assistant").evaluate_handle("it => it")
    page.evaluate("set({ theme: { colorScheme: 'dark', density: 'compact' } })")
    expect(page.locator(".ck-root")).not_to_have_css("background-color", before[0])
    assert (log.inner_text(), log.evaluate("it => it.scrollTop")) == before[1:]
    expect(page.get_by_role("textbox")).to_have_value("A draft")
    expect(page.get_by_role("textbox")).to_be_focused()
    expect(page.get_by_role("button", name="Stop responding")).to_be_visible()
    assert marked.evaluate("it => it.isConnected")


def test_a_font_of_the_page_is_loaded(page: Page, stage_url: str) -> None:
    face = {"family": "Own", "src": f"{stage_url}/own.woff2", "weight": 500}
    with page.expect_request("**/own.woff2"):
        show(page, stage_url, theme={"typography": {"fontFamily": "Own, serif", "fontSources": [face]}})
    assert style(page, ".ck-root", "fontFamily").startswith("Own")


_ACCENTS = [
    "#000",
    "#fff",
    "#ff0",
    "#0f0",
    "#00f",
    "#f00",
    "#0aa77f",
    "#808080",
    "#e5e7eb",
    "#ff69b4",
    "#0d1117",
]
_CONTRASTS = """([accent, scheme]) => {
    set({ theme: { colorScheme: scheme, color: { accent: { primary: accent, level: 3 } } } });
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const luminance = (colour) => {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const linear = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((channel) => {
            const value = channel / 255;
            return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const host = document.querySelector('openai-chatkit');
    const probe = document.createElement('i');
    // What no slot shows has no computed style.
    probe.slot = 'footer';
    host.append(probe);
    const seen = (name) => {
        probe.style.color = `var(--ck-${name})`;
        return luminance(getComputedStyle(probe).color);
    };
    const pairs = [
        ['on-accent', 'accent'], ['on-bubble', 'bubble'], ['link', 'surface'], ['text', 'accent-soft'],
    ];
    return Object.fromEntries(pairs.map(([text, under]) => {
        const [light, dark] = [seen(text), seen(under)].sort((a, b) => b - a);
        return [text, (light + 0.05) / (dark + 0.05)];
    }));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_on_any_accent(page: Page, stage_url: str, scheme: str) -> None:
    show(page, stage_url, "start", theme=_OWN_THEME)
    expect(page.locator("openai-chatkit")).to_have_css("opacity", "1")
    for accent in _ACCENTS:
        contrasts = page.evaluate(_CONTRASTS, [accent, scheme])
        assert {name: ratio for name, ratio in contrasts.items() if ratio < 4.5} == {}, accent


_OWN_THEME = {"radius": "sharp", "color": {"accent": {"primary": "#0f766e", "level": 3}}}


def test_a_theme_of_its_own_is_seen_at_once_or_not_yet(page: Page, stage_url: str) -> None:
    """Never the usual colours first."""
    held: list[Route] = []
    page.route("**/tailor-*.js", lambda route: held.append(route))
    with page.expect_request("**/tailor-*.js"):
        show(page, stage_url, "start", theme=_OWN_THEME)
    assert style(page, "openai-chatkit", "opacity") == "0"
    held[0].continue_()
    expect(page.locator("openai-chatkit")).to_have_css("opacity", "1")
    assert style(page, ".ck-composer", "borderTopLeftRadius") == "2px"


def test_a_theme_that_cannot_be_loaded_leaves_the_usual_one(page: Page, stage_url: str) -> None:
    page.route("**/tailor-*.js", lambda route: route.abort())
    show(page, stage_url, "start", theme={"colorScheme": "dark", **_OWN_THEME})
    expect(page.locator("openai-chatkit")).to_have_css("opacity", "1")
    assert style(page, ".ck-root", "colorScheme") == "dark"
    expect(page.locator(".ck-root")).to_have_css("background-color", "rgb(22, 22, 22)")


@pytest.mark.parametrize("theme", [None, "dark", "system", {"colorScheme": "light"}])
def test_a_colour_scheme_alone_loads_nothing_further(page: Page, stage_url: str, theme: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    show(page, stage_url, "start", theme=theme)
    assert style(page, "openai-chatkit", "opacity") == "1"
    assert not [url for url in asked if "tailor" in url]
