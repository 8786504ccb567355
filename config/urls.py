"""The addresses of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

admin.site.site_header = admin.site.site_title = "First Wednesday"
admin.site.index_title = "The desk"

handler500 = "publication.views.server_error"

urlpatterns = [
    path("admin/", include("mailings.urls")),
    path("admin/", include("bulletins.desk_urls")),
    path("admin/", include("bulletins.history.urls")),
    path("admin/", include("bulletins.upkeep.urls")),
    path("admin/", admin.site.urls),
    path("", include("mailings.public_urls")),
    path("", include("publication.urls")),
    path("", include("resources.urls")),
    path("", include("subscribers.urls")),
    path("", include("bulletins.urls")),
]
if settings.DEMO:
    urlpatterns.insert(0, path("demo/", include("demo.urls")))
