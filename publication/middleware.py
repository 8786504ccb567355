"""What every answer carries: its policy, a smaller form of its text, a session at the desk alone."""

from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.deprecation import MiddlewareMixin
from simple_history.middleware import HistoryRequestMiddleware

from publication.views import out_of_date, typed_words

TEXT = (
    "text/",
    "application/javascript",
    "application/json",
    "application/feed+json",
    "application/xml",
    "application/atom+xml",
    "application/rss+xml",
    "image/svg",
)


class PolicyMiddleware(CSPMiddleware):
    """Gives each answer the policy of its path, unless its view has given it one."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Return the policy whose prefix the path begins with, else the public one."""
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.config is None:
            policies: dict[str, dict[str, Any]] = settings.CONTENT_SECURITY_POLICIES
            parts.config = next((policies[start] for start in policies if request.path_info.startswith(start)), None)
        return parts

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the two policies: of content, and of the machine's senses."""
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return super().process_response(request, response)


class TextGZipMiddleware(GZipMiddleware):
    """Compresses whole texts: pictures are small already, and a part of a file must stay that part."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress a text that the browser takes compressed; Django pads it against guessing by its length."""
        if response.status_code == 206 or not response.get("Content-Type", "").startswith(TEXT):
            return response
        return super().process_response(request, response)


class HeadMiddleware(MiddlewareMixin):
    """Answers HEAD with the headers alone (RFC 9110, 9.3.2): gunicorn warns of each body it has to drop."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Take the body away; its length stays said."""
        if request.method == "HEAD" and isinstance(response, HttpResponse):
            response.content = b""
        elif request.method == "HEAD" and isinstance(response, StreamingHttpResponse):
            response.streaming_content = ()
        return response


class AtTheDesk(MiddlewareMixin):
    """Works under /admin/ alone: where readers are there is no session, and so no cookie to set, keep or vary by."""

    def __call__(self, request: HttpRequest) -> Any:
        """Do nothing for a reader."""
        return super().__call__(request) if request.path_info.startswith("/admin/") else self.get_response(request)


class DeskSessionMiddleware(AtTheDesk, SessionMiddleware):
    """Sessions of staff."""


class DeskAuthenticationMiddleware(AtTheDesk, AuthenticationMiddleware):
    """Who of the staff asks; what somebody typed whose session has ended meanwhile is given back."""

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        """Answer a form of nobody with its words, in the place of a page to sign in that forgets them."""
        match = request.resolver_match
        if request.method != "POST" or match is None or match.view_name == "admin:login":
            return None
        if not request.path_info.startswith("/admin/") or request.user.is_authenticated or not typed_words(request):
            return None
        return out_of_date(request)


class DeskMessageMiddleware(AtTheDesk, MessageMiddleware):
    """What staff are told after an act."""


class DeskHistoryMiddleware(AtTheDesk):
    """Whose request a change belongs to: each row of the history names them."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.remembered = HistoryRequestMiddleware(get_response)

    def process_request(self, request: HttpRequest) -> HttpResponseBase:
        """Answer while the history knows whose request this is; it forgets them afterwards."""
        return self.remembered(request)
