"""The addresses of the standing pages."""

from django.urls import path, re_path

from publication import views

app_name = "publication"
urlpatterns = [
    path("privacy/", views.privacy, name="privacy"),
    path("accessibility/", views.accessibility, name="accessibility"),
    re_path(r"^media/pictures/(?P<name>[0-9a-f]{32}\.(?:jpg|png))\Z", views.picture, name="picture"),
    path("favicon.ico", views.favicon),
    path("robots.txt", views.robots, name="robots"),
    path("healthz", views.healthz, name="healthz"),
]
