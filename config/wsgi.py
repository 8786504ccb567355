"""The WSGI application."""

import os

from django.core.management.base import BaseCommand
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
# As management commands and Celery's workers do: settings that would do harm end the process with the reason.
BaseCommand().check()
