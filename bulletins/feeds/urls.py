"""The addresses of the feeds, under their own names and under their topics'."""

from django.urls import path

from bulletins.feeds import views
from bulletins.feeds.formats import FORMATS

urlpatterns = [
    route
    for form in FORMATS
    for route in (
        path(f"feeds/bulletins.{form}", views.issues, {"form": form}, name=form),
        path(f"topics/<slug:slug>/feed.{form}", views.topic, {"form": form}, name=f"topic_{form}"),
    )
]
