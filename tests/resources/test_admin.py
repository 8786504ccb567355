import pytest

from resources.models import Resource
from tests.factories import make_resource

pytestmark = pytest.mark.django_db


def test_a_resource_is_added_clean(admin_client):
    form = {"title": "A guide", "slug": "a-guide", "summary": "Why.", "position": "0", "reviewed_on": ""}
    body = {"body": "<h1>Top</h1><script>alert(1)</script>"}
    response = admin_client.post("/admin/resources/resource/add/", form | body, secure=True)
    assert response.status_code == 302
    assert Resource.objects.get().body == "<h3>Top</h3>"


def test_the_reserved_address_is_a_message_and_no_error(admin_client):
    form = {"title": "A guide", "slug": "link-to-us", "summary": "Why.", "position": "0", "body": "<p>x</p>"}
    response = admin_client.post("/admin/resources/resource/add/", form, secure=True)
    assert response.status_code == 200
    assert not Resource.objects.exists()


def test_list_and_form_open(admin_client):
    resource = make_resource("A guide")
    for path in ["", "add/", f"{resource.pk}/change/"]:
        assert admin_client.get(f"/admin/resources/resource/{path}", secure=True).status_code == 200
