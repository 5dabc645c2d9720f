"""Every payload of the corpus, shown by the element on a page with a strict policy.

It allows no inline style and no script but its own: nothing runs, nothing is refused, no other host is asked.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Route, expect

pytestmark = pytest.mark.browser

_ROOT = Path(__file__).parents[2]
_WEB = _ROOT / "src" / "chatkeep" / "_web"
_CORPUS: dict[str, list[str]] = json.loads((_ROOT / "tests" / "wire" / "hostile.json").read_text())
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_PAGE = """<!doctype html><html lang=en><meta charset=utf-8><title>A page</title>
<link rel=stylesheet href=/page.css><script src=/chatkit.js></script><script src=/page.js defer></script>
<openai-chatkit></openai-chatkit>"""
_SCRIPT = """
window.violations = [];
window.ran = [];
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open'])
  window[name] = () => window.ran.push(name);
document.addEventListener('securitypolicyviolation', (event) => {
  const { violatedDirective, blockedURI, sample, sourceFile } = event;
  window.violations.push([violatedDirective, blockedURI, sample, sourceFile].join(' '));
  document.documentElement.dataset.violations = String(window.violations.length);
});
const chat = document.querySelector('openai-chatkit');
chat.addEventListener('chatkit.response.end', () => (document.documentElement.dataset.ended = 'yes'));
chat.addEventListener('chatkit.error', ({ detail }) => console.debug(String(detail.error)));
chat.setOptions({ api: { url: '/chatkit', domainKey: 'x' }, locale: 'en', theme: { colorScheme: 'light' } });
"""
# What the three parts that come later make when they work.
_WORKING = """```python
def greet(name: str) -> str:
    return f"Hello {name}"  # a comment
```

Euler: $e^{i\\pi} + 1 = 0$, and

$$\\int_0^1 \\frac{x^2}{\\sqrt{1 - x}}\\,dx$$

```mermaid
graph TD
  A[Ask] -->|found| B{Enough?}
  B --> C[Answer]
  B --> A
  subgraph Sources
    D[(Index)]
  end
  A --> D
```

```mermaid
sequenceDiagram
  Ada->>Server: Question
  Server-->>Ada: Answer
```
"""
_LOT = 20
_FILES = {".js": "text/javascript", ".css": "text/css"}


class Handler(BaseHTTPRequestHandler):
    """The page, the element's files, and a server that says whatever the question names."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        match path:
            case "/":
                self._reply(_PAGE, "text/html; charset=utf-8")
            case "/page.js":
                self._reply(_SCRIPT, "text/javascript")
            case "/page.css":
                self._reply("openai-chatkit{position:fixed;inset:0}body{margin:0}", "text/css")
            case _:
                file = (_WEB / path.lstrip("/")).resolve()
                if file.is_file() and file.is_relative_to(_WEB) and file.suffix in _FILES:
                    self._reply(file.read_text(), _FILES[file.suffix])
                else:
                    self.send_error(404)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if asked["type"] == "threads.create":
            named = asked["params"]["input"]["content"][0]["text"]
            payloads = [_WORKING] if named == "working" else _lots()[named]
            frames = "".join(f"data: {json.dumps(event)}\n\n" for event in _events(payloads))
            self._reply(frames, "text/event-stream")
        elif asked["type"] == "threads.list":
            titles = _CORPUS["raw HTML"][:10]
            data = [_thread(f"thr_{n}", title) for n, title in enumerate(titles)]
            self._reply(json.dumps({"data": data, "has_more": False}), "application/json")
        else:
            self._reply("{}", "application/json")

    def _reply(self, body: str, media_type: str) -> None:
        sent = body.encode("utf-8", "surrogatepass")
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(sent)))
        self.send_header("Content-Security-Policy", _POLICY)
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        pass


def _lots() -> dict[str, list[str]]:
    return {
        f"{name} {start // _LOT + 1}": payloads[start : start + _LOT]
        for name, payloads in _CORPUS.items()
        for start in range(0, len(payloads), _LOT)
    }


def _thread(thread_id: str, title: str) -> dict[str, Any]:
    items = {"data": [], "has_more": False}
    created = "2030-01-01T00:00:00"
    fields = {"created_at": created, "allowed_image_domains": [], "items": items}
    return {"id": thread_id, "title": title, **fields}


