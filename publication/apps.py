"""The room of the publication; naming its checks here registers them."""

from django.apps import AppConfig

from publication import checks

__all__ = ["PublicationConfig", "checks"]


class PublicationConfig(AppConfig):
    name = "publication"
