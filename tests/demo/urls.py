"""The site with the demo's own addresses, which `make demo` adds."""

from django.urls import include, path

from config.urls import urlpatterns as site

urlpatterns = [path("demo/", include("demo.urls")), *site]
