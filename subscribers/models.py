"""Who we say it to: one person, their consent, and the letters that are theirs alone."""

import datetime
import secrets
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from publication.models import one_line
from subscribers.addresses import address_hash, normalised

ADDRESS_SHAPE = Q(address__regex=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s]+$")


def new_letter_token() -> str:
    """Return a fresh letter token: 43 URL-safe characters, 256 bits."""
    return secrets.token_urlsafe(32)


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    """Named filters over subscribers."""

    def active(self) -> "SubscriberQuerySet":
        """Those who confirmed and have not left."""
        return self.filter(status=Subscriber.Status.ACTIVE)

    def at_address(self, address: str) -> "SubscriberQuerySet":
        """The one with an address, whatever its case."""
        return self.filter(address_hash=address_hash(address))


class Subscriber(models.Model):
    """One address and what its owner asked for."""

    class Status(models.TextChoices):
        PENDING = "pending", "pending: has not confirmed yet"
        ACTIVE = "active", "active"
        UNSUBSCRIBED = "unsubscribed", "unsubscribed"
        BOUNCED = "bounced", "bounced: the address does not work"
        COMPLAINED = "complained", "complained: marked a letter as spam"

    address = models.EmailField(max_length=254)
    address_hash = models.CharField(max_length=64, unique=True, editable=False)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    name = models.CharField(max_length=100, blank=True, validators=[one_line])
    school = models.CharField(max_length=150, blank=True, validators=[one_line])
    role = models.CharField(max_length=100, blank=True, validators=[one_line])
    letter_token = models.CharField(max_length=43, unique=True, default=new_letter_token, editable=False)
    link_hash = models.CharField(max_length=64, blank=True, editable=False)
    link_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField()

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["id"], condition=Q(status="active"), name="subscriber_active")]
        constraints = [
            models.UniqueConstraint(Lower("address"), name="subscriber_address_once"),
            models.UniqueConstraint(fields=["link_hash"], condition=~Q(link_hash=""), name="subscriber_link_once"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "active", "unsubscribed", "bounced", "complained"]),
                name="subscriber_status_known",
            ),
            models.CheckConstraint(condition=ADDRESS_SHAPE, name="subscriber_address_shape"),
            models.CheckConstraint(condition=Q(letter_token__regex=r"^[\w-]{43}$"), name="subscriber_token_shape"),
            models.CheckConstraint(
                condition=Q(link_hash="", link_expires_at__isnull=True)
                | (~Q(link_hash="") & Q(link_expires_at__isnull=False)),
                name="subscriber_link_expires",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="subscriber_transitions",
                field="status",
                transitions=[
                    ("pending", "active"),
                    ("pending", "unsubscribed"),
                    ("active", "unsubscribed"),
                    ("active", "bounced"),
                    ("active", "complained"),
                    ("unsubscribed", "active"),
                    ("unsubscribed", "bounced"),
                    ("unsubscribed", "complained"),
                    ("bounced", "active"),
                    ("bounced", "unsubscribed"),
                    ("bounced", "complained"),
                    ("complained", "active"),
                    ("complained", "unsubscribed"),
                ],
            )
        ]

    def __str__(self) -> str:
        return self.address

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with the address normalised and its hash in step."""
        self.address = normalised(self.address)
        self.address_hash = address_hash(self.address)
        super().save(*args, **kwargs)


class SignUp(models.Model):
    """What a visitor handed in at the form, until the tick takes it: this costs the same whoever they are."""

    address = models.EmailField(max_length=254)
    wording = models.TextField()
    source = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=ADDRESS_SHAPE, name="sign_up_address_shape"),
            models.CheckConstraint(condition=~Q(wording=""), name="sign_up_has_its_wording"),
        ]

    def __str__(self) -> str:
        return f"sign-up {self.pk}"


class ConsentEvent(models.Model):
    """What a person agreed to or withdrew: appended, never changed; erasing the person takes it along."""

    class What(models.TextChoices):
        ASKED = "asked", "asked to subscribe"
        CONFIRMED = "confirmed", "confirmed"
        UNSUBSCRIBED = "unsubscribed", "unsubscribed"
        RETURNED = "returned", "took the unsubscribing back"
        IMPORTED = "imported", "imported with proof of consent"

    # The foreign key itself is made in a migration, ON DELETE CASCADE in the database: erasure takes
    # the person's rows along, while a trigger refuses to delete one of them by itself.
    subscriber = models.ForeignKey(
        Subscriber, models.DO_NOTHING, related_name="consent", db_constraint=False, editable=False
    )
    what = models.CharField(max_length=12, choices=What.choices)
    at = models.DateTimeField()
    wording = models.TextField(help_text="The exact words the person was shown.")
    source = models.CharField(max_length=200, help_text="Where it came from: the page or the letter.")

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(wording=""), name="consent_has_its_wording"),
            models.CheckConstraint(
                condition=Q(what__in=["asked", "confirmed", "unsubscribed", "returned", "imported"]),
                name="consent_what_known",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="consent_is_never_changed", operation=pgtrigger.Update),
            pgtrigger.Trigger(
                name="consent_goes_only_with_its_person",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func="""
                    IF EXISTS (SELECT 1 FROM subscribers_subscriber WHERE id = OLD.subscriber_id) THEN
                        RAISE EXCEPTION 'consent is append-only';
                    END IF;
                    RETURN OLD;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()} on {self.at:%d %B %Y}"


class OutgoingLetter(models.Model):
    """A letter owed to one person, such as a confirmation: the row is there before any task runs."""

    class Kind(models.TextChoices):
        CONFIRM = "confirm", "please confirm"
        ALREADY = "already", "you are on the list already"

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    due = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due", "pk"]
        indexes = [models.Index(fields=["due"], condition=Q(sent__isnull=True), name="outgoing_letter_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "kind"], condition=Q(sent__isnull=True), name="outgoing_letter_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=["confirm", "already"]), name="outgoing_letter_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.subscriber_id}"


class Suppression(models.Model):
    """An address that is not to be mailed, known by its keyed hash only."""

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", "unsubscribed"
        ERASED = "erased", "asked to be erased"
        COMPLAINT = "complaint", "complained"
        HARD_BOUNCE = "hard bounce", "hard bounce"

    # A fresh confirmed opt-in lifts these; the others only staff may lift.
    LIFTED_BY_CONFIRMING = (Reason.UNSUBSCRIBED, Reason.ERASED)

    address_hash = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=12, choices=Reason.choices)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=["unsubscribed", "erased", "complaint", "hard bounce"]),
                name="suppression_reason_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.address_hash[:12]}"

    @classmethod
    def bars(cls, hashed: str) -> bool:
        """Tell whether an address may not even be asked to confirm."""
        return cls.objects.filter(address_hash=hashed).exclude(reason__in=cls.LIFTED_BY_CONFIRMING).exists()


def expired(moment: datetime.datetime | None, at: datetime.datetime) -> bool:
    """Tell whether something that expires at a moment has done so."""
    return moment is None or moment <= at
