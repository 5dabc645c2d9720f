"""Serves the element and one long thread, and answers at a steady pace; the page is what is measured."""

import json
import mimetypes
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import chatkeep
from benchmarks.element import thread

_WEB = Path(chatkeep.__file__).parent / "_web"
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>element</title>
<style>html,body,openai-chatkit{height:100%;margin:0}</style>
<script src="/chatkit.js"></script>
<openai-chatkit></openai-chatkit>
<script>
document.querySelector('openai-chatkit').setOptions({
  api: { url: '/chatkit', domainKey: 'local' }, locale: 'en', history: { enabled: false },
  thread: { autoScroll: true },
});
</script></html>"""
_FIRST_PAGE = 20


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    rate = 100
    count = 0

    def __init__(self, messages: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.items = thread.items(messages)


@contextmanager
def serving(messages: int, rate: int, count: int) -> Iterator[str]:
    """The address of a thread of `messages`; its answers have `count` tokens, `rate` of them a second."""
    server = _Server(messages)
    server.rate, server.count = rate, count
    running = Thread(target=server.serve_forever, daemon=True)
    running.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        running.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        file = _WEB / self.path.lstrip("/")
        if self.path == "/":
            self._reply(_PAGE.encode(), "text/html")
        elif file.resolve().is_relative_to(_WEB) and file.is_file():
            self._reply(file.read_bytes(), mimetypes.guess_type(file.name)[0] or "text/plain")
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        params = body["params"]
        match body["type"]:
            case "threads.get_by_id":
                page = self.server.items[:_FIRST_PAGE]
                self._json({**_metadata(), "items": self._page(page, len(page) < len(self.server.items))})
            case "items.list":
                self._json(self._older(params.get("after"), params["limit"]))
            case "threads.add_user_message":
                self._stream(params["input"]["content"][0]["text"])
            case _:
                self._json({})

    def _older(self, after: str | None, limit: int) -> dict[str, Any]:
        stored = self.server.items
        end = next((at for at, item in enumerate(stored) if item["id"] == after), len(stored))
        start = max(0, end - limit)
        return self._page(stored[start:end][::-1], start > 0)

    def _page(self, items: list[dict[str, Any]], has_more: bool) -> dict[str, Any]:
        return {"data": items, "has_more": has_more, "after": items[-1]["id"] if has_more else None}

    def _stream(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        item_id = f"msg_live_{time.monotonic_ns()}"
        self._event({"type": "thread.item.done", "item": thread.question(f"{item_id}_asked", text)})
        self._event({"type": "stream_options", "stream_options": {"allow_cancel": True}})
        self._event({"type": "thread.item.added", "item": thread.answer(item_id)})
        began, said = time.monotonic(), []
        for number, token in enumerate(thread.tokens(self.server.count)):
            time.sleep(max(0.0, began + number / self.server.rate - time.monotonic()))
            said.append(token)
            update = {
                "type": "assistant_message.content_part.text_delta",
                "content_index": 0,
                "delta": token,
            }
            self._event({"type": "thread.item.updated", "item_id": item_id, "update": update})
        self._event({"type": "thread.item.done", "item": thread.answer(item_id, "".join(said))})
        self.close_connection = True

    def _event(self, event: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()

    def _json(self, value: dict[str, Any]) -> None:
        self._reply(json.dumps(value).encode(), "application/json")

    def _reply(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _metadata() -> dict[str, Any]:
    return {
        "id": thread.THREAD_ID,
        "created_at": "2030-01-01T00:00:00Z",
        "status": {"type": "active"},
        "metadata": {},
    }
