"""Ask a host whether a page is there: briefly, and never one inside a private network.

urllib3's connections are used, for they connect to the very address that was checked while TLS is verified for the
host's name: a name that answers differently the second time (DNS rebinding) leads nowhere else.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from bulletins.links.hosts import PORTS, NotPublic, checked, does_not_exist, host_of, open_addresses

SECONDS = 5.0
REDIRECTS = 5
GONE = {404, 410}
MOVED = {301, 302, 303, 307, 308}
FAILURES = (OSError, HTTPError, http.client.HTTPException, ValueError)


@dataclass(frozen=True)
class Answer:
    """What became of a look-up: ok, dead, refused or unsure; the HTTP status where there was one, and a few words."""

    answer: str
    code: int | None = None
    words: str = ""


def look_up(url: str) -> Answer:
    """Ask for a page by HEAD, and by GET where that is not answered well; nothing of a page is read."""
    first = follow("HEAD", url)
    return follow("GET", url) if first.code is not None and first.answer != "ok" else first


def follow(method: str, url: str) -> Answer:
    """Ask for a page and go where it has moved to, each step checked anew."""
    try:
        for _ in range(REDIRECTS + 1):
            status, moved_to = ask(method, checked(url))
            if status not in MOVED or not moved_to:
                return judged(status)
            url = urljoin(url, moved_to)
    except NotPublic as error:
        return Answer("refused", words=str(error))
    except FAILURES as error:
        return failed(error, url)
    return Answer("unsure", words=f"it was moved more than {REDIRECTS} times")


def judged(status: int) -> Answer:
    """Judge a page by its HTTP status: many hosts answer robots otherwise than readers, so few are dead."""
    if 200 <= status < 300:
        return Answer("ok", status)
    if status in GONE:
        return Answer("dead", status, "the page is not there")
    return Answer("unsure", status, f"the host answered with {status}")


def failed(error: BaseException, url: str) -> Answer:
    """Say why there was no answer; a name that does not exist is dead, all else may be better tomorrow."""
    if isinstance(error, socket.gaierror):
        if does_not_exist(host_of(url)):
            return Answer("dead", words="there is no such host")
        return Answer("unsure", words="its name could not be looked up")
    if isinstance(error, ssl.SSLError) or "certificate" in str(error).lower():
        return Answer("unsure", words="its certificate could not be verified")
    if isinstance(error, TimeoutError):
        return Answer("unsure", words="the host did not answer in time")
    return Answer("unsure", words="the host could not be reached")


def ask(method: str, parts: SplitResult) -> tuple[int, str | None]:
    """Ask once, at an address that is open; return the status and where the page has moved to."""
    assert parts.hostname is not None
    host, port = parts.hostname, parts.port or PORTS[parts.scheme]
    connection = connect_to(parts.scheme, host, *open_addresses(host, port)[0])
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with ended_after(connection, SECONDS):
        connection.request(method, target, headers=headers(parts), preload_content=False)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location")


def connect_to(scheme: str, host: str, address: str, port: int) -> HTTPConnection:
    """Return the connection to an address, which must prove by its certificate that it is the host."""
    if scheme == "http":
        return HTTPConnection(address, port, timeout=SECONDS)
    return HTTPSConnection(
        address,
        port,
        timeout=SECONDS,
        cert_reqs="CERT_REQUIRED",
        server_hostname=host,
        assert_hostname=host,
    )


def headers(parts: SplitResult) -> dict[str, str]:
    """Say who asks, and for which host."""
    agent = f"first-wednesday-link-check (+{settings.SITE_URL}/)"
    return {"Host": parts.netloc, "User-Agent": agent, "Accept": "*/*"}


@contextmanager
def ended_after(connection: HTTPConnection, seconds: float) -> Iterator[None]:
    """Close a connection after use, and cut it when its time is over: a timeout of its own holds for each byte."""

    def cut() -> None:
        late.set()
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    late = threading.Event()
    timer = threading.Timer(seconds, cut)
    timer.start()
    try:
        yield
    except FAILURES as error:
        if late.is_set():
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()
        connection.close()
