import datetime
import os
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from unittest.mock import patch

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from django.core.mail import get_connection, send_mail
from django.test import override_settings

from config.environment import mail_relay
from mailings.conversation import FINAL_DOT, Transaction
from mailings.dispatch import Dispatch
from mailings.drain import Drain, Marked
from mailings.ledger import Claim
from mailings.line import Line, post
from mailings.rounds import Round
from mailings.transport import Outcome, Result
from tests.mailings.scripted import DROP, SILENCE, Scripted, scripted
from tests.relay import free_port

LETTER = b"Subject: Hello\r\n\r\nHello\r\n..dotted\r\n"
TO = "reader@example.org"
FROM = "bulletin@example.org"


PLAIN = "250 scripted"
PIPELINING = "250-scripted\r\n250 PIPELINING"
EITHER_WAY = pytest.mark.parametrize("ehlo", [PIPELINING, PLAIN], ids=["pipelined", "plain"])


def deliver(to: str = TO, letter: bytes = LETTER) -> Outcome:
    """Send one letter over a connection of its own."""
    return post(FROM, to, letter)


@EITHER_WAY
def test_a_letter_is_taken(ehlo):
    with scripted(ehlo=ehlo, dot="250 2.0.0 queued as 4F1") as server:
        assert deliver() == Outcome(Result.ACCEPTED, 250, "2.0.0 queued as 4F1")
    assert server.letters == [LETTER]
    assert server.heard == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


@EITHER_WAY
@pytest.mark.parametrize(
    ("script", "result", "code"),
    [
        ({"greeting": DROP}, Result.TROUBLE, 0),
        ({"greeting": "554 go away"}, Result.TROUBLE, 554),
        ({"greeting": "421 too busy"}, Result.TROUBLE, 421),
        ({"ehlo": DROP}, Result.TROUBLE, 0),
        ({"mail": DROP}, Result.TROUBLE, 0),
        ({"mail": "421 closing"}, Result.TROUBLE, 421),
        ({"mail": "451 not now"}, Result.TROUBLE, 451),
        ({"mail": "530 log in first"}, Result.LOGIN, 530),
        ({"mail": "553 5.7.1 not your address"}, Result.TROUBLE, 553),
        ({"mail": "garbage"}, Result.TROUBLE, -1),
        ({"rcpt": DROP}, Result.TROUBLE, 0),
        ({"rcpt": "421 slow down"}, Result.DEFERRED, 421),
        ({"rcpt": "450 greylisted"}, Result.DEFERRED, 450),
        ({"rcpt": "550 no such person"}, Result.REFUSED, 550),
        ({"rcpt": "354 what"}, Result.TROUBLE, 354),
        ({"rcpt": "garbage"}, Result.TROUBLE, -1),
        ({"data": DROP}, Result.TROUBLE, 0),
        ({"data": "451 not now"}, Result.DEFERRED, 451),
        ({"data": "421 closing"}, Result.DEFERRED, 421),
        ({"data": "554 no"}, Result.REFUSED, 554),
        ({"data": "250 OK"}, Result.TROUBLE, 250),
        ({"data": "garbage"}, Result.TROUBLE, -1),
        ({"dot": DROP}, Result.UNKNOWN, 0),
        ({"dot": "451 not now"}, Result.DEFERRED, 451),
        ({"dot": "421 closing"}, Result.DEFERRED, 421),
        ({"dot": "550 5.7.1 spam"}, Result.REFUSED, 550),
        ({"dot": "354 what"}, Result.UNKNOWN, 354),
        ({"dot": "garbage"}, Result.UNKNOWN, -1),
        ({"dot": "999 what"}, Result.UNKNOWN, 999),
        ({"dot": "x" * 10_000}, Result.UNKNOWN, 0),
    ],
    ids=str,
)
def test_each_phase_means_what_it_means(ehlo, script, result, code):
    with scripted(**{"ehlo": ehlo, **script}):
        outcome = deliver()
    assert (outcome.result, outcome.code) == (result, code)
    assert outcome.text


