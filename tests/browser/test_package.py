"""The npm package in somebody's app: installed, type-checked, bundled by their own Vite, opened."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.small_server import SmallServer, answered, small_server

pytestmark = pytest.mark.browser

_WEB = Path(__file__).parents[2] / "web"
_SECONDS = 180

_MAIN = """
import '@chatkeep/chatkit';
import type { ChatKitOptions, OpenAIChatKit } from '@chatkeep/chatkit';

const options: ChatKitOptions = {
  api: { url: '/chatkit', domainKey: 'local' },
  locale: 'en',
  composer: { placeholder: 'Ask the app' },
};
const chat: OpenAIChatKit = document.createElement('openai-chatkit');
chat.setOptions(options);
chat.addEventListener('chatkit.thread.change', ({ detail }) => {
  document.title = detail.threadId ?? 'none';
});
document.body.append(chat);
export const draft: Promise<string> = chat.getComposerValue().then(({ text }) => text);
export function wrong(): void {
  // @ts-expect-error -- no such option
  chat.setOptions({ api: { url: '/chatkit', domainKey: 'x' }, colour: 'red' });
  // @ts-expect-error -- no such detail
  chat.addEventListener('chatkit.ready', ({ detail }) => detail.threadId);
}
"""
_HTML = """<!doctype html><html lang="en"><meta charset="utf-8"><title>App</title>
<style>html, body { height: 100%; margin: 0 }</style>
<body><script type="module" src="/main.ts"></script></html>"""
_TSCONFIG = {
    "compilerOptions": {
        "strict": True,
        "noEmit": True,
        "target": "es2022",
        "module": "esnext",
        "moduleResolution": "bundler",
        "types": [],
    },
    "files": ["main.ts"],
}


def run(*command: str, folder: Path, **environment: str) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        timeout=_SECONDS,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An app that has the package as npm would install it, and the tools of an app beside it."""
    folder = tmp_path_factory.mktemp("app")
    modules = folder / "node_modules"
    package = modules / "@chatkeep" / "chatkit"
    package.mkdir(parents=True)
    run("npm", "run", "--silent", "package", folder=_WEB, OUT_DIR=str(package / "dist"))
    manifest = json.loads((_WEB / "package.json").read_text())
    assert manifest["files"] == ["dist"]
    shutil.copy(_WEB / "package.json", package)
    for name in [*manifest["dependencies"], "vite", "typescript"]:
        (modules / name).parent.mkdir(exist_ok=True)
        (modules / name).symlink_to((_WEB / "node_modules" / name).resolve())
    (folder / "main.ts").write_text(_MAIN)
    (folder / "index.html").write_text(_HTML)
    (folder / "package.json").write_text('{ "type": "module" }')
    (folder / "tsconfig.json").write_text(json.dumps(_TSCONFIG))
    return folder


@pytest.fixture
def server() -> Iterator[SmallServer]:
    with small_server() as small:
        small.answers["threads.create"] = answered
        yield small


def test_the_types_are_there_and_refuse_what_is_wrong(app: Path) -> None:
    run("node", "node_modules/typescript/bin/tsc", "-p", ".", folder=app)


def test_it_can_be_imported_where_there_is_no_browser(app: Path) -> None:
    run("node", "--input-type=module", "--eval", "await import('@chatkeep/chatkit')", folder=app)


def test_an_app_of_somebodys_vite_asks_and_opens_the_history(
    app: Path, page: Page, server: SmallServer
) -> None:
    run("node", "node_modules/vite/bin/vite.js", "build", "--logLevel", "error", folder=app)
    for file in (app / "dist" / "assets").glob("*.js"):
        server.pages[f"/assets/{file.name}"] = file.read_text()
    server.pages["/"] = (app / "dist" / "index.html").read_text()
    chunks: list[str] = []
    page.on("request", lambda request: chunks.append(request.url) if "HistoryPanel" in request.url else None)
    page.goto(server.url)
    page.get_by_role("textbox", name="Ask the app").fill("Hello")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Done.")
    expect(page).to_have_title("thr_1")
    page.get_by_role("button", name="Conversation history").click()
    expect(page.get_by_role("dialog", name="Conversation history")).to_be_visible()
    # What comes later is a file of the app's own.
    assert chunks
    assert chunks[0].startswith(f"{server.url}/assets/")
