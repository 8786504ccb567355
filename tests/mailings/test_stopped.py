"""A mailing that stands still is told of by the clock's command; a list of a mailing that is none is empty."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from mailings.steering import pause
from tests.factories import MARCH, make_staff
from tests.mailings.cast import make_mailing

pytestmark = pytest.mark.django_db


def test_tick_counts_what_is_paused(capsys):
    mailing = make_mailing(readers=1)
    pause(mailing, None, "for the test", MARCH, "refusals")
    call_command("tick")
    assert "0 mailings under way, 1 paused." in capsys.readouterr().out


def test_a_mailing_that_is_none_has_no_letters(client):
    make_mailing(readers=2)
    client.force_login(make_staff("grace", "view_delivery"))
    shown = client.get(reverse("admin:mailings_delivery_changelist") + "?mailing=abc")
    assert shown.context["cl"].result_count == 0