@EITHER_WAY
def test_a_connection_lost_inside_the_body_is_trouble(ehlo):
    with scripted(ehlo=ehlo, body=DROP):
        assert deliver(letter=(b"x" * 70 + b"\r\n") * 200_000).result is Result.TROUBLE


@EITHER_WAY
def test_a_letter_that_no_buffer_holds_is_taken_whole(ehlo):
    large = (b"x" * 70 + b"\r\n") * 200_000
    with scripted(ehlo=ehlo) as server:
        assert deliver(letter=large).result is Result.ACCEPTED
    assert server.letters == [large]


@EITHER_WAY
@override_settings(SMTP_FINAL_REPLY_SECONDS=0.2)
def test_silence_after_the_dot_is_unknown_when_the_patience_is_over(ehlo):
    with scripted(ehlo=ehlo, dot=SILENCE):
        started = time.monotonic()
        assert deliver() == Outcome(Result.UNKNOWN, text="timed out")
    assert 0.2 <= time.monotonic() - started < 2


@EITHER_WAY
@override_settings(SMTP_COMMAND_SECONDS=0.2)
@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
def test_silence_before_the_dot_is_trouble(ehlo, phase):
    with scripted(**{"ehlo": ehlo, phase: SILENCE}):
        assert deliver() == Outcome(Result.TROUBLE, text="timed out")


@EITHER_WAY
@override_settings(SMTP_COMMAND_SECONDS=0.2, SMTP_FINAL_REPLY_SECONDS=60)
def test_a_relay_that_stops_reading_inside_the_body_is_trouble(ehlo):
    with scripted(ehlo=ehlo, body=SILENCE):
        assert deliver(letter=(b"x" * 70 + b"\r\n") * 200_000) == Outcome(Result.TROUBLE, text="timed out")


@override_settings(SMTP_CONNECT_SECONDS=0.2)
def test_silence_instead_of_a_greeting_is_trouble():
    with scripted(greeting=SILENCE):
        assert deliver().result is Result.TROUBLE


@EITHER_WAY
@override_settings(SMTP_COMMAND_SECONDS=0.2, SMTP_FINAL_REPLY_SECONDS=5)
def test_a_slow_answer_after_the_dot_is_waited_for(ehlo):
    class Slow(str):
        def encode(self, *_: object) -> bytes:
            time.sleep(0.5)
            return b"250 at last"

    with scripted(ehlo=ehlo) as server:
        server.script["dot"] = Slow("250")
        assert deliver().result is Result.ACCEPTED


def test_nobody_listening_is_trouble():
    with override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=free_port()):
        assert deliver().result is Result.TROUBLE


def test_an_unknown_host_is_trouble():
    with override_settings(EMAIL_HOST="relay.invalid", EMAIL_PORT=25):
        assert deliver().result is Result.TROUBLE


@EITHER_WAY
@pytest.mark.parametrize("to", ["jürgen@example.org", "a>b@example.org", "a@example.org\r\nRSET"], ids=ascii)
def test_an_address_that_no_command_can_carry_is_refused_without_a_word(ehlo, to):
    with scripted(ehlo=ehlo) as server:
        assert deliver(to).result is Result.REFUSED
    assert server.heard == ["EHLO", "QUIT"]


def test_a_sender_that_no_command_can_carry_is_trouble():
    with scripted() as server:
        assert post("jürgen@example.org", TO, LETTER).result is Result.TROUBLE
    assert "MAIL" not in server.heard


# Logging in, encryption


@override_settings(EMAIL_HOST_USER="me", EMAIL_HOST_PASSWORD="secret")
def test_a_refused_login_is_told_from_trouble():
    with scripted(ehlo="250-scripted\r\n250 AUTH PLAIN", auth="535 wrong password"):
        outcome = deliver()
    assert (outcome.result, outcome.code, outcome.text) == (Result.LOGIN, 535, "wrong password")


