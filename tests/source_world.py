"""A server on the loopback that answers SPARQL queries and keeps graphs, as well or as badly as a test wants."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
from tests.cycle_world import PREFIXES

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""


class Server:
    """What the server has, and what it was asked.

    Attributes:
        url: without a path; `/sparql` is the endpoint, `/store` the graph store, `/doc.ttl` a document.
        store: its graphs.
        seen: (method, path with query, headers, status), oldest first.
        say: answers in the place of the store; None leaves it to the store.
    """

    def __init__(self) -> None:
        self.url = ""
        self.store = ox.Store()
        self.lock = threading.Lock()
        self.seen: list[tuple[str, str, dict[str, str], int]] = []
        self.say: Callable[[str], Answer | None] = lambda path: None

    def graph(self, text: str, name: str | None = None) -> None:
        """Replace one graph by Turtle with the usual prefixes."""
        graph = ox.DefaultGraph() if name is None else ox.NamedNode(name)
        with self.lock:
            self.store.clear_graph(graph)
            self.store.load((PREFIXES + text).encode(), ox.RdfFormat.TURTLE, to_graph=graph)

    @property
    def statuses(self) -> list[int]:
        """Of all answers."""
        return [status for _, _, _, status in self.seen]

    def answer(self, path: str, given: bytes) -> Answer:
        """What the store says."""
        with self.lock:
            return self._answer(path, given)

    def _answer(self, path: str, given: bytes) -> Answer:
        parts = urlsplit(path)
        asked = parse_qs(parts.query or given.decode(), keep_blank_values=True)
        graph = asked.get("graph") or asked.get("default-graph-uri")
        if parts.path == "/sparql":
            query = asked["query"][0]
            graphs = [ox.NamedNode(graph[0])] if graph else None
            found = self.store.query(query, default_graph=graphs)
            if not isinstance(found, ox.QueryTriples):
                return 200, {"Content-Type": "application/sparql-results+json"}, b"{}"
            body = found.serialize(format=ox.RdfFormat.N_TRIPLES) or b""
            lines = sorted(body.splitlines(keepends=True))
            return self._tagged(b"".join(lines), "application/n-triples")
        if parts.path == "/store":
            name = ox.NamedNode(graph[0]) if graph else ox.DefaultGraph()
            if graph and not self.store.contains_named_graph(name):
                return 404, {}, b""
            return self._tagged(self.store.dump(format=ox.RdfFormat.TURTLE, from_graph=name) or b"", "text/turtle")
        return self._tagged(self.store.dump(format=ox.RdfFormat.TURTLE, from_graph=ox.DefaultGraph()) or b"", "")

    @staticmethod
    def _tagged(body: bytes, media: str) -> Answer:
        tag = hashlib.sha256(body).hexdigest()[:8]
        return 200, {"ETag": f'"{tag}"', **({"Content-Type": media} if media else {})}, body


@contextmanager
def serving() -> Iterator[Server]:
    """The server, while the block runs."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            given = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, body = server.say(self.path) or server.answer(self.path, given)
            if status == 200 and headers.get("ETag", "-") == self.headers.get("If-None-Match"):
                status, body = 304, b""
            server.seen.append((self.command, self.path, dict(self.headers), status))
            self.send_response(status)
            for name, value in ({} if status == 304 else {"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the server's word

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, address: object) -> None:
            """A client that left is no error."""

    http = Quiet(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
