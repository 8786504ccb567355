import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import override_settings

from config.environment import mail_relay
from mailings.checks import password_is_encrypted, times_are_long_enough

RELAY = "submission://nobody:nothing@relay.example.org:587"
NEEDED = ["DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SITE_URL", "SECRET_KEY", "SUPPRESSION_KEY"]


def manage(*words: str, **changes: str) -> subprocess.CompletedProcess:
    """Run manage.py with changes to the environment; an empty value takes a name away."""
    env = {**os.environ, **changes}
    env = {name: value for name, value in env.items() if value}
    return subprocess.run(
        [sys.executable, "manage.py", *words], cwd=settings.BASE_DIR, env=env, capture_output=True, text=True
    )


def shown(name: str, **changes: str) -> str:
    """Return a setting as a process of its own reads it from a changed environment."""
    done = manage("shell", "--no-imports", "-c", f"from django.conf import settings; print(settings.{name})", **changes)
    return done.stdout.strip()


@pytest.mark.parametrize("name", [name for name in NEEDED if name != "DATABASE_URL"])
def test_a_missing_value_is_one_sentence_that_says_the_mend(name):
    done = manage("check", **{name: ""})
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert name in done.stderr
    assert "give" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SITE_URL", "bulletin.example.org"),
        ("EMAIL_URL", "carrier-pigeon://relay.example.org"),
        ("EMAIL_URL", "smtps://relay.example.org:port"),
        ("DATABASE_URL", "sqlite:///nowhere.db"),
        ("DATABASE_URL", "nonsense"),
        ("TICK_SECONDS", "soon"),
        ("LEASE_SECONDS", "-1"),
        ("SMTP_COMMAND_SECONDS", "nan"),
        ("SIGN_UPS_A_DAY", "0"),
        ("SSL_REDIRECT", "perhaps"),
        ("DEMO", "maybe"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("TRUSTED_PROXIES", "the proxy"),
        ("MAIL_LEDGER", "mail.log"),
        ("MAIL_AT_MOST_ONCE", "perhaps"),
    ],
)
def test_a_malformed_value_is_one_sentence_too(name, value):
    done = manage("check", **{name: value})
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert name in done.stderr


def test_values_that_contradict_each_other_are_one_sentence_too():
    done = manage("check", MAIL_LEDGER="/var/log/postfix.log", MAIL_AT_MOST_ONCE="yes")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "so take MAIL_AT_MOST_ONCE away" in done.stderr


def test_the_relays_log_is_a_path_and_at_most_once_a_yes_or_no():
    assert shown("MAIL_LEDGER", MAIL_LEDGER=" /var/log/postfix.log ") == "/var/log/postfix.log"
    assert shown("MAIL_LEDGER", MAIL_LEDGER="") == "None"
    assert shown("MAIL_AT_MOST_ONCE", MAIL_AT_MOST_ONCE="yes") == "True"
    assert shown("MAIL_AT_MOST_ONCE", MAIL_AT_MOST_ONCE="") == "False"


def test_production_settings_pass_djangos_own_checks():
    done = manage("check", "--deploy", "--fail-level", "WARNING", SECRET_KEY="0123456789abcdefghijklmnopqrstuvwxyz" * 2)
    assert (done.returncode, done.stderr) == (0, "")
    assert settings.SILENCED_SYSTEM_CHECKS == ["ckeditor.W001"]


