"""What a demo starts with: an invented organisation, its issues and readers, and an issue about to go out."""

import datetime

from bulletins.models import PublicationDay, SectionKind, StandingSection
from demo.issues import make_archive, make_draft, make_due_issue
from demo.parents import make_for_parents
from demo.people import make_people
from demo.staff import make_staff
from publication.models import PlatformLink, Publication

STANDING = {
    "In the news": SectionKind.NEWS,
    "Resources for parents": SectionKind.PARENTAL_RESOURCES,
    "Training": SectionKind.TRAINING,
    "Podcast": SectionKind.PODCASTS,
    "Webinars": SectionKind.WEBINARS,
    "Example Learning news": SectionKind.ORGANISATION_NEWS,
}


def seed(at: datetime.datetime) -> None:
    """Fill what is empty, and see to it that an issue is about to go out; running it again adds nothing else."""
    staff = make_staff()
    make_publication()
    PublicationDay.objects.ensure(at)
    make_for_parents(at)
    make_people(at)
    make_archive(staff, at)
    make_due_issue(staff, at)
    make_draft(staff, at)


def make_publication() -> None:
    """Make the publication, its platforms and the sections that a new issue starts with."""
    if Publication.objects.exists():
        return
    words = Publication.objects.create(
        name="First Wednesday",
        strapline="Safeguarding news for schools, by email on the first Wednesday of the month",
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
    for position, (heading, kind) in enumerate(STANDING.items(), 1):
        StandingSection.objects.create(kind=kind, heading=heading, position=position)
