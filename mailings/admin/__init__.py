"""What staff can read of the mailings; nothing here is changed by hand, and what is done leaves an act."""

from mailings.admin.deliveries import DeliveryAdmin
from mailings.admin.mailings import AlertSentAdmin, MailedBulletinAdmin, MailingActAdmin, MailingAdmin

__all__ = ["AlertSentAdmin", "DeliveryAdmin", "MailedBulletinAdmin", "MailingActAdmin", "MailingAdmin"]
