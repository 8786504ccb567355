"""The addresses of an issue's history, below /admin/."""

from django.urls import path

from bulletins.history import views

app_name = "bulletins_desk"
urlpatterns = [
    path("issues/<int:pk>/history/", views.history, name="history"),
    path("issues/<int:pk>/history/<slug:part>/<int:record>/", views.compare, name="compare"),
    path("issues/<int:pk>/history/<slug:part>/<int:record>/restore/", views.restore, name="restore"),
]
