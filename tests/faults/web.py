"""A web process beside the faults, and what it answers."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

from config.ports import free_port
from tests.faults.processes import environment, running, wait_for


@contextmanager
def site(**more: str) -> Iterator[int]:
    """Run a web process with the database of this process; give its port."""
    port = free_port()
    env = environment(1, SITE_URL=f"http://127.0.0.1:{port}", **more)
    with running(env, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--no-control-socket"):
        wait_for(lambda: status_of(port) == 200)
        yield port


def status_of(port: int, path: str = "/") -> int:
    """Return what the site answers; 0 if it does not."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        asked.request("GET", path)
        return asked.getresponse().status
    except OSError:
        return 0
    finally:
        asked.close()
