"""The README's lines of HTML, in a page of another origin."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import HARBOUR, Site
from tests.serving import Server, serving

pytestmark = pytest.mark.browser

_README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def chatkeep(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environment = {"CHATKEEP_ALLOWED_ORIGINS": site.origin}
    with serving([HARBOUR], tmp_path_factory.mktemp("embed"), environment) as server:
        yield server


def test_the_readmes_lines_put_the_assistant_into_a_page(page: Page, site: Site, chatkeep: Server) -> None:
    lines = re.search(r"```html\n(.*?)```", _README.read_text(), re.DOTALL)
    assert lines
    html = lines[1].replace("http://127.0.0.1:8000", chatkeep.url)
    (site.folder / "index.html").write_text(f"<!doctype html><meta charset=utf-8><body>{html}")
    page.goto(site.origin)
    page.get_by_role("textbox", name="Message the AI").fill("Where can I buy petrol?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Saltby")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=re.compile("Source 1")).first.click()
    expect(opened.value.get_by_label("Cited passage")).to_contain_text("Saltby")
