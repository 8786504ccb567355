"""The ports of the loopback address that a demo may take."""

import socket

from config.company import say
from config.programs import CannotRun

USUAL_PORT = 8000
PORTS_TRIED = 100


def web_port(given: str) -> int:
    """Return the port for the site: the given one, or the first free one from the usual one on."""
    if given:
        return checked_port(given)
    for port in range(USUAL_PORT, USUAL_PORT + PORTS_TRIED):
        if not why_not(port):
            if port != USUAL_PORT:
                say(f"Port {USUAL_PORT} is taken; this demo takes {port}.")
            return port
    raise CannotRun(f"The ports {USUAL_PORT} to {port} are all taken: give a free one, such as PORT=9000.")


def checked_port(given: str) -> int:
    """Return the port that was asked for; CannotRun when it is none, or taken."""
    if not given.isascii() or not given.isdigit() or not 0 < int(given) < 65536:
        raise CannotRun(f"PORT={given} is no port: give a number from 1 to 65535.")
    reason = why_not(int(given))
    if reason:
        raise CannotRun(f"Port {given} cannot be used ({reason}): give another PORT, or none.")
    return int(given)


def why_not(port: int) -> str:
    """Return why this port of the loopback address cannot be served, nothing when it can."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
