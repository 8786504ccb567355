"""The Celery application: it carries nudges only, PostgreSQL holds every fact."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("first_wednesday")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
