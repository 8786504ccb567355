"""The addresses of the write screen's small helps, below /admin/."""

from django.urls import path

from bulletins.quick import answered, tidied, topics

app_name = "quick"
urlpatterns = [
    path("tidy/", answered(tidied), name="tidy"),
    path("topics/suggest/", answered(topics), name="topics"),
]
