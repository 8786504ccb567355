"""`manage.py next_dates`: the coming publication days."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from bulletins.bank_holidays import bank_holiday
from bulletins.models import PublicationDay


class Command(BaseCommand):
    help = "Print the coming publication days, in London and in UTC."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        PublicationDay.objects.ensure(now)
        for day in PublicationDay.objects.upcoming(now):
            hour = day.publish_at()
            local = f"{timezone.localtime(hour):%H:%M} Europe/London"
            notes = [note for note in (day.state, day.reason) if note and note != "open"]
            words = ", ".join(filter(None, [str(day), bank_holiday(day.date)]))
            self.stdout.write(f"{words}, {local} = {hour:%Y-%m-%d %H:%M} UTC{''.join(f' ({n})' for n in notes)}")
