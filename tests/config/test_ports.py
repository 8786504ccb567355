"""The port of the site: the given one or none at all; without a wish the next free one."""

import socket

import pytest

from config.ports import USUAL_PORT, free_port, web_port
from config.programs import CannotRun
from tests.config.machine import listener


def test_a_given_port_that_is_free_is_taken():
    port = free_port()
    assert web_port(str(port)) == port


def test_a_given_port_that_is_taken_is_an_error():
    with listener() as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotRun, match=f"Port {port} cannot be used .Address already in use."):
            web_port(str(port))


@pytest.mark.parametrize("given", ["0", "65536", "-1", "http", "8000.5", "٣"])
def test_what_is_no_port_is_an_error(given):
    with pytest.raises(CannotRun, match="is no port"):
        web_port(given)


def test_without_a_wish_a_taken_port_is_passed_over_and_said(capsys):
    with socket.socket() as usual:
        usual.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        take(usual)
        port = web_port("")
    assert port > USUAL_PORT
    assert capsys.readouterr().out == f"Port {USUAL_PORT} is taken; this demo takes {port}.\n"


def take(usual: socket.socket) -> None:
    """Listen on the usual port, unless somebody else already does."""
    try:
        usual.bind(("127.0.0.1", USUAL_PORT))
        usual.listen()
    except OSError:
        return
