"""A real web server in this process whose pages a test writes, and changes, as a site's owner would."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What the site answers at one address.

    Attributes:
        etag: also what it answers 304 for.
    """

    body: bytes | str = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    etag: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Site:
    """A running site.

    Attributes:
        pages: by path with query.
        asked: (path, headers in lower case) of each request, in their order.
    """

    url: str
    port: int
    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def paths_asked(self) -> list[str]:
        return [path for path, _ in self.asked]


@contextmanager
def site() -> Iterator[Site]:
    """On a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            running.asked.append((self.path, headers))
            answer = running.pages.get(self.path, Answer("no such page", 404))
            is_known = bool(answer.etag) and headers.get("if-none-match") == answer.etag
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
            self.send_response(304 if is_known else answer.status)
            shown = {"Content-Type": answer.content_type, **answer.headers}
            for name, value in (shown | ({"ETag": answer.etag} if answer.etag else {})).items():
                self.send_header(name, value)
            if not is_known:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if not is_known:
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    running = Site(f"http://127.0.0.1:{server.server_port}", server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
