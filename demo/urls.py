"""The demo's own addresses."""

from django.urls import path

from demo import views

app_name = "demo"
urlpatterns = [
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/<str:key>/", views.letter, name="letter"),
    path("mailbox/<str:key>/html/", views.html, name="letter_html"),
    path("mailbox/<str:key>/raw/", views.raw, name="letter_raw"),
]
