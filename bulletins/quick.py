"""Small helps on the write screen: each takes what is typed, and gives back what to put in its place."""

from typing import Any

from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.utils.html import strip_tags
from django.views.decorators.http import require_POST

from bulletins.suggestions import suggested_topics
from bulletins.tidy import tidy
from publication.richtext import clean_html

# An issue's texts are far shorter; more is nobody's typing.
MOST_CHARACTERS = 200_000


def typed(request: HttpRequest) -> str:
    """Return the text that was sent; raise a ValidationError for one that is too long."""
    text = request.POST.get("text", "").replace("\x00", "")
    if len(text) > MOST_CHARACTERS:
        raise ValidationError("This text is too long to be looked at: nothing was changed.")
    return text


def answered(answer: Any) -> Any:
    """Return a view that answers JSON, and says in a sentence what is wrong with the text."""

    @staff_member_required
    @permission_required("bulletins.change_bulletin", raise_exception=True)
    @require_POST
    def view(request: HttpRequest) -> JsonResponse:
        try:
            return JsonResponse(answer(typed(request)))
        except ValidationError as error:
            return JsonResponse({"fault": error.message}, status=400)

    return view


def tidied(text: str) -> dict[str, Any]:
    """Give back the text tidied, and whether that changed it."""
    done = tidy(text)
    return {"text": done, "changed": done != clean_html(text)}


def topics(text: str) -> dict[str, Any]:
    """Give back the topics that a text may be about."""
    words = strip_tags(text.replace("<", " <"))
    return {"topics": [{"id": topic.pk, "name": topic.name} for topic in suggested_topics(words)]}
