"""A link is looked up at a real server; nothing inside a private network ever is."""

import socket
import ssl
import time

import pytest
import trustme

from bulletins.links import hosts, visit
from bulletins.links.hosts import NotPublic, checked, is_public, to_look_up
from bulletins.links.visit import Answer, look_up
from tests.bulletins.links_server import lead, running_site

POND = "http://pond.school"


@pytest.fixture
def site(monkeypatch):
    with running_site() as site:
        names = ("pond.school", "other.school")
        lead(monkeypatch, dict.fromkeys(names, ("127.0.0.1", site.port)))
        yield site


# What answers


def test_a_page_that_is_there_is_asked_for_its_head_only(site):
    assert look_up(f"{POND}/plan?day=2") == Answer("ok", 200)
    assert site.lines == ["HEAD /plan?day=2"]


def test_it_says_who_asks(site, settings):
    look_up(f"{POND}/")
    headers = site.asked[0][2]
    assert headers["Host"] == "pond.school"
    assert headers["User-Agent"] == f"first-wednesday-link-check (+{settings.SITE_URL}/)"
    assert "Cookie" not in headers


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_is_dead_once_a_get_says_so_too(site, status):
    site.answers["/gone"] = (status, "")
    assert look_up(f"{POND}/gone") == Answer("dead", status, "the page is not there")
    assert site.lines == ["HEAD /gone", "GET /gone"]


@pytest.mark.parametrize("status", [400, 401, 403, 429, 451, 500, 503])
def test_what_a_host_keeps_from_robots_is_not_called_dead(site, status):
    site.answers["/kept"] = (status, "")
    assert look_up(f"{POND}/kept") == Answer("unsure", status, f"the host answered with {status}")


def test_a_host_that_answers_no_head_is_asked_again(site):
    site.heads_refused = True
    assert look_up(f"{POND}/plan") == Answer("ok", 200)
    assert site.lines == ["HEAD /plan", "GET /plan"]


