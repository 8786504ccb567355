"""The addresses of the parents' pages: schools link to them, so they never change."""

from django.urls import path

from resources import views

app_name = "resources"
urlpatterns = [
    path("parental-resources/", views.hub, name="hub"),
    path("parental-resources/link-to-us/", views.link_to_us, name="link_to_us"),
    path("parental-resources/<slug:slug>/", views.resource, name="resource"),
]
