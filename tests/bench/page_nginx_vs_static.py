"""An issue's page behind the shipped nginx, against the same nginx giving the same bytes as a file: answers a second.

The same bytes are those of the whole answer: the file is given with the page's headers. Beside it, the site alone: the
whole page, and the 304 for whoever has it already. Without TLS, which would cost both sides the same and so hide the
difference.
"""

import http.client
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bulletins.models import Bulletin
from config.company import say
from config.ports import free_port
from config.programs import CannotRun
from tests.bench.archive import make_archive
from tests.bench.measured import Measured
from tests.bench.tools import program, requests_a_second, version
from tests.faults.processes import running
from tests.front import AROUND, HOST, SHIPPED

ROUNDS, SECONDS = 5, 2
FILE = "/as-a-file.html"
# What nginx says of every answer itself.
OWN = {"server", "date", "connection", "content-type", "content-length", "etag", "last-modified"}
HTTPS = "X-Forwarded-Proto: https"


@dataclass(frozen=True)
class Sides:
    """Where each of the sides answers."""

    behind_nginx: str
    as_a_file: str
    alone: str
    mark: str


def bench() -> dict[str, Measured]:
    """Ask each side in turn, several rounds; the ratio is of the medians."""
    make_archive(issues=24)
    with tempfile.TemporaryDirectory(prefix="first-wednesday-page-") as folder, sides(Path(folder)) as site:
        host = f"Host: {HOST}"
        whole = {
            "behind nginx": lambda: requests_a_second(site.behind_nginx, SECONDS, host),
            "as a file": lambda: requests_a_second(site.as_a_file, SECONDS, host),
            "the site alone": lambda: requests_a_second(site.alone, SECONDS, host, HTTPS),
            "the site alone, 304": lambda: requests_a_second(
                site.alone, SECONDS, host, HTTPS, f"If-None-Match: {site.mark}"
            ),
        }
        rounds = [{name: ask() for name, ask in whole.items()} for _ in range(ROUNDS)]
    figures = {f"{name}, answers a second": statistics.median(r[name] for r in rounds) for name in whole}
    figures |= {f"{name}, slowest round": min(r[name] for r in rounds) for name in whole}
    figures |= {f"{name}, fastest round": max(r[name] for r in rounds) for name in whole}
    page, file, alone, kept = (figures[f"{name}, answers a second"] for name in whole)
    figures["the site alone, 304 against the whole page"] = kept / alone
    return {"page_nginx_vs_static": Measured(page / file, promised=0.85, figures=figures)}


@contextmanager
def sides(folder: Path) -> Iterator[Sides]:
    """Run gunicorn and nginx; give the addresses of the newest issue's page on each side."""
    path = Bulletin.objects.order_by("-publish_at")[0].get_absolute_url()
    port, front = free_port(), free_port()
    words = ["config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--no-control-socket"]
    folder.chmod(0o755)
    with running(dict(os.environ), "-m", "gunicorn", *words, "--log-level", "error"):
        page, headers = fetched(port, path)
        (folder / FILE[1:]).write_bytes(page)
        nginx = program("nginx", "nginx-light")
        say(f"  {version([nginx, '-v'])}; {version([program('wrk', 'wrk'), '-v'])}; {len(page):,} bytes")
        config = folder / "nginx.conf"
        config.write_text(moved(folder, port, front, headers))
        process = subprocess.Popen([nginx, "-p", str(folder), "-c", str(config), "-e", "stderr"])
        try:
            time.sleep(1)
            if process.poll() is not None:
                raise CannotRun("nginx did not start: its own words stand above.")
            base = f"http://127.0.0.1:{front}"
            yield Sides(f"{base}{path}", f"{base}{FILE}", f"http://127.0.0.1:{port}{path}", headers["ETag"])
        finally:
            process.terminate()
            process.wait(20)


def fetched(port: int, path: str) -> tuple[bytes, dict[str, str]]:
    """Return the page and its headers, as soon as the site answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        wire = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            wire.request("GET", path, headers={"Host": HOST, "X-Forwarded-Proto": "https"})
            answer = wire.getresponse()
            if answer.status == 200:
                return answer.read(), dict(answer.headers)
        except OSError:
            pass
        finally:
            wire.close()
        time.sleep(0.2)
    raise CannotRun(f"The site does not answer {path}.")


def moved(folder: Path, port: int, front: int, headers: dict[str, str]) -> str:
    """Return nginx's configuration: the shipped one on loopback, without TLS, with the page as a file beside it."""
    said = {**headers, "Cache-Control": "public, no-cache"}
    same = "".join(f'add_header {name} "{value}";' for name, value in said.items() if name.lower() not in OWN)
    file = f"    location = {FILE} {{ root {folder}; default_type text/html; {same} }}"
    file += "\n\n    location /admin/"
    places = {
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{front};",
        f"    ssl_certificate /etc/ssl/{HOST}/fullchain.pem;\n": "",
        f"    ssl_certificate_key /etc/ssl/{HOST}/privkey.pem;\n": "",
        "X-Forwarded-Proto $scheme": "X-Forwarded-Proto https",
        "127.0.0.1:8000": f"127.0.0.1:{port}",
        "/var/lib/nginx/first-wednesday": str(folder / "kept"),
        "    location /admin/": file,
    }
    shipped = SHIPPED.read_text()
    for old, new in places.items():
        assert old in shipped, f"deploy/nginx.conf has no {old}"
        shipped = shipped.replace(old, new)
    return AROUND.format(folder=folder, shipped=shipped, user="user root;" if os.geteuid() == 0 else "")