@override_settings(EMAIL_HOST_USER="me", EMAIL_HOST_PASSWORD="secret")
@pytest.mark.parametrize("words", ["454 later", DROP])
def test_a_login_that_fails_for_now_is_trouble(words):
    with scripted(ehlo="250-scripted\r\n250 AUTH PLAIN", auth=words):
        assert deliver().result is Result.TROUBLE


@override_settings(EMAIL_HOST_USER="me", EMAIL_HOST_PASSWORD="secret")
def test_a_relay_without_logins_is_trouble():
    with scripted():
        assert deliver().result is Result.TROUBLE


@override_settings(EMAIL_HOST_USER="me", EMAIL_HOST_PASSWORD="secret")
def test_a_login_is_made_once():
    with scripted(ehlo="250-scripted\r\n250 AUTH PLAIN") as server:
        assert results(send(server, TO, NEXT)) == [Result.ACCEPTED, Result.ACCEPTED]
    assert server.heard.count("AUTH") == 1


OFFERS_TLS = {"ehlo": "250-scripted\r\n250 STARTTLS"}


@override_settings(EMAIL_USE_TLS=True)
@pytest.mark.parametrize("script", [{}, {**OFFERS_TLS, "starttls": "454 no"}, {**OFFERS_TLS, "starttls": "220 go"}])
def test_a_relay_that_does_not_encrypt_gets_no_letter(script):
    with override_settings(SMTP_CONNECT_SECONDS=0.5), scripted(**script) as server:
        assert deliver().result is Result.TROUBLE
    assert "MAIL" not in server.heard


@override_settings(EMAIL_USE_SSL=True)
def test_nor_one_that_does_not_speak_tls_at_all():
    with override_settings(SMTP_CONNECT_SECONDS=0.5), scripted() as server:
        assert deliver().result is Result.TROUBLE
    assert "MAIL" not in server.heard


AUTHORITY = trustme.CA()


class Sink:
    """Keeps letters."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.letters.append(envelope.original_content or b"")
        return "250 taken"


class Doorkeeper:
    """Lets in who has the password."""

    def __call__(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=(data.login, data.password) == (b"me", b"secret"), handled=False)


@contextmanager
def encrypted_relay(scheme: str, issued_to: str = "127.0.0.1") -> Iterator[list[bytes]]:
    """Run a relay that takes letters over TLS only, from who logs in; EMAIL_URL's scheme says how TLS begins."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert(issued_to).configure_cert(context)
    taken = Sink()
    port = free_port()
    # aiosmtpd knows of STARTTLS only: TLS from the first byte counts as none to it.
    at_once = scheme == "smtps"
    how: dict = {"ssl_context": context} if at_once else {"tls_context": context, "require_starttls": True}
    door: dict = {"authenticator": Doorkeeper(), "auth_required": True, "auth_require_tls": not at_once}
    controller = Controller(taken, "127.0.0.1", port, **how, **door)
    controller.start()
    given = {"EMAIL_URL": f"{scheme}://me:secret@127.0.0.1:{port}"}
    with patch.dict(os.environ, given), override_settings(**mail_relay("EMAIL_URL")):
        try:
            yield taken.letters
        finally:
            controller.stop()


@pytest.fixture
def trusted(monkeypatch, tmp_path) -> None:
    """Trust the relay's authority, as a machine trusts those of its system."""
    AUTHORITY.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


