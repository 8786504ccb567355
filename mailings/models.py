"""The saying: one issue's mailing, and one row a reader that says what became of their letter."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bulletins.models import Bulletin, PublicationDay
from subscribers.models import Subscriber


class Mailing(models.Model):
    """One issue, frozen as it was approved, on its way to all its readers."""

    class State(models.TextChoices):
        SENDING = "sending", "sending"
        PAUSED = "paused", "paused"
        CANCELLED = "cancelled", "cancelled"
        FINISHED = "finished", "finished"

    bulletin = models.ForeignKey(Bulletin, models.PROTECT, related_name="mailings")
    number = models.PositiveSmallIntegerField(default=0, help_text="0 is the issue; corrections count from 1.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.SENDING)
    subject = models.CharField(max_length=200)
    headers = models.JSONField(help_text="The header fields that all readers share, in order: [name, value].")
    html = models.TextField()
    text = models.TextField()
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of subject, headers, html and text.")
    planned = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(null=True)
    skipped = models.PositiveIntegerField(null=True)
    failed = models.PositiveIntegerField(null=True)
    abandoned = models.PositiveIntegerField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["bulletin", "number"], name="mailing_once_an_issue"),
            models.CheckConstraint(
                condition=Q(state__in=["sending", "paused", "cancelled", "finished"]), name="mailing_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="finished")
                | Q(
                    planned=F("sent") + F("skipped") + F("failed") + F("abandoned"),
                    finished_at__isnull=False,
                    sent__isnull=False,
                    skipped__isnull=False,
                    failed__isnull=False,
                    abandoned__isnull=False,
                ),
                name="mailing_finished_balances",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="mailing_starts_sending",
                operation=pgtrigger.Insert,
                condition=~pgtrigger.Q(new__state="sending"),
            ),
            pgtrigger.FSM(
                name="mailing_transitions",
                field="state",
                transitions=[
                    ("sending", "paused"),
                    ("sending", "cancelled"),
                    ("sending", "finished"),
                    ("paused", "sending"),
                    ("paused", "cancelled"),
                    ("finished", "sending"),
                ],
            ),
            pgtrigger.Protect(
                name="mailing_stays_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("subject", "headers", "html", "text", "content_hash", "bulletin"),
            ),
            pgtrigger.Protect(name="mailing_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"mailing of {self.bulletin}"


class MailingAct(models.Model):
    """What a named person did to a mailing: appended, never changed."""

    class Act(models.TextChoices):
        SEND_NOW = "send now", "send now"
        PAUSE = "pause", "pause"
        RESUME = "resume", "resume"
        CANCEL = "cancel", "cancel"
        RETRY = "retry", "retry failed"

    mailing = models.ForeignKey(Mailing, models.PROTECT, related_name="acts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    act = models.CharField(max_length=10, choices=Act.choices)
    at = models.DateTimeField()
    why = models.CharField(max_length=300)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(why=""), name="mailing_act_has_reason"),
            models.CheckConstraint(
                condition=Q(act__in=["send now", "pause", "resume", "cancel", "retry"]),
                name="mailing_act_known",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="mailing_act_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.act} by {self.by}"


class Delivery(models.Model):
    """One letter to one reader. PostgreSQL owns its state; `mailings.ledger` makes every step."""

    class State(models.TextChoices):
        QUEUED = "queued", "queued"
        CLAIMED = "claimed", "claimed by a worker"
        ON_WIRE = "on_wire", "on the wire"
        SENT = "sent", "sent"
        FAILED = "failed", "failed"
        UNKNOWN = "unknown", "unknown: the connection broke before the answer"
        SKIPPED = "skipped", "skipped"
        ABANDONED = "abandoned", "abandoned: perhaps delivered"

    mailing = models.ForeignKey(Mailing, models.PROTECT, related_name="deliveries")
    subscriber = models.ForeignKey(Subscriber, models.SET_NULL, null=True, related_name="deliveries")
    address_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    owner = models.UUIDField(null=True, help_text="The worker start that holds it.")
    lease_until = models.DateTimeField(null=True)
    on_wire_at = models.DateTimeField(null=True)
    unknown_retried = models.BooleanField(default=False)
    sent_at = models.DateTimeField(null=True)
    smtp_code = models.SmallIntegerField(null=True)
    smtp_text = models.CharField(max_length=500, blank=True)
    message_id = models.CharField(max_length=200, unique=True)
    act = models.ForeignKey(
        MailingAct, models.PROTECT, null=True, related_name="+", help_text="The act that queued it again."
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
            models.Index(fields=["mailing"], condition=Q(state="unknown"), name="delivery_unknown"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["mailing", "subscriber"], name="delivery_once_a_subscriber"),
            models.UniqueConstraint(fields=["mailing", "address_hash"], name="delivery_once_an_address"),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "queued",
                        "claimed",
                        "on_wire",
                        "sent",
                        "failed",
                        "unknown",
                        "skipped",
                        "abandoned",
                    ]
                ),
                name="delivery_state_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["claimed", "on_wire"], owner__isnull=False, lease_until__isnull=False
                )
                | (
                    ~Q(state__in=["claimed", "on_wire"])
                    & Q(owner__isnull=True, lease_until__isnull=True)
                ),
                name="delivery_lease_while_held",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["on_wire", "unknown"]) | Q(on_wire_at__isnull=False),
                name="delivery_on_wire_has_its_moment",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="delivery_sent_has_its_moment",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="delivery_starts_queued",
                operation=pgtrigger.Insert,
                condition=~pgtrigger.Q(new__state="queued"),
            ),
            pgtrigger.FSM(
                name="delivery_transitions",
                field="state",
                transitions=[
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
                ],
            ),
            pgtrigger.Protect(
                name="delivery_revived_by_an_act",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.state IN ('failed', 'abandoned') AND NEW.state = 'queued'"
                    " AND (NEW.act_id IS NULL OR NEW.act_id IS NOT DISTINCT FROM OLD.act_id)"
                ),
            ),
            pgtrigger.Protect(
                name="delivery_stays_what_it_is",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("mailing", "address_hash", "message_id"),
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
            models.CheckConstraint(
                condition=Q(kind__in=["bounce", "complaint"]), name="delivery_event_kind_known"
            )
        ]
        triggers = [
            pgtrigger.Protect(name="delivery_event_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.delivery_id}"


class AlertSent(models.Model):
    """An alert to staff about a publication day: each kind once."""

    day = models.ForeignKey(PublicationDay, models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=40)
    words = models.TextField()
    raised_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "alerts sent"
        constraints = [models.UniqueConstraint(fields=["day", "kind"], name="alert_once_a_day_and_kind")]

    def __str__(self) -> str:
        return f"{self.kind} for {self.day}"
