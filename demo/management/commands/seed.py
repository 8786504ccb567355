"""`manage.py seed`: fill the demo."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from demo.seed import seed


class Command(BaseCommand):
    help = "Fill the demo with an example organisation, and let an issue fall due in some seconds."

    def handle(self, *args: Any, **options: Any) -> None:
        seed(timezone.now())
