"""The one log of what staff did: Django's own, in which the admin writes every save by itself."""

import datetime
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import timezone


def record(by: Any, about: Model, sentence: str, at: datetime.datetime | None = None, name: str = "") -> None:
    """Write down that a member of staff did something: in the log, and in the history of what it was done to.

    The sentence says what was done, and holds no secret. `at` is when, if not now; `name` is what the object is called
    in the log, if not what it calls itself.
    """
    LogEntry.objects.create(
        action_time=at or timezone.now(),
        user_id=by.pk,
        content_type=ContentType.objects.get_for_model(about, for_concrete_model=False),
        object_id=str(about.pk),
        object_repr=(name or str(about))[:200],
        action_flag=CHANGE,
        change_message=sentence,
    )
