"""The desk's addresses, below /admin/."""

from django.urls import path

from mailings import views

app_name = "mailings"
urlpatterns = [
    path("issues/<int:pk>/approve/", views.approve, name="approve"),
    path("issues/<int:pk>/take-back/", views.undo, {"verb": "take-back"}, name="take_back"),
    path("issues/<int:pk>/withdraw/", views.undo, {"verb": "withdraw"}, name="withdraw"),
]
