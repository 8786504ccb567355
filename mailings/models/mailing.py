"""One issue's mailing, and what named persons did to it."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bulletins.models import Bulletin


class Mailing(models.Model):
    """One issue, frozen as it was approved, on its way to all its readers."""

    class State(models.TextChoices):
        SENDING = "sending", "sending"
        PAUSED = "paused", "paused"
        CANCELLED = "cancelled", "cancelled"
        FINISHED = "finished", "finished"

    class PauseCause(models.TextChoices):
        PERSON = "person", "somebody paused it"
        REFUSALS = "refusals", "too many letters were refused for good"
        CONNECTION = "connection", "the relay cannot be reached"
        LOGIN = "login", "the relay refuses our login"
        TAKEOVER = "takeover", "another installation took over the sending"

    bulletin = models.ForeignKey(Bulletin, models.PROTECT, related_name="mailings")
    number = models.PositiveSmallIntegerField(default=0, help_text="0 is the issue; corrections count from 1.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.SENDING)
    subject = models.CharField(max_length=200)
    headers = models.JSONField(help_text="The header fields that all readers share, in order: [name, value].")
    html = models.TextField()
    text = models.TextField()
    content_hash = models.CharField(
        max_length=64, help_text="SHA-256 of the letter, with marks for a reader's own values and its Date."
    )
    planned = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(null=True)
    skipped = models.PositiveIntegerField(null=True)
    failed = models.PositiveIntegerField(null=True)
    abandoned = models.PositiveIntegerField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    pause_cause = models.CharField(max_length=10, choices=PauseCause.choices, blank=True)
    look_again_at = models.DateTimeField(null=True, help_text="When the relay that cannot be reached is tried again.")
    give_up_at = models.DateTimeField(help_text="A letter that was put off and is put off again after this fails.")
    watched_from = models.DateTimeField(help_text="Refusals before this were looked at by a person.")
    troubles = models.PositiveSmallIntegerField(default=0, help_text="Connections in a row that failed.")

    class Meta:
        ordering = ["-started_at", "-pk"]
        permissions = [("steer_mailing", "Can pause, resume, cancel, retry and complete a mailing")]
        constraints = [
            models.UniqueConstraint(fields=["bulletin", "number"], name="mailing_once_an_issue"),
            models.CheckConstraint(
                condition=Q(state__in=["sending", "paused", "cancelled", "finished"]),
                name="mailing_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="paused", pause_cause__in=["person", "refusals", "connection", "login", "takeover"])
                | (~Q(state="paused") & Q(pause_cause="")),
                name="mailing_paused_for_a_cause",
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
                    ("cancelled", "sending"),
                ],
            ),
            pgtrigger.Protect(
                name="mailing_stays_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "subject", "headers", "html", "text", "content_hash", "bulletin", "number"
                ),
            ),
            pgtrigger.Protect(name="mailing_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"mailing of {self.called}"

    @property
    def called(self) -> str:
        """The issue that it is of, and which correction of it."""
        return f"{self.bulletin}, correction {self.number}" if self.number else str(self.bulletin)


# What stands for a reason where none was asked for or given: no act is without one.
NO_REASON = "no reason given"


class MailingAct(models.Model):
    """What a named person did to a mailing, or the clock (`by` is empty): appended, never changed."""

    class Act(models.TextChoices):
        SEND_NOW = "send now", "send now"
        PAUSE = "pause", "pause"
        RESUME = "resume", "resume"
        CANCEL = "cancel", "cancel"
        RETRY = "retry", "retry failed"
        MISSED = "missed", "send to those missed"

    mailing = models.ForeignKey(Mailing, models.PROTECT, related_name="acts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    act = models.CharField(max_length=10, choices=Act.choices)
    at = models.DateTimeField()
    why = models.CharField(max_length=300)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(why=""), name="mailing_act_has_reason"),
            models.CheckConstraint(
                condition=Q(act__in=["send now", "pause", "resume", "cancel", "retry", "missed"]),
                name="mailing_act_known",
            ),
            models.CheckConstraint(
                condition=Q(by__isnull=False) | Q(act__in=["pause", "resume"]), name="mailing_act_of_a_person"
            ),
        ]
        triggers = [pgtrigger.Protect(name="mailing_act_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.act} by {self.by or 'the clock'}"

    @property
    def said(self) -> str:
        """The reason that was given; empty where none was."""
        return "" if self.why == NO_REASON else self.why
