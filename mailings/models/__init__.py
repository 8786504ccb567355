"""The saying: one mailing an issue, one row a reader that says what became of their letter, alerts to staff."""

from mailings.models.alert import AlertSent
from mailings.models.delivery import Delivery, DeliveryEvent
from mailings.models.mailing import Mailing, MailingAct
from mailings.models.rhythm import Rhythm
from mailings.models.test_letter import TestLetter

__all__ = ["AlertSent", "Delivery", "DeliveryEvent", "Mailing", "MailingAct", "Rhythm", "TestLetter"]