@pytest.mark.parametrize(
    ("changes", "identity", "hint"),
    [
        ({"SITE_URL": "http://bulletin.example.org"}, "publication.E001", "Give its https address"),
        ({"SMTP_COMMAND_SECONDS": "5", "EMAIL_URL": RELAY}, "mailings.E001", "Leave it out, or give at least 60"),
        ({"LEASE_RENEWAL_SECONDS": "30", "EMAIL_URL": RELAY}, "mailings.E002", "at most a third of LEASE_SECONDS"),
        ({"EMAIL_URL": "smtp://me:secret@relay.example.org"}, "mailings.E003", "Begin it with submission://"),
    ],
)
@pytest.mark.parametrize(
    "command",
    [["manage.py", "check"], ["-m", "gunicorn", "config.wsgi", "--bind", "127.0.0.1:0"]],
    ids=["manage", "web"],
)
def test_a_value_that_does_harm_ends_every_process_with_its_mend(changes, identity, hint, command):
    env = {**os.environ, **changes}
    done = subprocess.run(
        [sys.executable, *command], cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    assert f"({identity})" in done.stderr
    assert hint in done.stderr


def test_a_time_out_that_is_given_elsewhere_shortens_nothing():
    done = shown("EMAIL_TIMEOUT", EMAIL_URL=f"{RELAY}?timeout=5", EMAIL_TIMEOUT="5")
    assert done == "60"


@pytest.mark.parametrize(
    ("url", "port", "starttls", "tls"),
    [
        ("submission://me:secret@relay.example.org", 587, True, False),
        ("smtps://me:secret@relay.example.org", 465, False, True),
        ("submissions://me:secret@relay.example.org:2465", 2465, False, True),
        ("smtp://relay.example.org", 25, False, False),
    ],
)
def test_the_relays_address_says_how_tls_begins(monkeypatch, url, port, starttls, tls):
    monkeypatch.setenv("EMAIL_URL", url)
    given = mail_relay("EMAIL_URL")
    assert (given["EMAIL_PORT"], given["EMAIL_USE_TLS"], given["EMAIL_USE_SSL"]) == (port, starttls, tls)
    assert given["EMAIL_HOST"] == "relay.example.org"


@pytest.mark.parametrize(
    ("host", "changes", "errors"),
    [
        ("relay.example.org", {}, 1),
        ("relay.example.org", {"EMAIL_USE_TLS": True}, 0),
        ("relay.example.org", {"EMAIL_USE_SSL": True}, 0),
        ("relay.example.org", {"EMAIL_HOST_USER": None}, 0),
        ("127.0.0.1", {}, 0),
        ("localhost", {}, 0),
    ],
)
def test_a_password_leaves_this_machine_encrypted_only(host, changes, errors):
    with override_settings(EMAIL_HOST=host, **{"EMAIL_HOST_USER": "me", **changes}):
        assert [error.id for error in password_is_encrypted(None)] == ["mailings.E003"] * errors


@pytest.mark.parametrize("zone", ["Europe/Londn", "Pacific/Auckland"])
def test_the_machines_own_time_zone_is_no_matter(zone):
    assert shown("TIME_ZONE", TZ=zone) == "Europe/London"


def test_proxies_are_addresses_and_networks():
    assert (
        shown("TRUSTED_PROXIES", TRUSTED_PROXIES="10.0.0.0/8,::1")
        == "[IPv4Network('10.0.0.0/8'), IPv6Network('::1/128')]"
    )
    assert shown("TRUSTED_PROXIES") == "[]"


def test_preloading_https_can_be_ruled_out():
    assert shown("SECURE_HSTS_PRELOAD", HSTS_PRELOAD="no") == "False"


@pytest.mark.parametrize("name", ["SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "SECURE_HSTS_PRELOAD"])
def test_an_http_site_is_not_forced_to_https(name):
    assert shown(name, SITE_URL="http://127.0.0.1:8000") == "False"


def test_short_times_are_refused_against_a_real_relay(settings):
    settings.EMAIL_HOST = "relay.example.org"
    assert times_are_long_enough(None) == []
    settings.SMTP_FINAL_REPLY_SECONDS = 30
    (error,) = times_are_long_enough(None)
    assert "SMTP_FINAL_REPLY_SECONDS is 30" in error.msg


def test_short_times_are_allowed_on_loopback(settings):
    settings.EMAIL_HOST = "127.0.0.1"
    settings.LEASE_SECONDS = 1
    assert times_are_long_enough(None) == []


def test_a_lease_outlives_three_renewals(settings):
    settings.EMAIL_HOST = "relay.example.org"
    settings.LEASE_RENEWAL_SECONDS = 30
    (error,) = times_are_long_enough(None)
    assert error.id == "mailings.E002"
