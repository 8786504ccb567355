"""The addresses of the archive."""

from django.urls import include, path, register_converter
from django.urls.converters import IntConverter

from bulletins import browsing, calendars, drafts, sitemap, views
from bulletins.search.views import search


class YearConverter(IntConverter):
    """A year that the calendar has: four digits, not 0000."""

    regex = "(?!0000)[0-9]{4}"

    def to_url(self, value: str | int) -> str:
        """Write it with its four digits."""
        return f"{int(value):04}"


register_converter(YearConverter, "year")

app_name = "bulletins"
urlpatterns = [
    path("", views.home, name="home"),
    path("bulletins/", views.archive, name="archive"),
    path("bulletins/latest/", views.latest, name="latest"),
    path("bulletins/calendar.ics", calendars.publication_days, name="calendar"),
    path("", include("bulletins.feeds.urls")),
    path("sitemap.xml", sitemap.site_map, name="sitemap"),
    path("bulletins/search/", search, name="search"),
    path("topics/", browsing.topics, name="topics"),
    path("topics/<slug:slug>/", browsing.topic, name="topic"),
    path("authors/<slug:slug>/", browsing.author, name="author"),
    path("drafts/<str:token>/", drafts.draft, name="draft"),
    path("bulletins/<year:year>/", views.year, name="year"),
    path("bulletins/<year:year>/<slug:slug>/", views.issue, name="issue"),
    path("bulletins/<year:year>/<slug:slug>/events/<int:key>.ics", calendars.event, name="event"),
    path("bulletins/<year:year>/<slug:slug>/<slug:item_slug>/", views.item, name="item"),
]
