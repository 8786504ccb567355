"""What the sign-up form needs on pages whose views know nothing of subscribers."""

from django import template
from django.template import Context

from publication.models import Publication
from subscribers import wording
from subscribers.forms import SubscribeForm

register = template.Library()


@register.simple_tag(takes_context=True)
def sign_up_form(context: Context) -> SubscribeForm:
    """Return the page's own sign-up form with its errors, else an empty one."""
    return context.get("signup_form") or SubscribeForm()


@register.simple_tag(takes_context=True)
def sign_up_wording(context: Context) -> str:
    """Return the sentence of consent, as it will be recorded."""
    publication = context.get("publication") or Publication.objects.current()
    return wording.sign_up(publication.name)
