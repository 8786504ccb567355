"""Wake the workers after an act at the desk."""

from celery import Task
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from kombu.exceptions import OperationalError


def wake(request: HttpRequest, task: Task) -> None:
    """Let a task look at once; without a broker the clock looks at its next tick."""
    try:
        task.apply_async(retry=False, expires=settings.NUDGE_SECONDS)
    except (OperationalError, OSError):
        words = "The workers could not be woken, for the broker (REDIS_URL) is away: they begin when they look next."
        messages.warning(request, words)
