"""The one address of this room that is outside the desk."""

from django.urls import path

from mailings.readiness import readyz

urlpatterns = [path("readyz", readyz, name="readyz")]
