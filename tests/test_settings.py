import os
import subprocess
import sys

import pytest
from django.conf import settings

from mailings.checks import times_are_long_enough

NEEDED = ["DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SITE_URL", "SECRET_KEY", "SUPPRESSION_KEY"]


def manage(*words: str, **changes: str) -> subprocess.CompletedProcess:
    """Run manage.py with changes to the environment; an empty value takes a name away."""
    env = {**os.environ, **changes}
    env = {name: value for name, value in env.items() if value}
    return subprocess.run(
        [sys.executable, "manage.py", *words], cwd=settings.BASE_DIR, env=env, capture_output=True, text=True
    )


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
        ("DATABASE_URL", "sqlite:///nowhere.db"),
        ("DATABASE_URL", "nonsense"),
    ],
)
def test_a_malformed_value_is_one_sentence_too(name, value):
    done = manage("check", **{name: value})
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert name in done.stderr


def test_production_settings_pass_djangos_own_checks():
    done = manage("check", "--deploy", "--fail-level", "WARNING", SECRET_KEY="0123456789abcdefghijklmnopqrstuvwxyz" * 2)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_http_site_is_not_forced_to_https(settings):
    done = manage(
        "shell",
        "-c",
        "from django.conf import settings; print(settings.SECURE_SSL_REDIRECT)",
        SITE_URL="http://127.0.0.1:8000",
    )
    assert done.stdout.strip().endswith("False")


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
