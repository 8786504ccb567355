"""The addresses of the archive's upkeep, below /admin/."""

from django.urls import path

from bulletins.upkeep import dead_links, views

app_name = "upkeep"
urlpatterns = [
    path("items/<int:pk>/upkeep/", views.item, name="item"),
    path("links/", dead_links.dead_links, name="dead_links"),
    path("links/<int:pk>/look-again/", dead_links.look_again, name="look_again"),
]
