"""All that the doctor looks at, in the order in which one thing needs the other."""

import datetime
from collections.abc import Iterator
from email.utils import parseaddr

from django.conf import settings
from django.core.checks import run_checks

from mailings.doctor import database, domain, relay, sending, workers
from mailings.doctor.findings import Finding, attention, ok, wrong
from mailings.doctor.lookup import Lookup
from publication.letters import sender_of
from publication.models import Publication


def examine(at: datetime.datetime, lookup: Lookup | None, selector: str) -> Iterator[Finding]:
    """Look at everything; without a lookup, nothing is asked of the DNS."""
    yield from look_at_settings()
    yield from database.look_at_database()
    yield from workers.look_at_broker()
    yield from relay.look_at_relay()
    if database.fault():
        yield attention("The rest was not looked at, for it needs the database.", "Mend that first.")
        return
    yield workers.look_at_clock(at)
    yield sending.look_at_sender()
    yield sending.look_at_ledger(at)
    yield sending.look_at_staff()
    yield sending.look_at_rate()
    yield from sending.look_at_mailings()
    yield from sending.look_at_days(at)
    yield from look_at_names(lookup, selector)


def look_at_settings() -> Iterator[Finding]:
    """Say what Django's own checks, and ours among them, find in the settings."""
    # A demonstration is not deployed.
    checks = run_checks(include_deployment_checks=not settings.DEMO)
    found = [message for message in checks if not message.is_silenced()]
    for message in found:
        say = wrong if message.is_serious() else attention
        yield say(f"{message.msg} ({message.id})", message.hint or "")
    if not found:
        yield ok("The settings pass their checks.")


def look_at_names(lookup: Lookup | None, selector: str) -> Iterator[Finding]:
    """Look at the domain of the sender's address in the DNS."""
    address = parseaddr(sender_of(Publication.objects.current()))[1]
    name = address.rpartition("@")[2]
    if lookup is None:
        yield attention(f"The DNS was not asked about {name} (--offline).", "Run it once without.")
        return
    yield from domain.look_at_domain(lookup, name, selector, settings.EMAIL_HOST)
