"""The room of the mailings; naming its checks here registers them."""

from django.apps import AppConfig

from mailings import checks

__all__ = ["MailingsConfig", "checks"]


class MailingsConfig(AppConfig):
    name = "mailings"
