"""The pages that gather items of a topic and issues of an author, whatever month they are of."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bulletins import archive as shelves
from bulletins.freshness import fresh
from bulletins.models import Author, Bulletin, NewsItem, Topic

A_PAGE = 20


@require_safe
@fresh
def topics(request: HttpRequest) -> HttpResponse:
    """List the topics that readers can read about."""
    return render(request, "bulletins/topics.html", {"topics": Topic.objects.in_use(timezone.now()).order_by("name")})


@require_safe
@fresh
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """List the items of a topic, the newest first; one that none has yet says so."""
    at = timezone.now()
    found = get_object_or_404(Topic, slug=slug)
    items = NewsItem.objects.published(at).filter(topics=found).newest_first()
    page = Paginator(items.as_listed(), A_PAGE).get_page(request.GET.get("page"))
    others = Topic.objects.in_use(at).exclude(pk=found.pk).order_by("-count", "name")
    return render(request, "bulletins/topic.html", {"topic": found, "page": page, "topics": others})


@require_safe
@fresh
def author(request: HttpRequest, slug: str) -> HttpResponse:
    """Show who signs issues, and list the issues; who has signed none that readers may see is not found."""
    at = timezone.now()
    signed = Bulletin.objects.published(at).filter(author__slug=slug).newest_first()
    found = get_object_or_404(Author.objects.filter(bulletins__in=signed).distinct(), slug=slug)
    page = Paginator(shelves.with_headlines(signed, at), A_PAGE).get_page(request.GET.get("page"))
    return render(request, "bulletins/author.html", {"author": found, "page": page})
