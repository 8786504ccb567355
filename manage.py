#!/usr/bin/env python3
"""Django's command line. While a demo of this checkout runs, it works on that demo's services."""

import os
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from config.running import environment_of_running

RUNNING = Path(__file__).resolve().parent / "var" / "demo" / "env"


def main() -> None:
    """Run a management command; bad settings end it with one sentence and status 1."""
    if not os.environ.get("DATABASE_URL"):
        os.environ.update(environment_of_running(RUNNING))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as fault:
        sys.exit(str(fault))


if __name__ == "__main__":
    main()
