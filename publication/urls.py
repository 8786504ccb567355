"""The addresses of the standing pages."""

from django.urls import path

from publication import views

app_name = "publication"
urlpatterns = [
    path("privacy/", views.privacy, name="privacy"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("healthz", views.healthz, name="healthz"),
]
