"""Commands that cron runs, while the database is away: a sentence each, for cron mails whatever they print."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

AWAY = "postgresql://nobody@127.0.0.1:1/none"


@pytest.mark.parametrize(
    "words", [["tick"], ["claim_sender", "--by", "grace", "--why", "moved"]], ids=["tick", "claim_sender"]
)
def test_it_says_so_in_a_sentence(words):
    ran = subprocess.run(
        [sys.executable, "manage.py", *words],
        env={**os.environ, "DATABASE_URL": AWAY},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("CommandError: The database cannot be reached: ")
    assert "Look at DATABASE_URL." in ran.stderr
    assert ran.stderr.count("\n") == 1
