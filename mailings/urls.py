"""The desk's addresses, below /admin/."""

from django.urls import path

from mailings import check_page, preview, steer_views, views
from mailings.acts import VERBS
from mailings.claim_page import claim_page
from mailings.correction_views import correction_letter
from mailings.export_page import export_page
from mailings.send_now_page import send_now_page

app_name = "mailings"
urlpatterns = [
    path("mailings/<int:pk>/progress/", steer_views.progress, name="progress"),
    path("mailings/<int:pk>/ledger/", export_page, name="ledger"),
    *(path(f"mailings/<int:pk>/{name}/", steer_views.steer, {"name": name}, name=name) for name in VERBS),
    path("sender/", claim_page, name="claim"),
    path("issues/<int:pk>/check/", check_page.check, name="check"),
    path("issues/<int:pk>/accept/", check_page.accept_finding, name="accept"),
    path("issues/<int:pk>/not-accepted/<int:override>/", check_page.take_acceptance_back, name="not_accepted"),
    path("issues/<int:pk>/look-up/", check_page.look_up_links, name="look_up"),
    path("issues/<int:pk>/approve/", views.approve, name="approve"),
    path("issues/<int:pk>/preview/", preview.preview, name="preview"),
    path("issues/<int:pk>/preview/letter/", preview.letter_frame, name="letter_frame"),
    path("issues/<int:pk>/preview/web/", preview.web_frame, name="web_frame"),
    path("issues/<int:pk>/test/", preview.send_test_letter, name="test"),
    path("issues/<int:pk>/send-now/", send_now_page, name="send_now"),
    path("issues/<int:pk>/correction-letter/", correction_letter, name="correction_letter"),
    path("issues/<int:pk>/take-back/", views.undo, {"verb": "take-back"}, name="take_back"),
    path("issues/<int:pk>/withdraw/", views.undo, {"verb": "withdraw"}, name="withdraw"),
]
