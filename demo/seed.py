"""What a demo starts with: an invented organisation, its issues and readers, and an issue about to go out."""

import datetime
import tomllib
from pathlib import Path

from django.contrib.auth.models import Group, Permission, User
from django.db import transaction

from bulletins.approval import approve
from bulletins.importing.plain_text import parse
from bulletins.importing.reading import digest, read
from bulletins.importing.storing import Source, store, store_sections
from bulletins.models import Author, Bulletin, PublicationDay, SectionKind, StandingSection
from bulletins.schedule import first_of_month, london_date
from mailings.opening import GRACE
from publication.models import PlatformLink, Publication
from resources.models import Resource
from subscribers import wording
from subscribers.addresses import address_hash
from subscribers.models import ConsentEvent, Subscriber, Suppression

CONTENT = Path(__file__).parent / "content"
ARCHIVE = ("september-2025.txt", "december-2025.txt", "march-2026.txt")
DUE_AFTER = datetime.timedelta(seconds=20)
DOMAINS = ("example.org", "example.com", "example.net")
# 1,200 people, exactly 1,000 of them active.
PEOPLE = {"active": 1000, "pending": 120, "unsubscribed": 60, "bounced": 15, "complained": 5}
EVENTS_OF = {
    "pending": ["asked"],
    "unsubscribed": ["asked", "confirmed", "unsubscribed"],
}
SUPPRESSED = {"unsubscribed": "unsubscribed", "bounced": "hard bounce", "complained": "complaint"}
EDITING = ("bulletin", "section", "newsitem", "event", "author", "topic", "resource", "standingsection")
ROLES = {"editor": False, "approver": False, "administrator": True}


def seed(at: datetime.datetime) -> None:
    """Fill what is empty, and see to it that an issue is about to go out; running it again adds nothing else."""
    staff = {name: make_login(name, is_superuser) for name, is_superuser in ROLES.items()}
    make_publication()
    PublicationDay.objects.ensure(at)
    make_resources()
    make_people(at)
    for name in ARCHIVE:
        text = read(CONTENT / name)
        store(parse(text), Source(name, digest(text)), staff["approver"], at)
    make_due_issue(staff, at)


def make_login(name: str, is_superuser: bool) -> User:
    """Make a member of staff whose password is its name and `-demo`."""
    user, new = User.objects.get_or_create(
        username=name,
        defaults={"email": f"{name}@example.org", "is_staff": True, "is_superuser": is_superuser},
    )
    if new:
        user.set_password(f"{name}-demo")
        user.save()
    if not is_superuser:
        user.groups.add(make_group(name))
    return user


def make_group(name: str) -> Group:
    """Make the group of editors, or of approvers, who may also approve."""
    group, _ = Group.objects.get_or_create(name=name)
    codes = [f"{verb}_{model}" for verb in ("add", "change", "delete", "view") for model in EDITING]
    codes += ["view_publication", "view_publicationday", "change_publicationday", "view_mailing"]
    if name == "approver":
        codes.append("approve_bulletin")
    group.permissions.set(Permission.objects.filter(codename__in=codes))
    return group


def make_publication() -> None:
    """Make the publication, its platforms and the sections that a new issue starts with."""
    if Publication.objects.exists():
        return
    words = Publication.objects.create(
        name="First Wednesday",
        strapline="Example safeguarding news for schools, by email on the first Wednesday of the month.",
        organisation="Example Learning",
        postal_address="1 Example Street, Exampleton EX1 1EX",
        sender_name="First Wednesday",
        sender_address="bulletin@example.org",
        feedback_address="editors@example.org",
        share_words="<p>Please share this bulletin with anyone who looks after children.</p>",
        subscribe_words='<p>Were you sent this? <a href="/subscribe/">Subscribe to First Wednesday</a>.</p>',
        link_words='<p>Schools are welcome to <a href="/parental-resources/link-to-us/">link to our '
        "resources for parents</a>.</p>",
    )
    PlatformLink.objects.create(
        publication=words, kind="podcast", label="Example podcast", url="https://podcast.example.org/"
    )
    kinds = [SectionKind.NEWS, SectionKind.ORGANISATION_NEWS, SectionKind.TRAINING, SectionKind.WEBINARS]
    headings = ["In the news", "Example Learning news", "Training", "Webinars"]
    for position, (kind, heading) in enumerate(zip(kinds, headings, strict=True), 1):
        StandingSection.objects.create(kind=kind, heading=heading, position=position)


def make_resources() -> None:
    """Make the resources for parents."""
    found = tomllib.loads((CONTENT / "resources.toml").read_text(encoding="utf-8"))["resource"]
    for position, fields in enumerate(found, 1):
        Resource.objects.get_or_create(slug=fields["slug"], defaults={**fields, "position": position})


@transaction.atomic
def make_people(at: datetime.datetime) -> None:
    """Make the readers, at addresses reserved for examples (RFC 2606), with their consent."""
    if Subscriber.objects.exists():
        return
    joined = at - datetime.timedelta(days=30)
    states = [status for status, number in PEOPLE.items() for _ in range(number)]
    people = [make_person(number, status, joined) for number, status in enumerate(states, 1)]
    Subscriber.objects.bulk_create(people)
    Suppression.objects.bulk_create(
        Suppression(address_hash=person.address_hash, reason=SUPPRESSED[person.status], at=joined)
        for person in people
        if person.status in SUPPRESSED
    )
    ConsentEvent.objects.bulk_create(event for person in people for event in consent_of(person, joined))


def make_person(number: int, status: str, at: datetime.datetime) -> Subscriber:
    """Return one person, not saved yet."""
    address = f"reader-{number:04}@{DOMAINS[number % len(DOMAINS)]}"
    return Subscriber(address=address, address_hash=address_hash(address), status=status, created_at=at)


def consent_of(person: Subscriber, at: datetime.datetime) -> list[ConsentEvent]:
    """Return what a person of the demo agreed to, a minute apart."""
    whats = EVENTS_OF.get(person.status, ["asked", "confirmed"])
    return [
        ConsentEvent(
            subscriber=person,
            what=what,
            at=at + datetime.timedelta(minutes=minute),
            wording=wording.sign_up("First Wednesday"),
            source="demo data",
        )
        for minute, what in enumerate(whats)
    ]


@transaction.atomic
def make_due_issue(staff: dict[str, User], at: datetime.datetime) -> None:
    """Make an issue that falls due in some seconds, unless one is still waiting inside its grace."""
    waiting = Bulletin.objects.for_subscribers().filter(status="approved", publish_at__gt=at - GRACE)
    if waiting.exclude(mailings__state="finished").exists():
        return
    parsed = parse(read(CONTENT / "due.txt"))
    month = first_of_month(london_date(at))
    bulletin = Bulletin.objects.create(
        month=month,
        title=f"First Wednesday {month:%B %Y}",
        author=Author.objects.get(name=parsed.author),
        summary="The issue that your demo mails a few seconds after its start.",
        intro=parsed.intro,
        sign_off=parsed.sign_off,
        publish_at=at + DUE_AFTER,
        publish_reason="due at the start of the demo",
        last_edited_by=staff["editor"],
    )
    store_sections(bulletin, parsed)
    approve(bulletin, staff["approver"], at)
