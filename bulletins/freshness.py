"""How fresh the archive's pages are: when it changed last, and when it changes by itself."""

import datetime

from django.db.models import Max, Min, Q
from django.db.models.functions import Greatest

from bulletins.models import Bulletin
from publication.caching import Moments, cacheable


def moments(at: datetime.datetime) -> Moments:
    """Return when an issue came out, was corrected or taken down last, and when the next one comes out: one query."""
    approved, withdrawn = Bulletin.Status.APPROVED, Bulletin.Status.WITHDRAWN
    shown = Q(status__in=[approved, withdrawn], publish_at__lte=at)
    found = Bulletin.objects.aggregate(
        changed=Max(Greatest("updated_at", "publish_at"), filter=shown),
        ends=Min("publish_at", filter=Q(status=approved, publish_at__gt=at)),
    )
    return Moments(found["changed"], found["ends"])


fresh = cacheable(moments)
