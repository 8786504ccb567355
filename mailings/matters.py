"""What is at hand: issues on their way to readers, and publication days, each with where it stands."""

import datetime
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format

from bulletins.approval import SECOND_PERSON, faults, needs_second_person
from bulletins.models import Approval, Bulletin, PublicationDay
from bulletins.models.bulletin import BulletinQuerySet
from bulletins.schedule import first_of_month, instant, london_date
from mailings.forecast import unmailed
from mailings.models import AlertSent, Mailing
from mailings.opening import GRACE
from mailings.preflight import checklist
from mailings.steps import Matter, Standing
from publication.models import Publication, SenderClaim

# Issues shown at most.
MOST = 4
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True)
class Look:
    """Who looks and when; and what is the same for all issues: who may approve, and whether letters leave from here."""

    user: User
    at: datetime.datetime
    approvers: list[User]
    sends_here: bool


def matters(user: User, at: datetime.datetime) -> list[Matter]:
    """Return what is at hand, the most urgent first; there is always something."""
    look = Look(user, at, approvers(), SenderClaim.objects.is_ours())
    days = {day.month: day for day in PublicationDay.objects.filter(month__gte=first_of_month(london_date(at)))}
    days |= {day.month: day for day in unsettled()}
    issues = [of_issue(issue, None if issue.special else days.get(issue.month), look) for issue in at_hand(at, days)]
    written = {matter.month for matter in issues if not matter.special}
    bare = [of_day(day) for day in unsettled() if day.month not in written]
    coming = coming_day(at)
    if coming is None:
        bare.append(Matter(Standing.NO_DAY))
    elif coming.month not in written:
        bare.append(Matter(Standing.NOT_STARTED, coming.month, coming.publish_at()))
    return sorted([*under_way(), *issues, *bare], key=lambda matter: matter.urgency)


def unsettled() -> list[PublicationDay]:
    """Return the days that wait for a person: held or missed, and nothing of their month mailed."""
    waiting = [PublicationDay.State.HELD, PublicationDay.State.MISSED]
    return list(unmailed(PublicationDay.objects.filter(state__in=waiting)).order_by("-date"))


def coming_day(at: datetime.datetime) -> PublicationDay | None:
    """Return the next day that is on and whose issue is not mailed yet."""
    hour = Publication.objects.current().publication_hour
    days = unmailed(PublicationDay.objects.upcoming(at).exclude(state=PublicationDay.State.SKIPPED))
    return next((day for day in days if instant(day.date, hour) > at), None)


def skipped_before(day: PublicationDay | None, at: datetime.datetime) -> list[PublicationDay]:
    """Return the days that are skipped between now and a day; without one, all that are to come."""
    skipped = PublicationDay.objects.upcoming(at).filter(state=PublicationDay.State.SKIPPED)
    return list(skipped.filter(date__lt=day.date) if day else skipped)


def at_hand(at: datetime.datetime, days: dict[datetime.date, PublicationDay]) -> BulletinQuerySet:
    """Return the issues for subscribers that are not mailed and whose time is not over."""
    under_way = Mailing.objects.filter(bulletin=OuterRef("pk"), number=0)
    issues = Bulletin.objects.for_subscribers().exclude(status=Bulletin.Status.WITHDRAWN).filter(~Exists(under_way))
    near = Q(month__in=list(days)) | Q(month__gte=first_of_month(london_date(at))) | Q(publish_at__gt=at - GRACE)
    return (
        issues.filter(near).with_parts().select_related("author", "last_edited_by").order_by("publish_at", "pk")[:MOST]
    )


def under_way() -> list[Matter]:
    """Return the mailings under way, or paused; how one went that is over stands below, in its report."""
    states = [Mailing.State.SENDING, Mailing.State.PAUSED]
    mailings = Mailing.objects.filter(state__in=states).select_related("bulletin").order_by("-started_at")
    return [
        Matter(
            Standing(one.state),
            one.bulletin.month,
            one.started_at,
            issue=one.bulletin_id,
            title=one.called,
            mailing=one.pk,
            is_approved=True,
        )
        for one in mailings.defer("headers", "html", "text")
    ]


def of_day(day: PublicationDay) -> Matter:
    """Return the matter of a day that is held or missed and has no issue."""
    return Matter(Standing(day.state), day.month, day.publish_at(), told=told(day))


def of_issue(issue: Bulletin, day: PublicationDay | None, look: Look) -> Matter:
    """Return the matter of an issue that is not mailed yet."""
    standing = standing_of(issue, day, look.at)
    is_approved = issue.status == Bulletin.Status.APPROVED
    last = issue.last_edited_by if needs_second_person(issue) else None
    hour = issue.publish_at or (day.publish_at() if day and day.state != PublicationDay.State.SKIPPED else None)
    return Matter(
        standing,
        issue.month,
        hour,
        issue=issue.pk,
        title=issue.title,
        special=issue.special,
        is_approved=is_approved,
        unready=() if is_approved else tuple(one for one in faults(issue, look.user) if one != SECOND_PERSON),
        unclean="" if is_approved else checklist(issue, look.at).unclean,
        last_editor=name_of(issue.last_edited_by) if issue.last_edited_by else "",
        barred=last.username if last else "",
        approvers=tuple(name_of(one) for one in look.approvers if one != last),
        sends_here=look.sends_here,
        history=history(issue.approvals.select_related("by").first()),
        told=told(day) if day and standing in (Standing.HELD, Standing.MISSED) else "",
    )


def standing_of(issue: Bulletin, day: PublicationDay | None, at: datetime.datetime) -> Standing:
    """Tell where an issue stands that is not mailed yet."""
    state = Standing(day.state) if day and day.state in (Standing.HELD, Standing.MISSED) else None
    if issue.publish_at is None:
        return state or Standing.DRAFT
    if issue.publish_at > at:
        return Standing.DRAFT if issue.status == Bulletin.Status.DRAFT else Standing.APPROVED
    if at >= issue.publish_at + GRACE:
        return Standing.MISSED
    return Standing.HELD if state or issue.status == Bulletin.Status.DRAFT else Standing.DUE


def approvers() -> list[User]:
    """Return who may approve and can sign in, by name."""
    people = User.objects.with_perm("bulletins.approve_bulletin", backend=MODEL_BACKEND)
    return list(people.filter(is_staff=True).order_by("first_name", "last_name", "username"))


def name_of(user: User) -> str:
    """Return what colleagues call somebody."""
    return user.get_full_name() or user.get_username()


def history(approval: Approval | None) -> str:
    """Tell who approved an issue, and why that no longer counts, if it does not."""
    if approval is None:
        return ""
    when = date_format(timezone.localtime(approval.at), "j F, H:i")
    if approval.lapsed_at is None:
        return f"{name_of(approval.by)} approved it on {when}."
    return f"{name_of(approval.by)} had approved it on {when}; that no longer counts: {approval.lapse_reason}."


def told(day: PublicationDay) -> str:
    """Return what staff were told last about a day."""
    alert = AlertSent.objects.filter(day=day).order_by("-raised_at", "-pk").first()
    return alert.words.partition("\n")[0] if alert else ""
