"""Shapes of addresses that would have the link checker ask a machine inside (SSRF): none is ever connected to.

Each goes the whole way of a link: written in an issue that is out, asked for, claimed, looked up; and again as the
place where a public page says that it moved to. Whatever would leave this process is counted at the socket.
"""

import socket

import pytest
from django.utils import timezone

from bulletins.links.archive import ask_for_archive
from bulletins.links.hosts import all_public
from bulletins.links.visit import look_up
from bulletins.links.waiting import look_up_waiting, put_down
from bulletins.models import LinkCheck
from tests.bulletins.links_server import lead, running_site
from tests.factories import MARCH as HOUR
from tests.factories import make_item, make_published

SHAPES = [
    # This machine
    "http://127.0.0.1/",
    "http://127.0.0.1:6379/",
    "http://127.255.255.254/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://admin.localhost/",
    "http://localhost.localdomain/",
    "http://0.0.0.0/",
    "http://0/",
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/",
    # IPv4 as nobody writes it
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0x0.0x0.0x1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.0.0.1./",
    "http://0x7f.1/",
    "http://3232235521/",
    "http://１２７.０.０.１/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://%31%32%37.0.0.1/",
    "http://8.8.8.8%2e127.0.0.1/",
    # Private and special networks
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://192.0.0.1/",
    "http://192.0.2.1/",
    "http://192.88.99.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[100::1]/",
    "http://[2001:db8::1]/",
    "http://[3fff::1]/",
    # IPv4 inside IPv6
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::1]/",
    "http://[2001:0:7f00:1::]/",
    # Names of one network
    "http://router/",
    "http://intranet.local/",
    "http://metadata.google.internal/",
    "http://files.corp/",
    "http://nas.lan/",
    "http://printer.home.arpa/",
    "http://pond.test/",
]
# What is no address of the web, or hides another one.
TRICKS = [
    "http://pond.school@127.0.0.1/",
    "http://127.0.0.1@pond.school/",
    "http://user:password@pond.school/",
    "http://pond.school\\@127.0.0.1/",
    "http:\\\\127.0.0.1\\",
    "http://127.0.0.1\t/",
    "http://pond.school/\r\nHost: 127.0.0.1",
    "http://pond.school:22/",
    "http://pond.school:6379/",
    "http://pond.school:99999/",
    "http:///127.0.0.1/",
    "http://[::1/",
    "ftp://pond.school/",
    "file:///etc/passwd",
    "gopher://pond.school/_INFO",
    "dict://pond.school/",
    "ldap://pond.school/",
    "data:text/html,x",
    "javascript:alert(1)",
]
# Where a name that looks public may lead.
LED_TO = [
    ["127.0.0.1"],
    ["10.1.2.3"],
    ["169.254.169.254"],
    ["0.0.0.0"],
    ["100.64.0.1"],
    ["192.88.99.1"],
    ["::1"],
    ["fe80::1%eth0"],
    ["fd00:ec2::254"],
    ["::ffff:127.0.0.1"],
    ["::ffff:0:7f00:1"],
    ["64:ff9b::7f00:1"],
    ["64:ff9b:1::a00:1"],
    ["2002:7f00:1::"],
    ["8.8.8.8", "127.0.0.1"],
    ["2606:4700::1111", "::1"],
]


@pytest.fixture
def dialled(monkeypatch):
    """Count what is connected to, and let no connection come about."""
    places: list[object] = []

    def connect(self, address):
        if self.family == socket.AF_UNIX:
            return real(self, address)
        places.append(address)
        raise OSError("nobody is called")

    real = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", connect)
    return places


@pytest.mark.django_db
@pytest.mark.parametrize("shape", SHAPES + TRICKS)
def test_written_in_an_issue_it_is_never_asked_for(shape, dialled):
    issue = make_published(HOUR.date().replace(day=1))
    make_item(issue, headline="Shape", body=f'<p><a href="{shape}">it</a></p>')
    ask_for_archive(timezone.now())
    look_up_waiting(5)
    assert dialled == []
    assert not LinkCheck.objects.filter(answer="ok").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("shape", SHAPES)
def test_one_that_is_in_the_table_all_the_same_is_refused(shape, dialled):
    put_down([shape], timezone.now(), in_round=False)
    look_up_waiting(5)
    assert LinkCheck.objects.get().answer == "refused"
    assert dialled == []


@pytest.mark.parametrize("shape", [shape for shape in SHAPES + TRICKS if not shape.startswith("http:\\")])
def test_a_public_page_that_moved_there_is_not_followed(shape, monkeypatch):
    with running_site() as site:
        asked = lead(monkeypatch, {"pond.school": ("127.0.0.1", site.port)})
        monkeypatch.setattr(
            "bulletins.links.hosts.all_public", lambda found: all_public(found) or asked == ["pond.school"]
        )
        site.answers["/old"] = (302, shape.encode().decode("latin-1"))
        found = look_up("http://pond.school/old")
        assert found.answer != "ok"
        assert {line.split()[1] for line in site.lines} == {"/old"}
        assert set(asked) == {"pond.school"}


@pytest.mark.django_db
@pytest.mark.parametrize("addresses", LED_TO)
def test_a_public_name_that_leads_inside_is_refused(addresses, monkeypatch, dialled):
    monkeypatch.setattr("bulletins.links.hosts.addresses_of", lambda host, port: [(one, port) for one in addresses])
    put_down(["https://pond.school/plan"], timezone.now(), in_round=False)
    look_up_waiting(5)
    check = LinkCheck.objects.get()
    assert (check.answer, check.words) == ("refused", "its name leads into a private network")
    assert dialled == []


@pytest.mark.django_db
def test_what_is_open_to_everybody_would_be_dialled(dialled):
    issue = make_published(HOUR.date().replace(day=1))
    make_item(issue, headline="Open", body='<p><a href="http://8.8.8.8/">it</a></p>')
    ask_for_archive(timezone.now())
    look_up_waiting(5)
    assert dialled == [("8.8.8.8", 80)]
    assert LinkCheck.objects.get().answer == "unsure"


def test_there_are_more_than_thirty():
    assert len(set(SHAPES)) == len(SHAPES) > 60
    assert len(set(TRICKS)) == len(TRICKS)
