"""The house. Every process that loads the settings knows the Celery application, so that its nudges find Redis."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
