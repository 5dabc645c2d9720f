"""A server of a few lines that speaks ChatKit's protocol as it is told to, for what ours does not do yet.

It delivers the built element, the pages a test hands it, and answers the endpoint with what the test scripts;
everything that was asked of it can be looked at afterwards.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

_SECONDS = 15.0
_ELEMENT = Path(str(files("chatkeep"))) / "_web"

Answer = Callable[[dict[str, Any]], "dict[str, Any] | list[dict[str, Any]]"]


@dataclass
class SmallServer:
    """What is asked is kept by operation; a list as an answer is a stream of events, a dictionary is JSON."""

    url: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    uploads: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    #: Uploads wait for this.
    may_upload: threading.Event = field(default_factory=threading.Event)
    #: Notified when something was asked.
    changed: threading.Condition = field(default_factory=threading.Condition)

    def of(self, operation: str) -> list[dict[str, Any]]:
        with self.changed:
            return [request["params"] for request in self.asked if request["type"] == operation]

    def when(self, operation: str, times: int) -> list[dict[str, Any]]:
        """As `of`, once there are so many."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.of(operation)) >= times, _SECONDS)
            return self.of(operation)

    def reply(self, request: dict[str, Any]) -> "dict[str, Any] | list[dict[str, Any]]":
        with self.changed:
            self.asked.append(request)
            self.changed.notify_all()
        known = self.answers.get(request["type"])
        if known:
            return known(request["params"])
        return {"data": [], "has_more": False} if request["type"].endswith("list") else {}


def stored(kind: str, identifier: str, **fields: Any) -> dict[str, Any]:
    """An item as the wire has it."""
    common = {"id": identifier, "thread_id": "thr_1", "created_at": "2030-01-01T00:00:00"}
    return {**common, "type": kind, **fields}


def answered(params: dict[str, Any]) -> list[dict[str, Any]]:
    """A new thread with the message that was sent and a short answer."""
    thread = {"id": "thr_1", "created_at": "2030-01-01T00:00:00", "status": {"type": "active"}}
    content = [{"type": "output_text", "text": "Done.", "annotations": []}]
    message = stored("user_message", "u", **{**params["input"], "attachments": []})
    return [
        {"type": "thread.created", "thread": {**thread, "items": {"data": []}}},
        {"type": "thread.item.done", "item": message},
        {"type": "thread.item.done", "item": stored("assistant_message", "a", content=content)},
    ]


@contextmanager
def small_server() -> Iterator[SmallServer]:
    small = SmallServer()
    small.may_upload.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            page = small.pages.get(self.path)
            if page is not None:
                kind = "text/javascript" if self.path.endswith(".js") else "text/html"
                self._send(page.encode(), f"{kind}; charset=utf-8")
                return
            file = _ELEMENT / self.path.lstrip("/")
            if file.suffix == ".js" and file.is_file():
                self._send(file.read_bytes(), "text/javascript; charset=utf-8")
            else:
                self._send(b"", "text/plain", status=404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path != "/chatkit":
                self._upload(body)
                return
            reply = small.reply(json.loads(body))
            if isinstance(reply, list):
                frames = "".join(f"data: {json.dumps(event)}\n\n" for event in reply)
                self._send(frames.encode(), "text/event-stream")
            else:
                self._send(json.dumps(reply).encode(), "application/json")

        def do_PUT(self) -> None:
            self._upload(self.rfile.read(int(self.headers["content-length"])))

        def _upload(self, body: bytes) -> None:
            small.uploads.append((self.command, self.path, dict(self.headers), body))
            assert small.may_upload.wait(20)
            known = small.answers.get(self.path)
            reply = known({}) if known else {}
            self._send(json.dumps(reply).encode(), "application/json")

        def _send(self, body: bytes, kind: str, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        small.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield small
        finally:
            small.may_upload.set()
            server.shutdown()
            thread.join()


def plain_page(options: str, *, script: str = '<script src="/chatkit.js"></script>') -> str:
    """A page with one element; `options` is JavaScript, and what is heard goes to `window.heard`."""
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Test</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>html, body {{ height: 100%; margin: 0 }}</style>
{script}
<openai-chatkit id="chat"></openai-chatkit>
<script type="module">
  await customElements.whenDefined('openai-chatkit');
  const chat = document.getElementById('chat');
  window.heard = [];
  window.called = [];
  const names = ['ready', 'error', 'response.start', 'response.end', 'thread.change', 'tool.change', 'log'];
  for (const name of names) {{
    chat.addEventListener(`chatkit.${{name}}`, ({{ detail }}) => {{
      window.heard.push({{ name, detail: detail?.error ? {{ error: detail.error.message }} : detail }});
    }});
  }}
  chat.setOptions({{ api: {{ url: '/chatkit', domainKey: 'x' }}, locale: 'en', {options} }});
</script></html>"""
