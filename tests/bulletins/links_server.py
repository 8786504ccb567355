"""A web server on this machine that the links of tests lead to, and the one seam: which names lead to it."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest


@dataclass
class Site:
    """What was asked of the server, and how it answers: a status, and where to, by path."""

    port: int = 0
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)
    heads_refused: bool = False

    @property
    def lines(self) -> list[str]:
        """Each request as METHOD PATH."""
        return [f"{method} {path}" for method, path, _ in self.asked]


def handler_of(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.command, self.path, dict(self.headers)))
            if self.path in site.slow:
                return self.drip()
            status, moved_to = site.answers.get(self.path, (200, ""))
            if self.command == "HEAD" and site.heads_refused:
                status, moved_to = 405, ""
            self.send_response(status)
            if moved_to:
                self.send_header("Location", moved_to)
            self.end_headers()

        do_HEAD = do_GET

        def drip(self) -> None:
            """Answer a byte every now and then, so that no single wait is too long."""
            try:
                for byte in b"HTTP/1.0 200 OK\r\n" + b"X: y\r\n" * 500:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(0.2)
            except OSError:
                return

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def running_site(context: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Run a server for a while."""
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(site))
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    site.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def lead(monkeypatch: pytest.MonkeyPatch, names: dict[str, tuple[str, int]]) -> list[str]:
    """Let names lead to places on this machine, and count those as open; return the names that are asked for."""
    asked: list[str] = []

    def addresses_of(host: str, port: int) -> list[tuple[str, int]]:
        asked.append(host)
        return [names[host]]

    monkeypatch.setattr("bulletins.links.hosts.addresses_of", addresses_of)
    open_ones = {address for address, _ in names.values()} & {"127.0.0.1"}
    monkeypatch.setattr("bulletins.links.hosts.all_public", lambda found: set(found) <= open_ones)
    return asked
