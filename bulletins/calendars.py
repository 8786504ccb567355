"""Days for a reader's own calendar (iCalendar, RFC 5545): the publication days to subscribe to, and single events.

Times are in UTC, which every program shows in its owner's zone. No stamp is of now: the same rows give the same file.
"""

import datetime
from collections.abc import Iterable

import icalendar
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bulletins.addresses import whole
from bulletins.archive import ever_published
from bulletins.freshness import fresh
from bulletins.models import Bulletin, Event, PublicationDay
from bulletins.schedule import instant, london_date
from bulletins.views import gone
from publication.models import Publication
from publication.richtext import plain_line

PAST = datetime.timedelta(days=366)
ASK_AGAIN = datetime.timedelta(days=1)
# The clock makes each day's row thirteen months ahead: until somebody moves it, it stands as it was made then.
KNOWN_BEFORE = datetime.timedelta(days=396)
CONTENT_TYPE = "text/calendar; charset=utf-8"

Change = tuple[int, datetime.datetime]


@require_safe
@fresh
def publication_days(request: HttpRequest) -> HttpResponse:
    """Give the publication days as a calendar to subscribe to."""
    at, words = timezone.now(), Publication.objects.current()
    calendar = new_calendar(plain_line(f"{words.name}: publication days"))
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", icalendar.vDuration(ASK_AGAIN))
    for day in publication_entries(at, words):
        calendar.add_component(day)
    return HttpResponse(calendar.to_ical(), content_type=CONTENT_TYPE)


@require_safe
@fresh
def event(request: HttpRequest, year: int, slug: str, key: int) -> HttpResponse:
    """Give one event of an issue, to be added to a calendar."""
    bulletin = get_object_or_404(ever_published(year, slug, timezone.now()))
    if bulletin.status == Bulletin.Status.WITHDRAWN:
        return gone(request, bulletin)
    found = get_object_or_404(Event, bulletin=bulletin, pk=key)
    calendar = new_calendar(plain_line(found.title))
    calendar.add_component(event_entry(found, bulletin))
    headers = {"Content-Disposition": f'attachment; filename="event-{found.pk}.ics"'}
    return HttpResponse(calendar.to_ical(), content_type=CONTENT_TYPE, headers=headers)


def new_calendar(name: str) -> icalendar.Calendar:
    """Return an empty calendar; the second name is the one that older programs know."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//First Wednesday//EN")
    calendar.add("version", "2.0")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    return calendar


def publication_entries(at: datetime.datetime, words: Publication) -> Iterable[icalendar.Event]:
    """Yield the days of the last year and the coming ones: three queries and the names of two tables."""
    days = list(PublicationDay.objects.filter(date__gte=london_date(at - PAST)).order_by("date"))
    issues = Bulletin.objects.published(at).for_subscribers().filter(month__in=[day.month for day in days])
    out = {bulletin.month: bulletin for bulletin in issues.newest_first()}
    moved = changes_of(days)
    for day in days:
        yield publication_entry(day, out.get(day.month), moved.get(str(day.pk)), words)


def publication_entry(
    day: PublicationDay, bulletin: Bulletin | None, change: Change | None, words: Publication
) -> icalendar.Event:
    """Return a publication day: its issue once that is out, cancelled where the day is skipped."""
    skipped = day.state == PublicationDay.State.SKIPPED and bulletin is None
    number, changed = change or (int(bool(day.reason)), known_since(day))
    entry = new_entry(f"publication-day-{day.month:%Y-%m}", number, changed)
    entry.add("dtstart", bulletin.publish_at if bulletin else instant(day.date, words.publication_hour))
    entry.add("summary", plain_line(title_of(day, bulletin, words) if not skipped else f"No issue: {words.name}"))
    entry.add("description", plain_line(bulletin.summary) if bulletin else "The day on which the next issue comes.")
    address = bulletin.get_absolute_url() if bulletin else reverse("bulletins:home")
    entry.add("url", whole(address))
    entry.add("status", "CANCELLED" if skipped else "CONFIRMED")
    # Nobody is busy because an issue comes.
    entry.add("transp", "TRANSPARENT")
    return entry


def title_of(day: PublicationDay, bulletin: Bulletin | None, words: Publication) -> str:
    """Return what an issue's day is called: by its issue, or by its month while that is not out."""
    return f"{words.name}: {bulletin.title if bulletin else f'the issue of {day.month:%B %Y}'}"


def changes_of(days: list[PublicationDay]) -> dict[str, Change]:
    """Return how often staff changed each day, and when last, by its key: the log has it, and is kept for good."""
    lines = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(PublicationDay),
        object_id__in=[str(day.pk) for day in days],
        action_flag=CHANGE,
    )
    counted = lines.order_by().values("object_id").annotate(number=Count("pk"), last=Max("action_time"))
    return {line["object_id"]: (line["number"], line["last"]) for line in counted}


def known_since(day: PublicationDay) -> datetime.datetime:
    """Return when a day that nobody changed was made."""
    return instant(day.month - KNOWN_BEFORE, datetime.time(0))


def event_entry(event: Event, bulletin: Bulletin) -> icalendar.Event:
    """Return an event of an issue; its history says how often it was changed."""
    kept = event.history.aggregate(number=Count("pk"), last=Max("history_date"))
    entry = new_entry(
        f"event-{event.pk}", max(kept["number"] - 1, 0), kept["last"] or bulletin.publish_at or event.start
    )
    issue = whole(bulletin.get_absolute_url())
    entry.add("dtstart", event.start.astimezone(datetime.UTC))
    if event.end:
        entry.add("dtend", event.end.astimezone(datetime.UTC))
    entry.add("summary", plain_line(event.title))
    details = [f"Details and booking: {event.link}"] if event.link else []
    entry.add("description", "\n".join([*details, f"From {plain_line(bulletin.title)}: {issue}"]))
    entry.add("url", event.link or issue)
    entry.add("status", "CONFIRMED")
    return entry


def new_entry(name: str, number: int, changed: datetime.datetime) -> icalendar.Event:
    """Return an entry that is called the same for ever, was changed so many times, and last at an instant."""
    entry = icalendar.Event()
    entry.add("uid", f"{name}@{settings.MAIL_DOMAIN}")
    changed = changed.astimezone(datetime.UTC).replace(microsecond=0)
    entry.add("dtstamp", changed)
    entry.add("last-modified", changed)
    entry.add("sequence", number)
    return entry
