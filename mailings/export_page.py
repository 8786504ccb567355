"""The page from which a mailing's ledger, with its readers' addresses, leaves the house as a file."""

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from mailings.ledger_file import file_name, ledger_parts
from mailings.models import Mailing
from publication.log import record
from publication.reentry import PasswordAgain


@staff_member_required
@permission_required("mailings.view_delivery", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("password")
def export_page(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Say what the file holds; on POST, with the password, give it."""
    mailing = get_object_or_404(Mailing.objects.select_related("bulletin").defer("headers", "html", "text"), pk=pk)
    form = PasswordAgain(request.POST if request.method == "POST" else None, request=request)
    if request.method == "POST" and form.is_valid():
        record(request.user, mailing, "Took its ledger, with the addresses of its readers, as a file.")
        return ledger_file(mailing)
    frame = {"opts": Mailing._meta, "original": mailing, "title": str(mailing.bulletin)}
    context = {**admin.site.each_context(request), **frame, "mailing": mailing, "form": form}
    return render(request, "mailings/export.html", context)


def ledger_file(mailing: Mailing) -> StreamingHttpResponse:
    """Stream what became of each letter."""
    disposition = content_disposition_header(True, file_name(mailing))
    return StreamingHttpResponse(
        ledger_parts(mailing),
        content_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": disposition or "attachment"},
    )
