"""The element alone on a page, in any state a server could bring it to; the server is the page's own script.

For what is seen and touched. What is asked and answered over the network is tested against chatkeep itself.
"""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page, expect

_HTML = Path(__file__).with_name("stage.html")
_WEB = Path(__file__).parents[2] / "src" / "chatkeep" / "_web"

Json = dict[str, Any]


@contextmanager
def stage_server() -> Iterator[str]:
    """Serves the built element and the stage; gives the address."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(_WEB))

        def translate_path(self, path: str) -> str:
            return str(_HTML) if path.startswith("/stage") else super().translate_path(path)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
            """Says nothing: the tests do."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join(10)


def enter(
    page: Page, url: str, options: Json | None = None, replies: Mapping[str, Json] | None = None
) -> None:
    """Open the stage with these options and replies, by operation, and wait until the element is there.

    A reply is `{"json": ...}`, `{"status": ...}`, `{"never": True}` or `{"events": [...]}`; with
    `"open": True` the answer goes on, see `tell`.
    """
    given = json.dumps({"options": options or {}, "replies": dict(replies or {})})
    page.goto(f"{url}/stage#{quote(given)}")
    expect(page.locator(".ck-root")).to_be_visible()


def tell(page: Page, *events: Json) -> None:
    """The server goes on with the answer that was left open."""
    page.evaluate("(events) => tell(events)", list(events))


def end(page: Page) -> None:
    """The server ends the answer that was left open."""
    page.evaluate("end()")


def at(**ago: float) -> str:
    """A time so long ago, as the wire writes it."""
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


def thread(title: str = "Berths in winter", items: Sequence[Json] = (), **more: Any) -> Json:
    status = {"type": "active"}
    page = {"data": list(items), "has_more": False}
    return {"id": "thr_1", "title": title, "created_at": at(), "status": status, "items": page, **more}


def user(text: str, item_id: str = "u1") -> Json:
    return {
        "type": "user_message",
        "id": item_id,
        "thread_id": "thr_1",
        "created_at": at(),
        "content": [{"type": "input_text", "text": text}],
        "attachments": [],
        "inference_options": {},
    }


def assistant(text: str, annotations: Sequence[Json] = (), item_id: str = "a1") -> Json:
    return {
        "type": "assistant_message",
        "id": item_id,
        "thread_id": "thr_1",
        "created_at": at(),
        "content": [{"type": "output_text", "text": text, "annotations": list(annotations)}],
    }


def part(item_id: str = "a1") -> Json:
    """The event that begins the text of an answer."""
    content = {"type": "output_text", "text": "", "annotations": []}
    update = {"type": "assistant_message.content_part.added", "content_index": 0, "content": content}
    return {"type": "thread.item.updated", "item_id": item_id, "update": update}


def delta(text: str, item_id: str = "a1") -> Json:
    """The event that adds to the text of an answer."""
    update = {"type": "assistant_message.content_part.text_delta", "content_index": 0, "delta": text}
    return {"type": "thread.item.updated", "item_id": item_id, "update": update}


def added(item: Json) -> Json:
    return {"type": "thread.item.added", "item": item}


def done(item: Json) -> Json:
    return {"type": "thread.item.done", "item": item}


def questions(*inputs: Json, status: str = "pending") -> Json:
    """The assistant's questions, as an item."""
    item = {"type": "structured_input", "id": "q1", "thread_id": "thr_1", "created_at": at()}
    return {**item, "status": status, "inputs": list(inputs)}


def cites(index: int, title: str, url: str = "https://example.test/a", **more: Any) -> Json:
    return {
        "type": "annotation",
        "index": index,
        "source": {"type": "url", "title": title, "url": url, **more},
    }


def workflow(*tasks: Json, summary: Json | None = None, kind: str = "custom", expanded: bool = True) -> Json:
    return {
        "type": "workflow",
        "id": "w1",
        "thread_id": "thr_1",
        "created_at": at(),
        "workflow": {"type": kind, "tasks": list(tasks), "summary": summary, "expanded": expanded},
    }


def history(*titles: str, days: float = 1.7) -> Json:
    """The reply to `threads.list`: one conversation each, `days` apart."""
    data = [
        {
            "id": f"thr_{index + 1}",
            "title": title,
            "created_at": at(days=days * index),
            "status": {"type": "active"},
        }
        for index, title in enumerate(titles)
    ]
    return {"json": {"data": data, "has_more": False}}


def answering(*items: Json, **more: Any) -> Json:
    """The reply to `threads.create`: a new thread, the items, one after the other."""
    start = [
        {"type": "thread.created", "thread": thread()},
        {"type": "stream_options", "stream_options": {"allow_cancel": True}},
    ]
    return {"events": [*start, *map(done, items)], **more}