def _events(payloads: list[str]) -> Iterator[dict[str, Any]]:
    base = {"thread_id": "thr_1", "created_at": "2030-01-01T00:00:00"}

    def done(number: int, name: str, **fields: Any) -> dict[str, Any]:
        item = {"id": f"{name}-{number}", "type": name, **base, **fields}
        return {"type": "thread.item.done", "item": item}

    yield {"type": "thread.created", "thread": _thread("thr_1", payloads[0])}
    for number, x in enumerate(payloads):
        url = {"type": "url", "title": x, "url": x, "description": x, "attribution": x, "group": x}
        file = {"type": "file", "title": x, "filename": x, "description": x}
        sources = [
            url,
            file,
            {"type": "entity", "title": x, "id": x, "icon": x, "label": x, "inline_label": x},
        ]
        annotations = [{"type": "annotation", "source": source, "index": 0} for source in sources]
        content = [{"type": "output_text", "text": x, "annotations": annotations}]
        yield done(number, "user_message", content=[{"type": "input_text", "text": x}], quoted_text=x)
        yield done(number, "assistant_message", content=content)
        tasks = [
            {"type": "custom", "title": x, "icon": x, "content": x},
            {"type": "thought", "title": x, "content": x},
            {"type": "web_search", "title_query": x, "queries": [x], "sources": [url]},
            {"type": "file", "title": x, "sources": [file]},
        ]
        summary = {"title": x, "icon": x}
        workflow = {"type": "custom", "tasks": tasks, "summary": summary, "expanded": True}
        yield done(number, "workflow", workflow=workflow)
        yield done(number, "task", task=tasks[0])
        yield done(number, "widget", widget={"type": "Card", "children": []}, copy_text=x)
        yield {"type": "progress_update", "text": x, "icon": x}
        yield {"type": "notice", "level": "info", "title": x, "message": x}
    yield {"type": "thread.updated", "thread": _thread("thr_1", payloads[-1])}
    yield {"type": "error", "code": "custom", "message": payloads[-1], "allow_retry": True}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Watched:
    """A page, and what it must not do: ask another host, run what it was sent, break its policy."""

    def __init__(self, browser: Browser, site: str) -> None:
        self.others: list[str] = []
        self.errors: list[str] = []
        self._site = site
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        self.context.route("**/*", self._only_the_site)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: self.errors.append(dialog.message))

    def _only_the_site(self, route: Route) -> None:
        if route.request.url.startswith(f"{self._site}/"):
            route.continue_()
        else:
            self.others.append(route.request.url)
            route.abort()

    def ask(self, question: str) -> None:
        self.page.goto(self._site)
        self.page.get_by_role("textbox", name="Message the AI").fill(question)
        self.page.keyboard.press("Enter")
        expect(self.page.locator("html")).to_have_attribute("data-ended", "yes", timeout=60_000)

    def expect_nothing_happened(self) -> None:
        assert self.page.evaluate("window.ran") == []
        assert self.page.evaluate("window.violations") == []
        assert self.page.evaluate("({}).polluted") is None
        assert self.others == []
        assert self.errors == []
        assert len(self.context.pages) == 1


@pytest.fixture
def watched(browser: Browser, site: str) -> Iterator[Watched]:
    watched = Watched(browser, site)
    yield watched
    watched.context.close()


def test_colours_formulas_and_diagrams_are_drawn_under_the_policy(watched: Watched) -> None:
    watched.ask("working")
    page = watched.page
    answer = page.locator('[part="assistant-message"]').first
    expect(answer.locator(".ck-code-keyword").first).to_have_text("def")
    expect(answer.locator("math")).to_have_count(2)
    expect(answer.locator("math msup").first).to_be_visible()
    diagrams = answer.get_by_role("img", name="Diagram")
    expect(diagrams).to_have_count(2)
    expect(diagrams.first).to_contain_text("Enough?")
    assert diagrams.first.evaluate("svg => getComputedStyle(svg.querySelector('text')).fill") != ""
    answer.get_by_role("button", name="Show source").first.click()
    expect(answer.locator("code", has_text="A[Ask] -->|found| B{Enough?}")).to_be_visible()
    watched.expect_nothing_happened()


@pytest.mark.parametrize("lot", _lots())
def test_case_43_nothing_runs_and_nothing_is_asked_of_other_hosts(lot: str, watched: Watched) -> None:
    watched.ask(lot)
    page = watched.page
    # The parts that come later have come: what can be drawn is drawn.
    if lot.startswith("formulas"):
        expect(page.locator("math").first).to_be_attached()
    if lot.startswith("diagrams"):
        expect(page.locator('svg[role="img"]').first).to_be_attached()
    page.get_by_role("button", name="Conversation history").click()
    expect(page.get_by_text(_CORPUS["raw HTML"][0]).first).to_be_attached()
    watched.expect_nothing_happened()


def test_the_page_would_tell(watched: Watched, site: str) -> None:
    """Each of the three is noticed when it does happen."""
    watched.page.goto(site)
    watched.page.evaluate("""() => {
        alert(1);
        document.body.appendChild(document.createElement('img')).src = 'https://evil.test/p.png';
        try { document.body.innerHTML = '<p>'; } catch { /* refused, as it should be */ }
    }""")
    expect(watched.page.locator("html")).to_have_attribute("data-violations", "2")
    assert watched.page.evaluate("window.ran") == ["alert"]
