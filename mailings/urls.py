"""The desk's addresses, below /admin/."""

from django.urls import path

from mailings import steer_views, views
from mailings.acts import VERBS
from mailings.claim_page import claim_page
from mailings.correction_views import correction_letter

app_name = "mailings"
urlpatterns = [
    path("mailings/<int:pk>/progress/", steer_views.progress, name="progress"),
    path("mailings/<int:pk>/ledger.csv", steer_views.ledger_file, name="ledger"),
    *(path(f"mailings/<int:pk>/{name}/", steer_views.steer, {"name": name}, name=name) for name in VERBS),
    path("sender/", claim_page, name="claim"),
    path("issues/<int:pk>/approve/", views.approve, name="approve"),
    path("issues/<int:pk>/correction-letter/", correction_letter, name="correction_letter"),
    path("issues/<int:pk>/take-back/", views.undo, {"verb": "take-back"}, name="take_back"),
    path("issues/<int:pk>/withdraw/", views.undo, {"verb": "withdraw"}, name="withdraw"),
]