SCHEMES = ["submission", "smtps"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_encrypted_letter_is_taken_after_a_login(trusted, scheme):
    with encrypted_relay(scheme) as letters:
        assert deliver() == Outcome(Result.ACCEPTED, 250, "taken")
    assert len(letters) == 1


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_encrypted_letter_that_no_buffer_holds_is_taken_whole(trusted, scheme):
    large = (b"x" * 70 + b"\r\n") * 200_000
    with encrypted_relay(scheme) as letters:
        assert deliver(letter=large).result is Result.ACCEPTED
    assert letters == [large]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_wrong_password_is_told_over_tls_too(trusted, scheme):
    with encrypted_relay(scheme) as letters, override_settings(EMAIL_HOST_PASSWORD="guessed"):
        outcome = deliver()
    assert (outcome.result, outcome.code) == (Result.LOGIN, 535)
    assert letters == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_certificate_of_nobody_we_know_is_trouble(scheme):
    with encrypted_relay(scheme) as letters:
        outcome = deliver()
    assert outcome.result is Result.TROUBLE
    assert "certificate" in outcome.text
    assert letters == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_certificate_of_another_host_is_trouble(trusted, scheme):
    with encrypted_relay(scheme, issued_to="another.example.org") as letters:
        outcome = deliver()
    assert outcome.result is Result.TROUBLE
    assert "IP address mismatch" in outcome.text
    assert letters == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_single_letters_are_as_strict(scheme):
    with encrypted_relay(scheme) as letters, pytest.raises(ssl.SSLCertVerificationError):
        send_mail(
            "Hello", "Hello.", FROM, [TO], connection=get_connection("django.core.mail.backends.smtp.EmailBackend")
        )
    assert letters == []


# The next letter


NEXT = "next@example.org"
PATIENCE = 5


class Turn(Drain):
    """A worker's turn without a ledger: what is asked to leave may, and what became of letters is kept in order."""

    def __init__(self, server: Scripted | None, letters: Iterable[str], barred: Iterable[str]) -> None:
        self.server = server
        self.waiting = [Claim(number, 0, address, "<1@example.org>", "t") for number, address in enumerate(letters, 1)]
        self.held: dict[int, Claim] = {}
        self.barred = set(barred)
        self.sender = FROM
        self.round = Round()
        self.settled_as: dict[str, list[Outcome]] = {claimed.address or "": [] for claimed in self.waiting}

    def claim(self, limit: int) -> list[Claim]:
        batch, self.waiting = self.waiting[:limit], self.waiting[limit:]
        self.held |= {claimed.id: claimed for claimed in batch}
        return batch

    def link(self) -> None:
        """Record in the thread only."""

    def record(self, round: Round, asked: float | None = None) -> Marked:
        for pk in round.marks:
            self.held.pop(pk, None)
        return Marked(frozenset(pk for pk in round.marks if self.address(pk) not in self.barred), is_stopped=False)

    def address(self, pk: int) -> str:
        return list(self.settled_as)[pk - 1]

    def renew(self) -> None:
        """Hold no lease."""

    def content(self, claimed: Claim) -> list[bytes]:
        return [LETTER[:20], LETTER[20:]]

    def settle(self, claimed: Claim, outcome: Outcome) -> None:
        """Keep it; from the first letter's on, the relay is polite, and has no letter yet."""
        self.held.pop(claimed.id, None)
        self.settled_as[claimed.address or ""].append(outcome)
        if self.server is not None and claimed.id == 1:
            self.server.script = {"EHLO": self.server.script.get("EHLO", PLAIN)}
            self.server.letters.clear()

    def give_back(self, pause: datetime.timedelta) -> None:
        self.waiting = [*self.held.values(), *self.waiting]
        self.held.clear()

    def leave(self, outcome: Outcome) -> None:
        """Count nothing."""


@contextmanager
def ends_in_time(dispatch: Dispatch) -> Iterator[None]:
    """Fail if a turn does not end, and end it."""
    over = threading.Timer(PATIENCE, lambda: setattr(dispatch, "goes_on", lambda: False))
    over.start()
    try:
        yield
    finally:
        over.cancel()
    assert "goes_on" not in vars(dispatch), "the turn did not end by itself"


def send(server: Scripted | None, *letters: str, barred: Iterable[str] = ()) -> dict[str, list[Outcome]]:
    """Send letters by turns of one connection, until none waits; return what became of each."""
    turn = Turn(server, letters, barred)
    while turn.waiting:
        with override_settings(SMTP_CONNECTIONS=1):
            dispatch = Dispatch(turn, PATIENCE, lambda: False)
        with ends_in_time(dispatch), suppress(ConnectionError):
            dispatch.run()
    return turn.settled_as


def results(settled: dict[str, list[Outcome]]) -> list[Result]:
    """Return each letter's one result."""
    return [outcome.result for (outcome,) in settled.values()]


@EITHER_WAY
@pytest.mark.parametrize(
    ("script", "again", "result"),
    [
        ({"rcpt": "550 no", "data": "503 nobody"}, 1, Result.REFUSED),
        ({"rcpt": "450 later", "data": "503 nobody"}, 1, Result.DEFERRED),
        ({"dot": "550 no"}, 1, Result.REFUSED),
        ({"data": "451 later"}, 1, Result.DEFERRED),
        ({"rcpt": "421 slow down"}, 2, Result.DEFERRED),
        ({"data": "421 closing"}, 2, Result.DEFERRED),
        ({"dot": "421 closing"}, 2, Result.DEFERRED),
        ({"dot": "garbage"}, 2, Result.UNKNOWN),
        ({"dot": DROP}, 2, Result.UNKNOWN),
        ({"mail": "451 later"}, 2, Result.TROUBLE),
        ({"rcpt": "550 no", "data": "503 nobody", "rset": "500 what"}, 2, Result.REFUSED),
        ({"rcpt": "550 no", "data": "503 nobody", "rset": DROP}, 2, Result.REFUSED),
        ({"data": "354 go on\r\n421 closing"}, 2, Result.TROUBLE),
    ],
    ids=str,
)
def test_after_a_failure_the_next_letter_goes_out_on_a_clean_connection(ehlo, script, again, result):
    with scripted(**{"ehlo": ehlo, **script}) as server:
        assert results(send(server, TO, NEXT)) == [result, Result.ACCEPTED]
    assert server.connections == again
    assert server.letters == [LETTER]


@pytest.mark.parametrize(("ehlo", "again"), [(PIPELINING, 2), (PLAIN, 1)], ids=["pipelined", "plain"])
def test_so_it_does_after_a_relay_wants_a_letter_that_it_has_refused(ehlo, again):
    with scripted(ehlo=ehlo, rcpt="550 no") as server:
        assert results(send(server, TO, NEXT)) == [Result.REFUSED, Result.ACCEPTED]
    assert server.connections == again
    assert server.letters == [LETTER]


@EITHER_WAY
def test_so_it_does_on_the_same_after_one_that_cannot_be_written(ehlo):
    with scripted(ehlo=ehlo) as server:
        assert results(send(server, "jürgen@example.org", NEXT)) == [Result.REFUSED, Result.ACCEPTED]
    assert server.heard == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


@EITHER_WAY
def test_letters_follow_each_other_on_one_connection(ehlo):
    with scripted(ehlo=ehlo) as server:
        settled = send(server, *[f"reader{n}@example.org" for n in range(20)])
    assert set(results(settled)) == {Result.ACCEPTED}
    assert server.heard == ["EHLO", *["MAIL", "RCPT", "DATA"] * 20, "QUIT"]


@EITHER_WAY
def test_a_connection_is_left_politely_when_it_has_carried_its_letters(ehlo, monkeypatch):
    monkeypatch.setattr("mailings.dispatch.LETTERS_A_CONNECTION", 3)
    with scripted(ehlo=ehlo) as server:
        settled = send(server, *[f"reader{n}@example.org" for n in range(7)])
    assert set(results(settled)) == {Result.ACCEPTED}
    visit = ["EHLO", *["MAIL", "RCPT", "DATA"] * 3, "QUIT"]
    assert server.heard == [*visit, *visit, "EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


@EITHER_WAY
def test_a_lost_connection_is_left_without_a_word(ehlo):
    with scripted(ehlo=ehlo, dot="garbage") as server:
        deliver()
    assert server.heard[-1] == "DATA"


@pytest.mark.parametrize(
    ("script", "last"),
    [({"dot": "421 closing"}, "DATA"), ({"rcpt": "550 no", "rset": "500 what"}, "RSET"), ({"mail": "garbage"}, "MAIL")],
    ids=str,
)
def test_so_it_is_before_another_is_opened(script, last):
    with scripted(**script) as server:
        send(server, TO, NEXT)
    first = server.heard[: server.heard.index("EHLO", 1)]
    assert first[-1] == last


@EITHER_WAY
def test_a_letter_that_may_not_leave_is_left_before_its_first_word(ehlo):
    with scripted(ehlo=ehlo) as server:
        settled = send(server, TO, NEXT, barred=[TO])
    assert settled == {TO: [], NEXT: [Outcome(Result.ACCEPTED, 250, "taken")]}
    assert server.heard == ["EHLO", "MAIL", "RCPT", "DATA"] * 2 + ["QUIT"]
    assert server.letters == [LETTER]


@EITHER_WAY
@override_settings(SMTP_COMMAND_SECONDS=0.2, SMTP_FINAL_REPLY_SECONDS=0.5)
@pytest.mark.parametrize(
    ("phase", "result"),
    [
        ("mail", Result.TROUBLE),
        ("rcpt", Result.TROUBLE),
        ("data", Result.TROUBLE),
        ("dot", Result.UNKNOWN),
    ],
)
def test_a_turn_does_not_wait_for_ever(ehlo, phase, result):
    with scripted(**{"ehlo": ehlo, phase: SILENCE}) as server:
        assert send(server, TO) == {TO: [Outcome(result, text="timed out")]}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_letters_follow_each_other_over_tls(trusted, scheme):
    with encrypted_relay(scheme) as letters:
        settled = send(None, *[f"reader{n}@example.org" for n in range(5)])
    assert set(results(settled)) == {Result.ACCEPTED}
    assert len(letters) == 5


@contextmanager
def tls_line() -> Iterator[tuple[Line, ssl.SSLSocket]]:
    """Make a pipelined line over TLS that holds little, and the relay's end of it; neither blocks."""
    inside, outside = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(inside)
    AUTHORITY.configure_trust(outside)
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 20_000)
    relay = inside.wrap_socket(theirs, server_side=True, do_handshake_on_connect=False)
    greeting = threading.Thread(target=relay.do_handshake)
    greeting.start()
    smtp = smtplib.SMTP()
    smtp.sock, smtp.esmtp_features = outside.wrap_socket(ours, server_hostname="127.0.0.1"), {"pipelining": ""}
    greeting.join()
    relay.setblocking(False)
    line = Line(smtp, FROM)
    with closing(line), relay:
        yield line, relay


def test_a_dot_that_the_relay_has_read_has_left_over_tls_too():
    # TLS travels in records of 16 kB, and all of those that one call sends count as sent only with the last.
    content = LETTER.ljust(2 * 16_384 - len(FINAL_DOT) - 2, b"x") + b"\r\n"
    with tls_line() as (line, relay):
        first, second = Transaction(TO), Transaction(f"{'x' * 40_000}@example.org")
        line.begin(first)
        line.write()
        relay.send(b"250 OK\r\n250 OK\r\n354 go on\r\n")
        assert line.read() == [first]
        line.give(first, content)
        line.begin(second)
        heard = relay.recv(16_384)
        while not heard.endswith(content + FINAL_DOT):
            line.write()
            with suppress(ssl.SSLWantReadError):
                heard += relay.recv(16_384)
        relay.send(b"250 taken\r\n")
        assert line.read() == [first]
        assert first.outcome == Outcome(Result.ACCEPTED, 250, "taken")


def test_what_is_claimed_while_a_turn_ends_is_given_back():
    class Slow(Turn):
        def claim(self, limit: int) -> list[Claim]:
            time.sleep(0.5)
            return super().claim(limit)

    turn = Slow(None, [TO, NEXT], barred=[])
    Dispatch(turn, 0.1, lambda: False).run()
    assert [claimed.address for claimed in turn.waiting] == [TO, NEXT]
