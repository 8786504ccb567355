"""The addresses of this room that are outside the desk."""

from django.urls import path

from mailings.preview import draft_letter
from mailings.readiness import readyz

urlpatterns = [
    path("readyz", readyz, name="readyz"),
    path("drafts/<str:token>/letter/", draft_letter, name="draft_letter"),
]
