"""What every page knows."""

from django.conf import settings
from django.http import HttpRequest

from publication.models import Publication


def publication(request: HttpRequest) -> dict:
    """Give templates the publication and the site's own address."""
    if request.path.startswith("/admin/"):
        return {"site_url": settings.SITE_URL}
    return {
        "publication": Publication.objects.current(),
        "site_url": settings.SITE_URL,
        "demo": settings.DEMO,
    }