def test_nobody_there(monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        lead(monkeypatch, {"pond.school": ("127.0.0.1", free.getsockname()[1])})
        assert look_up(f"{POND}/") == Answer("unsure", None, "the host could not be reached")


def test_a_name_that_does_not_exist_is_dead_only_where_the_dns_says_so(monkeypatch):
    def unknown(host, port):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("bulletins.links.hosts.addresses_of", unknown)
    monkeypatch.setattr("bulletins.links.visit.does_not_exist", lambda host: host == "pond.school")
    assert look_up(f"{POND}/") == Answer("dead", None, "there is no such host")
    assert look_up("http://other.school/").answer == "unsure"


def test_a_host_that_drips_its_answer_is_left_after_its_time(site, monkeypatch):
    monkeypatch.setattr(visit, "SECONDS", 1.0)
    site.slow.add("/slow")
    began = time.monotonic()
    assert look_up(f"{POND}/slow") == Answer("unsure", None, "the host did not answer in time")
    assert time.monotonic() - began < 3


def test_what_is_no_http_is_no_answer(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        lead(monkeypatch, {"pond.school": server.getsockname()[:2]})
        monkeypatch.setattr(visit, "SECONDS", 1.0)
        assert look_up(f"{POND}/").answer == "unsure"


# Where it leads


def test_a_page_that_moved_is_followed(site):
    site.answers |= {"/old": (301, "/new"), "/new": (302, "http://other.school/newest")}
    assert look_up(f"{POND}/old") == Answer("ok", 200)
    assert site.lines == ["HEAD /old", "HEAD /new", "HEAD /newest"]


def test_not_for_ever(site):
    site.answers["/round"] = (302, "/round")
    assert look_up(f"{POND}/round") == Answer("unsure", None, "it was moved more than 5 times")
    assert len(site.asked) == 6


@pytest.mark.parametrize(
    "moved_to",
    [
        "http://127.0.0.1/admin",
        "http://localhost/admin",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://pond.school:22/",
        "http://user@pond.school/",
        "file:///etc/passwd",
        "gopher://pond.school/",
        "http://inside.school/",
    ],
)
def test_each_step_is_checked_anew(site, monkeypatch, moved_to):
    asked = lead(monkeypatch, {"pond.school": ("127.0.0.1", site.port), "inside.school": ("10.0.0.7", 80)})
    site.answers["/old"] = (302, moved_to)
    assert look_up(f"{POND}/old").answer == "refused"
    assert site.lines == ["HEAD /old"]
    assert set(asked) <= {"pond.school", "inside.school"}


def test_the_address_that_was_checked_is_the_one_connected_to(site, monkeypatch):
    """A name that leads elsewhere the second time it is asked leads nobody there."""
    places = iter([("127.0.0.1", site.port), ("10.0.0.7", 80), ("10.0.0.7", 80)])
    monkeypatch.setattr("bulletins.links.hosts.addresses_of", lambda host, port: [next(places)])
    assert look_up(f"{POND}/plan").answer == "ok"
    assert next(places) == ("10.0.0.7", 80)


def test_one_private_address_among_several_refuses_the_name(monkeypatch):
    monkeypatch.setattr("bulletins.links.hosts.addresses_of", lambda host, port: [("93.184.215.14", 80), ("::1", 80)])
    assert look_up(f"{POND}/") == Answer("refused", None, "its name leads into a private network")


# TLS


@pytest.fixture
def authority(monkeypatch, tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return authority


@pytest.mark.parametrize(("named", "answer"), [("pond.school", "ok"), ("other.school", "unsure")])
def test_the_certificate_must_be_the_host_s_although_an_address_is_connected_to(monkeypatch, authority, named, answer):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(named).configure_cert(context)
    with running_site(context) as site:
        lead(monkeypatch, {"pond.school": ("127.0.0.1", site.port)})
        found = look_up("https://pond.school/plan")
        assert found.answer == answer
        assert site.lines == (["HEAD /plan"] if answer == "ok" else [])


def test_one_that_nobody_trusts_is_not_asked(monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("pond.school").configure_cert(context)
    with running_site(context) as site:
        lead(monkeypatch, {"pond.school": ("127.0.0.1", site.port)})
        assert look_up("https://pond.school/") == Answer("unsure", None, "its certificate could not be verified")
        assert site.lines == []


# Which addresses are open


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "2001:db8::1",
    ],
)
def test_private_addresses(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_open_addresses(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.1/",
        "http://0177.0.0.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://[::1]/",
        "http://[::ffff:7f00:1]/",
        "http://localhost./",
        "http://a.localhost/",
        "http://router/",
        "http://a.internal/",
        "http://pond.school:8080/",
        "https://pond.school:22/",
        "http://a:b@pond.school/",
        "http://pond.school@127.0.0.1/",
        "http://pond.school\\@127.0.0.1/",
        "http://pond.school/\r\nHost: x",
        "ftp://pond.school/",
        "file:///etc/passwd",
        "//pond.school/",
        "http:///plan",
        "http://[::1/",
        "http://pond.school:99999/",
    ],
)
def test_what_nobody_is_sent_to(url):
    with pytest.raises(NotPublic):
        checked(url)


@pytest.mark.parametrize(
    ("link", "asked"),
    [
        ("https://pond.school/plan#part", "https://pond.school/plan"),
        ("HTTPS://Pond.School/Plan", "https://pond.school/Plan"),
        ("https://pond.school/ärger?q=ö", "https://pond.school/%C3%A4rger?q=%C3%B6"),
        ("https://bücher.school/", "https://xn--bcher-kva.school/"),
        ("https://pond.school:443/", "https://pond.school:443/"),
        ("/parental-resources/", None),
        ("#doxing", None),
        ("mailto:editors@example.org", None),
        ("https://webinars.example.org/keys", None),
        ("http://localhost:8000/", None),
        ("http://192.168.0.1/", None),
        ("https://pond.school/" + "x" * 2000, None),
        ("https://[", None),
    ],
)
def test_what_is_looked_up_for_a_link(link, asked):
    assert to_look_up(link) == asked


def test_the_ports_are_those_of_the_web():
    assert hosts.PORTS == {"http": 80, "https": 443}
