"""The site behind a real nginx, with the operators' deploy/nginx.conf: only ports, folders, certificate are moved."""

import http.client
import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from django.conf import settings

from config.ports import free_port
from tests.faults.processes import environment, running

SHIPPED = Path(settings.BASE_DIR) / "deploy" / "nginx.conf"
HOST = "bulletin.example.org"
# Where Debian keeps it; an ordinary user's PATH lacks it.
PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
AROUND = """
daemon off; pid {folder}/pid; error_log stderr error; {user}
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {shipped}
}}
"""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    text: str


@dataclass
class Front:
    """nginx on loopback ports, and the log of what it asks of the site."""

    plain: int
    secure: int
    authority: trustme.CA
    asked_log: Path
    site: subprocess.Popen

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Ask over TLS for a page, by the site's own name."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        context.check_hostname = False
        wire = http.client.HTTPSConnection("127.0.0.1", self.secure, timeout=30, context=context)
        return answer(wire, method, path, headers)

    def get_plain(self, path: str) -> Answer:
        """Ask without TLS."""
        return answer(http.client.HTTPConnection("127.0.0.1", self.plain, timeout=30), "GET", path, {})

    def asked(self, path: str) -> int:
        """Return how often nginx asked the site for a page; the log's last line is written after its answer."""
        time.sleep(0.3)
        return self.asked_log.read_text().count(f" {path} HTTP/")


def answer(wire: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str]) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        wire.request(method, path, headers={"Host": HOST, **named})
        response = wire.getresponse()
        return Answer(response.status, response.headers, response.read().decode(errors="replace"))
    finally:
        wire.close()


def skip_without_nginx() -> str:
    """Return nginx; skip where there is none."""
    found = shutil.which("nginx", path=PLACES)
    if found is None:
        pytest.skip("no nginx: install Debian's package nginx-light")
    return found


@contextmanager
def running_front(folder: Path) -> Iterator[Front]:
    """Run the site, with the database of this process, behind nginx."""
    nginx, log, port = skip_without_nginx(), folder / "asked.log", free_port()
    authority = trustme.CA()
    env = environment(1, SITE_URL=f"https://{HOST}")
    words = ["config.wsgi", "--bind", f"127.0.0.1:{port}", "--no-control-socket", "--access-logfile", str(log)]
    with running(env, "-m", "gunicorn", *words) as site:
        front = Front(free_port(), free_port(), authority, log, site)
        config = folder / "nginx.conf"
        config.write_text(moved(front, port, folder))
        process = subprocess.Popen([nginx, "-p", str(folder), "-c", str(config), "-e", "stderr"])
        try:
            wait_until_it_answers(front)
            yield front
        finally:
            process.terminate()
            process.wait(20)


def moved(front: Front, port: int, folder: Path) -> str:
    """Return nginx's whole configuration, around the shipped one with its places moved."""
    certificate = front.authority.issue_cert(HOST)
    certificate.private_key_pem.write_to_path(folder / "privkey.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "fullchain.pem")
    places = {
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "listen 80;": f"listen 127.0.0.1:{front.plain};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{front.secure} ssl http2;",
        "127.0.0.1:8000": f"127.0.0.1:{port}",
        "/var/lib/nginx/first-wednesday": str(folder / "kept"),
        f"/etc/ssl/{HOST}": str(folder),
    }
    shipped = SHIPPED.read_text()
    for old, new in places.items():
        assert old in shipped, f"deploy/nginx.conf has no {old}"
        shipped = shipped.replace(old, new)
    return AROUND.format(folder=folder, shipped=shipped, user="user root;" if os.geteuid() == 0 else "")


def wait_until_it_answers(front: Front) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if front.get("/healthz").status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    pytest.fail("nginx or the site behind it does not answer")
