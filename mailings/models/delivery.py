"""One row a reader that says what became of their letter."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Left
from django.db.models.lookups import Exact, In, IsNull

from mailings.models.mailing import Mailing, MailingAct
from subscribers.models import Subscriber

# Every step that a letter may make.
STEPS = (
    ("queued", "claimed"),
    ("queued", "skipped"),
    ("claimed", "on_wire"),
    ("claimed", "skipped"),
    ("claimed", "failed"),
    ("claimed", "queued"),
    ("on_wire", "sent"),
    ("on_wire", "failed"),
    ("on_wire", "unknown"),
    ("on_wire", "queued"),
    ("unknown", "sent"),
    ("unknown", "queued"),
    ("unknown", "abandoned"),
    ("failed", "queued"),
    ("abandoned", "queued"),
    ("skipped", "queued"),
)
LEGAL = ",".join(f"{before}:{after}" for before, after in STEPS)


def address_key() -> Cast:
    """Return the first 128 bits of an address's hash, by which a mailing's letter to it is found in an index.

    An index of the whole text would be twice as large and, in a mailing to a million, the slowest part of opening it.
    """
    return Cast(Left("address_hash", 32), models.UUIDField())


class Delivery(models.Model):
    """One letter to one reader. PostgreSQL owns its state; `mailings.ledger` makes every step.

    Each step of a letter writes an entry into every index, so there are few; the constraints' own serve the foreign
    keys. The triggers come after a step, for one that comes before locks the row first, and those that guard a column
    look only where it is written.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "queued"
        CLAIMED = "claimed", "claimed by a worker"
        ON_WIRE = "on_wire", "on the wire"
        SENT = "sent", "sent"
        FAILED = "failed", "failed"
        UNKNOWN = "unknown", "unknown: the connection broke before the answer"
        SKIPPED = "skipped", "skipped"
        ABANDONED = "abandoned", "abandoned: perhaps delivered"

    mailing = models.ForeignKey(Mailing, models.PROTECT, related_name="deliveries", db_index=False)
    subscriber = models.ForeignKey(Subscriber, models.SET_NULL, null=True, related_name="deliveries", db_index=False)
    address_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    owner = models.UUIDField(null=True, help_text="The worker start that holds it.")
    lease_until = models.DateTimeField(null=True)
    on_wire_at = models.DateTimeField(null=True)
    relay = models.CharField(
        max_length=200, blank=True, db_default="", help_text="The relay it was last given to: its log may tell of it."
    )
    unknown_retried = models.BooleanField(default=False)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    smtp_code = models.SmallIntegerField(null=True)
    smtp_text = models.CharField(max_length=500, blank=True)
    message_id = models.CharField(
        max_length=200, help_text="Made of the mailing's number and the address's hash, and so as unique as they are."
    )
    act = models.ForeignKey(
        MailingAct,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="The act that queued it again.",
    )

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["mailing", "not_before"], condition=Q(state="queued"), name="delivery_queued"),
            models.Index(
                fields=["mailing", "lease_until"],
                condition=Q(state__in=["claimed", "on_wire"]),
                name="delivery_leased",
            ),
            models.Index(fields=["message_id"], condition=Q(state="unknown"), name="delivery_unknown"),
            models.Index(fields=["mailing", "sent_at"], condition=Q(state="sent"), name="delivery_sent"),
            models.Index(fields=["mailing", "failed_at"], condition=Q(state="failed"), name="delivery_failed"),
            models.Index(
                fields=["mailing", "state"], condition=Q(state__in=["skipped", "abandoned"]), name="delivery_unsent"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "mailing"], name="delivery_once_a_subscriber"),
            models.UniqueConstraint(F("mailing"), address_key(), name="delivery_once_an_address"),
            # PostgreSQL reads these anew for each statement, so they are short. A state that there is not is refused by
            # the triggers: a letter begins as queued, and makes only the steps there are.
            models.CheckConstraint(
                condition=Exact(In(F("state"), ["claimed", "on_wire"]), IsNull(F("owner"), False))
                & Exact(IsNull(F("owner"), True), IsNull(F("lease_until"), True)),
                name="delivery_lease_while_held",
            ),
            models.CheckConstraint(
                condition=IsNull(F("on_wire_at"), False) | ~Q(state__in=["on_wire", "unknown"]),
                name="delivery_on_wire_has_its_moment",
            ),
            models.CheckConstraint(
                condition=Exact(Exact(F("state"), "sent"), IsNull(F("sent_at"), False)),
                name="delivery_sent_has_its_moment",
            ),
            models.CheckConstraint(
                condition=Exact(Exact(F("state"), "failed"), IsNull(F("failed_at"), False)),
                name="delivery_failed_has_its_moment",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="delivery_starts_queued",
                operation=pgtrigger.Insert,
                condition=~pgtrigger.Q(new__state="queued"),
            ),
            pgtrigger.Trigger(
                name="delivery_transitions",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.state IS DISTINCT FROM NEW.state"
                    f" AND (OLD.state || ':' || NEW.state) <> ALL ('{{{LEGAL}}}'::text[])"
                ),
                func="RAISE EXCEPTION 'Invalid transition of a letter from % to %', OLD.state, NEW.state;",
            ),
            pgtrigger.Trigger(
                name="delivery_revived_by_an_act",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.state IN ('failed', 'abandoned', 'skipped') AND NEW.state = 'queued'"
                ),
                func="""
                    IF NEW.act_id IS NOT DISTINCT FROM OLD.act_id OR NOT EXISTS (
                        SELECT 1 FROM mailings_mailingact
                         WHERE id = NEW.act_id AND mailing_id = NEW.mailing_id
                           AND act = CASE OLD.state WHEN 'skipped' THEN 'missed' ELSE 'retry' END
                    ) THEN
                        RAISE EXCEPTION 'only a new recorded act of a person queues this letter again';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(
                name="delivery_stays_what_it_is",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("mailing_id", "address_hash", "message_id"),
                condition=pgtrigger.AnyChange("mailing", "address_hash", "message_id"),
            ),
            # Erasing a person empties the column; nobody else's letter may it ever become.
            pgtrigger.Protect(
                name="delivery_stays_its_readers",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("subscriber_id"),
                condition=pgtrigger.Condition(
                    "NEW.subscriber_id IS NOT NULL AND NEW.subscriber_id IS DISTINCT FROM OLD.subscriber_id"
                ),
            ),
            pgtrigger.Protect(name="delivery_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.message_id


class DeliveryEvent(models.Model):
    """A bounce or a complaint about a letter: appended, never changed, and never a change of its state."""

    class Kind(models.TextChoices):
        BOUNCE = "bounce", "bounce"
        COMPLAINT = "complaint", "complaint"

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    source_event_id = models.CharField(max_length=200, unique=True)
    at = models.DateTimeField()
    raw = models.TextField(blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["bounce", "complaint"]), name="delivery_event_kind_known")
        ]
        triggers = [pgtrigger.Protect(name="delivery_event_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.kind} of {self.delivery_id}"
