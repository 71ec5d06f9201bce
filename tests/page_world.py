"""The world of the page: a server of generated answers, as large as one likes, without a project behind it.

It speaks the interface of `regen serve`, so that the page can be looked at with 100,000 artifacts, with nothing, with
answers that are errors, and with names that try to be HTML. `python -m tests.page_world` serves it for looking.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.page_shop import Shop

import regen.serve

STATIC = Path(regen.serve.__file__).parent / "static"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
TOKEN = "a-token-of-the-tests"  # noqa: S105 - opens nothing
_MEDIA = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shop: ClassVar[Shop]

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
        if path == "/api/v1/stream":
            self._stream()
        elif path.startswith("/api/v1/"):
            self._api(path.removeprefix("/api/v1/"), query)
        else:
            place = STATIC / ("index.html" if path == "/" else path.removeprefix("/static/"))
            if place.is_file():
                self._send(200, place.read_bytes(), _MEDIA[place.suffix])
            else:
                self._send(404, b"", "text/plain")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")
        path = urlsplit(self.path).path.removeprefix("/api/v1/")
        shop = self.shop
        if path == "session":
            if body["token"] != TOKEN:
                self._problem(401, "Unauthorized", "no such token is known", "make one with `regen token create`")
                return
            self._json(
                {"role": "admin", "name": "tests", "csrf": shop.csrf},
                {"Set-Cookie": "regen_session=s; HttpOnly; SameSite=Strict; Path=/"},
            )
            return
        if self.headers.get("X-CSRF-Token") != shop.csrf:
            self._problem(403, "Forbidden", "the page did not send its mark", "load the page again")
            return
        shop.sent.append((unquote(path), body))
        if path.endswith("/resolve"):
            shop.settled = True
        self._json({"done": True})

    def do_DELETE(self) -> None:
        self._json(None)

    def _api(self, path: str, query: dict[str, str]) -> None:
        if path in self.shop.broken:
            self._problem(
                self.shop.broken[path], "Service Unavailable", "the state is locked", "try again in a few seconds"
            )
            return
        try:
            self._json(self._found(path, query))
        except LookupError as error:
            self._problem(404, "Not Found", str(error), "go back to the list")

    def _found(self, path: str, query: dict[str, str]) -> Any:
        shop = self.shop
        whole: dict[str, Callable[[dict[str, str]], Any]] = {
            "status": shop.status,
            "cycles": shop.cycle_list,
            "events": shop.event_list,
            "graph": shop.graph,
            "graph/search": shop.search,
            "artifacts": shop.artifact_list,
            "releases": shop.release_list,
            "conflicts": lambda _: {"items": shop.conflict_items(), "next": None},
            "objectives": shop.objectives,
            "alerts": shop.alerts,
            "stats": shop.stats,
            "tuning": shop.tuning,
            "audit": shop.audit,
            "session": lambda _: {"role": None, "name": None, "csrf": None},
        }
        if path in whole:
            return whole[path](query)
        head, *rest = [unquote(part) for part in path.split("/")]
        match head:
            case "cycles":
                return shop.cycle(rest[0])
            case "artifacts":
                return shop.artifact(rest[0], "/".join(rest[1:]))
            case "releases":
                return shop.release(rest[0], rest[1])
            case "compare":
                return shop.compare(rest[0], query)
            case "conflicts":
                return shop.conflict(rest[0], "/".join(rest[1:]))
        raise LookupError(f"there is no /{path}")

    def _json(self, value: Any, headers: dict[str, str] | None = None) -> None:
        self._send(200, json.dumps(value).encode(), "application/json", headers)

    def _problem(self, status: int, title: str, detail: str, hint: str) -> None:
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "hint": hint}
        self._send(status, json.dumps(body).encode(), "application/problem+json")

    def _send(self, status: int, body: bytes, media: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", CSP)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        waiting: queue.Queue[bytes | None] = queue.Queue()
        self.shop.listeners.append(waiting)
        with suppress(OSError):
            self.wfile.write(b"retry: 200\n\n")
            self.wfile.flush()
            while (message := waiting.get()) is not None:
                self.wfile.write(message)
                self.wfile.flush()
        self.shop.listeners.remove(waiting)
        self.close_connection = True


@contextmanager
def served(shop: Shop, port: int = 0) -> Iterator[str]:
    """The address of a server that answers from a shop, while the context is open."""
    handler = type("Answers", (_Answers,), {"shop": shop})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        shop.cut()
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    with served(Shop(cycles=1000, artifacts=100_000, events=10_000), port=8799) as address:
        print(address)
        threading.Event().wait()
