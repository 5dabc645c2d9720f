"""The README's lines of HTML, in a page of another origin."""

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import HARBOUR
from tests.serving import Server, serving

pytestmark = pytest.mark.browser

_README = Path(__file__).parents[2] / "README.md"


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Somebody's own web site: its origin, and the folder it serves."""
    folder = tmp_path_factory.mktemp("site")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def chatkeep(site: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environment = {"CHATKEEP_ALLOWED_ORIGINS": site[0]}
    with serving([HARBOUR], tmp_path_factory.mktemp("embed"), environment) as server:
        yield server


def test_the_readmes_lines_put_the_assistant_into_a_page(
    page: Page, site: tuple[str, Path], chatkeep: Server
) -> None:
    origin, folder = site
    lines = re.search(r"```html\n(.*?)```", _README.read_text(), re.DOTALL)
    assert lines
    html = lines[1].replace("http://127.0.0.1:8000", chatkeep.url)
    (folder / "index.html").write_text(f"<!doctype html><meta charset=utf-8><body>{html}")
    page.goto(origin)
    page.get_by_role("textbox", name="Message the AI").fill("Where can I buy petrol?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Saltby")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=re.compile("Source 1")).first.click()
    expect(opened.value.get_by_label("Cited passage")).to_contain_text("Saltby")
