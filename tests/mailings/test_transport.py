import os
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from django.core.mail import get_connection, send_mail
from django.test import override_settings

from config.environment import mail_relay
from mailings.transport import Outcome, Relay, Result
from tests.mailings.scripted import DROP, SILENCE, scripted
from tests.relay import free_port

LETTER = b"Subject: Hello\r\n\r\nHello\r\n..dotted\r\n"
TO = "reader@example.org"
FROM = "bulletin@example.org"


def deliver(to: str = TO) -> Outcome:
    """Drive one letter through; what the worker does, without the ledger."""
    with Relay() as relay:
        outcome = relay.offer(FROM, to)
        return relay.send(LETTER) if outcome.result is Result.ACCEPTED else outcome


def test_a_letter_is_taken():
    with scripted(dot="250 2.0.0 queued as 4F1") as server:
        assert deliver() == Outcome(Result.ACCEPTED, 250, "2.0.0 queued as 4F1")
    assert server.letters == [LETTER]
    assert server.heard == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


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
def test_each_phase_means_what_it_means(script, result, code):
    with scripted(**script):
        outcome = deliver()
    assert (outcome.result, outcome.code) == (result, code)
    assert outcome.text


def test_a_connection_lost_inside_the_body_is_trouble():
    letter = b"x" * 70 + b"\r\n"
    with scripted(body=DROP), Relay() as relay:
        relay.offer(FROM, TO)
        assert relay.send(letter * 200_000).result is Result.TROUBLE


@override_settings(SMTP_FINAL_REPLY_SECONDS=0.2)
def test_silence_after_the_dot_is_unknown_when_the_patience_is_over():
    with scripted(dot=SILENCE):
        started = time.monotonic()
        assert deliver().result is Result.UNKNOWN
    assert 0.2 <= time.monotonic() - started < 2


@override_settings(SMTP_COMMAND_SECONDS=0.2)
@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
def test_silence_before_the_dot_is_trouble(phase):
    with scripted(**{phase: SILENCE}):
        assert deliver().result is Result.TROUBLE


@override_settings(SMTP_CONNECT_SECONDS=0.2)
def test_silence_instead_of_a_greeting_is_trouble():
    with scripted(greeting=SILENCE):
        assert deliver().result is Result.TROUBLE


@override_settings(SMTP_COMMAND_SECONDS=0.2, SMTP_FINAL_REPLY_SECONDS=5)
def test_a_slow_answer_after_the_dot_is_waited_for():
    class Slow(str):
        def encode(self, *_: object) -> bytes:
            time.sleep(0.5)
            return b"250 at last"

    with scripted() as server:
        server.script["dot"] = Slow("250")
        assert deliver().result is Result.ACCEPTED


def test_nobody_listening_is_trouble():
    with override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=free_port()):
        assert deliver().result is Result.TROUBLE


def test_an_unknown_host_is_trouble():
    with override_settings(EMAIL_HOST="relay.invalid", EMAIL_PORT=25):
        assert deliver().result is Result.TROUBLE


def test_an_address_that_no_command_can_carry_is_refused_and_the_connection_kept():
    with scripted() as server, Relay() as relay:
        assert relay.offer(FROM, "jürgen@example.org").result is Result.REFUSED
        assert relay.offer(FROM, TO).result is Result.ACCEPTED
        assert server.connections == 1
    assert server.letters == []


def test_a_sender_that_no_command_can_carry_is_trouble():
    with scripted(), Relay() as relay:
        assert relay.offer("jürgen@example.org", TO).result is Result.TROUBLE


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
    with scripted(ehlo="250-scripted\r\n250 AUTH PLAIN") as server, Relay() as relay:
        for _ in range(2):
            assert relay.offer(FROM, TO).result is Result.ACCEPTED
            assert relay.send(LETTER).result is Result.ACCEPTED
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


@pytest.mark.parametrize(
    ("script", "again"),
    [
        ({"rcpt": "550 no"}, 1),
        ({"rcpt": "450 later"}, 1),
        ({"dot": "550 no"}, 1),
        ({"data": "451 later"}, 1),
        ({"rcpt": "421 slow down"}, 2),
        ({"dot": "421 closing"}, 2),
        ({"dot": "garbage"}, 2),
        ({"dot": DROP}, 2),
        ({"mail": "451 later"}, 2),
        ({"rcpt": "550 no", "rset": "500 what"}, 2),
        ({"rcpt": "550 no", "rset": DROP}, 2),
    ],
    ids=str,
)
def test_after_a_failure_the_next_letter_goes_out_on_a_clean_connection(script, again):
    with scripted(**script) as server, Relay() as relay:
        if relay.offer(FROM, TO).result is Result.ACCEPTED:
            relay.send(LETTER)
        server.script = {}
        server.letters.clear()
        assert relay.offer(FROM, "next@example.org").result is Result.ACCEPTED
        assert relay.send(LETTER).result is Result.ACCEPTED
    assert server.connections == again
    assert server.letters == [LETTER]


def test_a_lost_connection_is_left_without_a_word():
    with scripted(dot="garbage") as server:
        deliver()
    assert server.heard[-1] == "DATA"


def test_the_envelope_can_be_taken_back():
    with scripted() as server, Relay() as relay:
        relay.offer(FROM, TO)
        relay.reset()
        relay.reset()
    assert server.heard == ["EHLO", "MAIL", "RCPT", "RSET", "RSET", "QUIT"]
