"""The servers of a bench: a PostgreSQL and a Redis of its own, as lasting ones run, and Django on them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.core.management import call_command

from config.services import Services

ENVIRONMENT = {
    "READ_DOT_ENV": "no",
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "EMAIL_URL": "smtp://127.0.0.1:9",
    "SITE_URL": "https://bulletin.example.org",
    "ALLOWED_HOSTS": "bulletin.example.org",
    "SECRET_KEY": "only for the benches: fifty characters and a few more of them",
    "SUPPRESSION_KEY": "only for the benches: never a real key",
}


@contextmanager
def own_servers() -> Iterator[Services]:
    """Run servers of our own inside `with`, with an empty database that has every table."""
    folder = Path(tempfile.mkdtemp(prefix="first-wednesday-bench-"))
    # PostgreSQL runs as an unprivileged user when we are root.
    folder.chmod(0o755)
    try:
        with Services(folder) as services:
            own = {"DATABASE_URL": services.database_url, "REDIS_URL": services.redis_url}
            os.environ.update(ENVIRONMENT, MEDIA_ROOT=str(folder / "media"), **own)
            django.setup()
            call_command("migrate", verbosity=0)
            yield services
    finally:
        shutil.rmtree(folder, ignore_errors=True)
